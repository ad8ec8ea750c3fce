"""Confidence: whether answers are as often right as they sound, and which to leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QSlider

from app.engine.results.calibration import has_certainty
from app.engine.results.confidence import Confidence, read_confidence
from app.engine.runs.run import Run
from app.engine.runs.storage.temperature import forget_temperature, keep_temperature
from app.engine.text import number_text, percent_text
from app.engine.ticks import SHARES
from app.ui.pages.results.panels.base import Panel
from app.ui.plots.base.plot import Plot, Series
from app.ui.plots.base.plot_card import PlotCard
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.background import Failure
    from app.ui.state.revisions.draft import RevisionDraft

STEPS = 1000
FINE_GAP = 0.02
"""A calibration error below which nothing need be done."""

KEEP = "Answers of Try it, predict and serve are scaled by it; no answer becomes another one."
FORGET = "Answers are then as sure again as the network itself says."

NOTHING = np.zeros(0)


class SharePlot(Plot):
    """Two shares against one another."""

    def __init__(self, theme: Theme, x_title: str, y_title: str) -> None:
        super().__init__(
            theme,
            x_ticks=SHARES,
            y_ticks=SHARES,
            x_whole=False,
            x_title=x_title,
            room=46,
            y_title=y_title,
        )
        self.setMouseEnabled(x=False, y=False)

    def limits(self) -> tuple[float, float, float, float]:
        return 0.0, 1.0, 0.0, 1.0

    def x_text(self, x: float) -> str:
        return percent_text(min(1.0, max(0.0, x)))


class ReliabilityPlot(SharePlot):
    """How often answers are right, by how sure they are; on the diagonal they are honest."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "how sure", "how often right")
        self.honest = self.add(
            Series("honest", "secondary", width=1, dash=(4, 3), words=percent_text, dots=False)
        )
        self.before = self.add(Series("as it answers", "validation", words=percent_text))
        self.after = self.add(
            Series("with the temperature", "training", symbol="s", words=percent_text)
        )
        self.honest.show(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        self.restyle()

    def show_confidence(self, confidence: Confidence | None) -> None:
        """Shows both curves; None for neither."""
        before = confidence.before if confidence is not None else None
        after = confidence.after if confidence is not None else None
        for series, curve in ((self.before, before), (self.after, after)):
            series.show(*((curve.sure, curve.right) if curve is not None else (NOTHING, NOTHING)))

        self.refresh()


class CoveragePlot(SharePlot):
    """How much is right of what is answered, by how much is answered."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "answered", "right of these")
        self.curve = self.add(Series("right", "training", words=percent_text, dots=False))
        self.restyle()

    def show_confidence(self, confidence: Confidence | None) -> None:
        """Shows the curve; None for none."""
        found = confidence.coverage if confidence is not None else None
        answered, right = (found.answered, found.accuracy) if found is not None else (NOTHING,) * 2
        self.curve.show(answered[::-1], right[::-1])
        self.refresh()


class ConfidencePanel(Panel):
    """The reliability diagram with the temperature, and the curve of a threshold."""

    key: ClassVar[str] = "confidence"
    label: ClassVar[str] = "Confidence"
    tip: ClassVar[str] = (
        "Whether answers are as often right as they sound, and which to leave open."
    )
    order: ClassVar[int] = 20
    shows: ClassVar[str] = (
        "Reliability: of answers that are 90 % sure, how many are right? On the dashed line it is "
        "90 %. 'I don't know': how much is right if the network may say so where it is unsure."
    )
    means: ClassVar[str] = (
        "Below the dashed line the network is surer than it should be. The temperature, one number "
        "fitted on validation, corrects that and changes no answer. A threshold trades answers for "
        "right answers: choose it by what a mistake costs."
    )
    means_not: ClassVar[str] = (
        "It holds for examples like these. For examples of another sort the network can be sure "
        "and wrong all the same, and no threshold helps."
    )

    def __init__(self, parts: Parts, draft: RevisionDraft) -> None:
        super().__init__(parts, draft)
        self._confidence: Confidence | None = None
        self._path: Path | None = None
        self._read_for: ViewContent | None = None
        self.reliability = ReliabilityPlot(self.theme)
        self.covered = CoveragePlot(self.theme)
        left = PlotCard(
            self.reliability, "Reliability", "right against sure", "results.confidence.reliability"
        )
        right = PlotCard(
            self.covered, "I don't know", "right against answered", "results.confidence.coverage"
        )
        self.temperature = _line("results.confidence.temperature")
        self.use = QPushButton()
        self.use.setObjectName("results.confidence.use")
        self.use.clicked.connect(self._keep_or_forget)
        row = QHBoxLayout()
        row.addWidget(self.temperature, 1)
        row.addWidget(self.use)
        left.body.addLayout(row)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("results.confidence.threshold")
        self.slider.setAccessibleName("How sure an answer must be to be given")
        self.slider.setToolTip("Answers that are less sure than this are left open.")
        self.slider.setRange(0, STEPS)
        self.slider.valueChanged.connect(self._show_threshold)
        self.threshold = _line("results.confidence.words")
        right.body.addWidget(self.slider)
        right.body.addWidget(self.threshold)
        self.status = _line("results.confidence.status")
        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.row.setSpacing(12)
        self._cards = (left, right)
        for card in self._cards:
            self.row.addWidget(card, 1)

        self.column.addWidget(self.status)
        self.column.addLayout(self.row, 1)

    @classmethod
    def applies(cls, content: ViewContent) -> bool:
        return content.task is not None and has_certainty(content.task)

    def fill(self, content: ViewContent) -> None:
        if content.path != self._path:
            self._path = content.path
            self.parts.background.forget("results.confidence")
            self._show_nothing("")

        if content is not self._read_for:  # nothing else writes what it reads
            self._read()

    def _read(self) -> None:
        path, task, content = self._path, self.content.task, self.content
        if path is None or task is None:
            return

        self.parts.background.run(
            lambda _: read_confidence(Run(path), task),
            lambda confidence: self._take(confidence, content),
            self._failed,
            key="results.confidence",
        )

    def _take(self, confidence: Confidence, content: ViewContent) -> None:
        self._confidence = confidence
        self._read_for = content
        self.reliability.show_confidence(confidence)
        self.covered.show_confidence(confidence)
        task = self.content.task
        of = ", each of their tags by itself" if task is not None and task.targets == "tags" else ""
        self.status.setText(
            f"On {confidence.examples:,} {confidence.split} examples{of}. How sure it is and how "
            f"often it is right differ by {percent_text(confidence.before.error)} on average."
        )
        self._show_temperature(confidence)
        self._show_threshold()
        self.guide_changed.emit()

    def _failed(self, failure: Failure) -> None:
        self._show_nothing(failure.message)

    def _show_nothing(self, why: str) -> None:
        """Shows no figure, for those of another run would be taken for its own."""
        self._confidence = self._read_for = None
        self.status.setText(why)
        self.reliability.show_confidence(None)
        self.covered.set_best(None)
        self.covered.show_confidence(None)
        self.temperature.setText("")
        self.threshold.setText("")
        self.use.hide()

    def _show_temperature(self, confidence: Confidence) -> None:
        temperature, after = confidence.temperature, confidence.after
        self.use.setEnabled(temperature is not None)
        way = "without" if confidence.is_kept else "with"
        self.use.setText(f"Answer {way} it")
        self.use.setAccessibleName(f"Answer {way} the temperature")
        self.use.show()
        self.use.setToolTip(tooltip(FORGET if confidence.is_kept else KEEP))
        if temperature is None or after is None:
            self.temperature.setText("There are too few validation examples to fit a temperature.")
            return

        way = "too sure" if temperature > 1 else "not sure enough"
        now = "Answers are scaled by it." if confidence.is_kept else ""
        if confidence.before.error < FINE_GAP:
            way = "about as sure as it should be"
        self.temperature.setText(
            f"The network is {way}. A temperature of {number_text(temperature)} makes the "
            f"difference {percent_text(after.error)}. {now}".strip()
        )

    def _show_threshold(self) -> None:
        confidence = self._confidence
        if confidence is None:
            return

        least = self.slider.value() / STEPS
        answered, accuracy = confidence.coverage.at(least)
        if not answered:
            self.threshold.setText(f"No answer is at least {percent_text(least)} sure.")
            self.covered.set_best(None)
            return

        self.covered.best_name = "threshold"
        self.covered.set_best((answered, accuracy))
        self.threshold.setText(
            f"Where it must be at least {percent_text(least)} sure, it answers "
            f"{percent_text(answered)}; {percent_text(accuracy)} of these are right. The rest it "
            "leaves open."
        )

    def _keep_or_forget(self) -> None:
        """Keeps the temperature with the weights in use, or lets them answer as they are."""
        confidence, path = self._confidence, self._path
        if confidence is None or path is None or confidence.temperature is None:
            return

        temperature, step = confidence.temperature, confidence.step
        forget = confidence.is_kept

        def write(_: object) -> None:
            if forget:
                forget_temperature(Run(path))
            else:
                keep_temperature(Run(path), temperature, step)

        self.use.setEnabled(False)
        self.parts.background.run(
            write, lambda _: self._read(), self._not_kept, key="results.temperature"
        )

    def _not_kept(self, failure: Failure) -> None:
        self.use.setEnabled(True)
        self.status.setText(failure.message)

    def arrange(self, wide: bool) -> None:
        direction = QBoxLayout.Direction
        self.row.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        for card in self._cards:
            card.setMinimumHeight(self.theme.px(300))


def _line(name: str) -> Label:
    label = Label()
    label.setObjectName(name)
    label.setWordWrap(True)
    style(label, "row")
    return label


PANEL = ConfidencePanel
