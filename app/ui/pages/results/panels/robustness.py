"""Robustness: how the figure falls where the test examples get worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtWidgets import QGridLayout, QWidget

from app.engine.learning.metrics import METRICS, metric_text
from app.engine.text import number_text
from app.engine.ticks import NUMBERS, SHARES
from app.ui.pages.results.panels.measured import MeasuredPanel
from app.ui.plots.base.plot import Plot, Series
from app.ui.plots.base.plot_card import PlotCard

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.results.predictor import Predictor
    from app.engine.robustness.measuring import Curve, Robustness
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.revisions.draft import RevisionDraft


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


class RobustnessPanel(MeasuredPanel):
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

    button_name: ClassVar[str] = "Measure the robustness"
    button_tip: ClassVar[str] = (
        "Judges the test examples again and again, each time worse: some seconds to minutes."
    )
    progress: ClassVar[str] = "Judging disturbed examples…"

    def __init__(self, parts: Parts, draft: RevisionDraft) -> None:
        super().__init__(parts, draft)
        self._cards: list[PlotCard] = []
        self._wide = True
        self.plots = QWidget()
        self._grid = QGridLayout(self.plots)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        self.column.addWidget(self.plots, 1)

    @classmethod
    def applies(cls, content: ViewContent) -> bool:
        task = content.task
        return task is not None and task.targets != "tokens" and task.answers != "copy"

    def measured(
        self, predictor: Predictor, dataset: Dataset, check: Callable[[], None]
    ) -> Robustness:
        from app.engine.robustness import measuring  # noqa: PLC0415 - loads torch

        return measuring.measure(predictor, dataset, check)

    def show_found(self, found: Robustness) -> str:
        self._show(list(found.curves), found.metric)
        part = "" if found.examples == found.total else f" of {found.total:,}"
        return f"Judged on {found.examples:,}{part} {found.split} examples."

    def clear(self) -> None:
        self._show([], "")

    def _show(self, curves: list[Curve], metric: str) -> None:
        for card in self._cards:
            self._grid.removeWidget(card)
            card.deleteLater()

        self._cards = []
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

    def arrange(self, wide: bool) -> None:
        self._wide = wide
        columns = 2 if wide else 1
        for number, card in enumerate(self._cards):
            self._grid.addWidget(card, number // columns, number % columns)


PANEL = RobustnessPanel
