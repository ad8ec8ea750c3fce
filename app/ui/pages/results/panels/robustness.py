"""Robustness: how the figure falls where the test examples get worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from app.engine.learning.metrics import METRICS, metric_text
from app.engine.text import number_text
from app.engine.ticks import NUMBERS, SHARES
from app.ui.pages.results.loaded_network import LoadedNetwork
from app.ui.pages.results.missing_data import MissingDataNotice
from app.ui.pages.results.panels.base import Panel
from app.ui.plots.base.plot import Plot, Series
from app.ui.plots.base.plot_card import PlotCard
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.robustness.measuring import Curve, Robustness
    from app.engine.runs.control import Control
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.background import Failure
    from app.ui.state.revisions.draft import RevisionDraft

BUTTON_TIP = "Judges the test examples again and again, each time worse: some seconds to minutes."


class DisturbancePlot(Plot):
    """The figure over the levels of one disturbance."""

    def __init__(self, parts: Parts, curve: Curve, metric: str) -> None:
        is_share = METRICS[metric].shown == "percent"
        super().__init__(
            parts.theme,
            y_ticks=SHARES if is_share else NUMBERS,
            x_whole=False,
            x_title=curve.disturbance.unit,
            y_title=METRICS[metric].label,
        )
        self._levels = curve.levels
        self.curve = self.add(
            Series(METRICS[metric].label, "training", words=lambda y: metric_text(metric, y))
        )
        self.setMouseEnabled(x=False, y=False)
        self.curve.show(np.array(curve.levels, float), np.array(curve.figures, float))
        self.restyle()
        self.refresh()

    def x_text(self, x: float) -> str:
        nearest = min(self._levels, key=lambda level: abs(level - x))
        return number_text(nearest)


class RobustnessPanel(Panel):
    """A plot for each disturbance that has a meaning for these examples."""

    key: ClassVar[str] = "robustness"
    label: ClassVar[str] = "Robustness"
    tip: ClassVar[str] = (
        "How the figure falls where examples get worse: noise, gaps, typing errors."
    )
    order: ClassVar[int] = 30
    shows: ClassVar[str] = (
        "The figure on the test examples when these are made worse, step by step. The first point "
        "is that of the examples as they are."
    )
    means: ClassVar[str] = (
        "Where a curve falls steeply, examples of that sort must be expected to go wrong. More of "
        "them among the training examples, or augmentation, makes it flatter."
    )
    means_not: ClassVar[str] = (
        "The disturbances are made by rule. Real ones, of another camera or another hand, may hurt "
        "more or less: only examples from there tell."
    )

    def __init__(self, parts: Parts, draft: RevisionDraft) -> None:
        super().__init__(parts, draft)
        self._network = LoadedNetwork()
        self._measured_for: object = None
        self._cards: list[PlotCard] = []
        self.button = QPushButton("Measure")
        self.button.setObjectName("results.robustness.measure")
        self.button.setAccessibleName("Measure the robustness")
        self.button.setToolTip(tooltip(BUTTON_TIP))
        style(self.button, "primary")
        self.button.clicked.connect(self._measure)
        self.status = Label()
        self.status.setObjectName("results.robustness.status")
        self.status.setWordWrap(True)
        style(self.status, "secondary")
        self.notice = MissingDataNotice("results.robustness.why")
        self.notice.wanted.connect(self.data_wanted)
        self.plots = QWidget()
        self._grid = QGridLayout(self.plots)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        self.column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self.status)
        self.column.addWidget(self.notice, 1)
        self.column.addWidget(self.plots, 1)

    @classmethod
    def applies(cls, content: ViewContent) -> bool:
        task = content.task
        return task is not None and task.targets != "tokens" and task.answers != "copy"

    def fill(self, content: ViewContent) -> None:
        has_data = content.dataset is not None
        self.notice.setVisible(not has_data)
        self.button.setVisible(has_data)
        if not has_data:
            self.notice.say(content.missing, content.offer)

        if (content.path, content.dataset) != self._measured_for:
            self._measured_for = content.path, content.dataset
            self.parts.background.forget("results.robustness")
            self._show([], "", "")

    def _measure(self) -> None:
        path, dataset = self.content.path, self.content.dataset
        if path is None or dataset is None:
            return

        network = self._network
        self.button.setEnabled(False)
        self.status.setText("Judging disturbed examples…")

        def measure(control: Control) -> Robustness:
            from app.engine.robustness.measuring import measure  # noqa: PLC0415 - loads torch

            return measure(network.predictor(path), dataset, control.check)

        self.parts.background.run(measure, self._take, self._failed, key="results.robustness")

    def _take(self, measured: Robustness) -> None:
        part = "" if measured.examples == measured.total else f" of {measured.total:,}"
        text = f"Judged on {measured.examples:,}{part} {measured.split} examples."
        self._show(list(measured.curves), measured.metric, text)

    def _failed(self, failure: Failure) -> None:
        self.button.setEnabled(True)
        self.status.setText(failure.message)

    def _show(self, curves: list[Curve], metric: str, text: str) -> None:
        for card in self._cards:
            self._grid.removeWidget(card)
            card.deleteLater()

        self._cards = []
        self.button.setEnabled(True)
        self.status.setText(text)
        self.status.setVisible(True)
        self.plots.setVisible(bool(curves))
        for curve in curves:
            plot = DisturbancePlot(self.parts, curve, metric)
            kind = curve.disturbance.kind
            card = PlotCard(
                plot, curve.disturbance.label, curve.disturbance.unit, f"results.robustness.{kind}"
            )
            card.setMinimumHeight(self.theme.px(190))
            self._cards.append(card)

        self.arrange(self._wide)

    _wide = True

    def arrange(self, wide: bool) -> None:
        self._wide = wide
        columns = 2 if wide else 1
        for number, card in enumerate(self._cards):
            self._grid.addWidget(card, number // columns, number % columns)

    def close_down(self) -> None:
        self.parts.background.forget("results.robustness")


PANEL = RobustnessPanel
