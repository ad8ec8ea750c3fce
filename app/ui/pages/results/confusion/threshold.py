"""Where to say yes: two curves with the threshold as a point, and what it does in numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.engine.learning import scores
from app.engine.results.reports.yes_no import YesNoReport
from app.engine.text import percent_text
from app.ui.pages.results.outcome import has_examples
from app.ui.plots.curves.threshold import ThresholdPlot
from app.ui.style.theme import Theme, style
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label

USUAL = 0.5
STEPS = 1000
"""Steps of the slider."""

NO_EXAMPLES = (
    "The curves are drawn from the examples, which are kept for the epoch in use once training has "
    "ended."
)


class ThresholdPanel(QWidget):
    """Shows what every threshold would do: show_split(report). moved(): `threshold` is another."""

    moved = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._report: YesNoReport | None = None
        self.roc = ThresholdPlot(theme, "false alarms", "found")
        self.balance = ThresholdPlot(theme, "found", "right")
        self.roc.setObjectName("results.roc")
        self.roc.setAccessibleName("ROC: found over false alarms")
        self.balance.setObjectName("results.precision_recall")
        self.balance.setAccessibleName("Precision over recall")

        for plot in (self.roc, self.balance):
            plot.setToolTip("Click the curve to say yes from there on.")
            plot.picked.connect(self.set_threshold)

        self.words = Label()
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.counts = Label()
        self.words.setObjectName("results.threshold.words")
        self.counts.setObjectName("results.threshold.counts")

        for label, role in ((self.words, "row"), (self.counts, "secondary")):
            label.setWordWrap(True)
            style(label, role)

        self._note = Label(NO_EXAMPLES)
        self._note.setWordWrap(True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style(self._note, "why")
        curves = QGridLayout()
        curves.setHorizontalSpacing(8)
        curves.setVerticalSpacing(0)

        titles = (
            (self.roc, "Found, by false alarms (ROC)"),
            (self.balance, "Right, by found (precision-recall)"),
        )
        for layout, (plot, name) in enumerate(titles):
            title = ElidedLabel(name)
            style(title, "secondary")
            curves.addWidget(title, 0, layout)
            curves.addWidget(plot, 1, layout)
            curves.setColumnStretch(layout, 1)

        curves.setRowStretch(1, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(curves, 1)
        column.addLayout(self._slider_line(theme))
        column.addWidget(self.words)
        column.addWidget(self.counts)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(content)
        self._stack.addWidget(self._note)

    def _slider_line(self, theme: Theme) -> QHBoxLayout:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("results.threshold")
        self.slider.setAccessibleName("Threshold from which it says yes")
        self.slider.setToolTip(
            "The probability from which on the answer is yes: further left finds more, and is "
            "wrong more often."
        )
        self.slider.setRange(0, STEPS)
        self.slider.setSingleStep(STEPS // 100)
        self.slider.setPageStep(STEPS // 10)
        self.slider.setValue(round(USUAL * STEPS))
        self.slider.valueChanged.connect(self._moved)
        self.caption = Label()
        style(self.caption, "secondary")
        self.reset = QPushButton("Back to 50 %")
        self.reset.setObjectName("results.threshold.reset")
        self.reset.setToolTip("The threshold that the figures above, Try it and exports use.")
        style(self.reset, "link")
        self.reset.setFont(theme.font(12))
        self.reset.clicked.connect(lambda: self.set_threshold(USUAL))
        line = QHBoxLayout()
        line.addWidget(self.caption)
        line.addWidget(self.slider, 1)
        line.addWidget(self.reset)

        return line

    @property
    def threshold(self) -> float:
        return self.slider.value() / STEPS

    def set_threshold(self, threshold: float) -> None:
        """Moves the slider to a threshold, 0 to 1."""
        self.slider.setValue(round(min(1.0, max(0.0, threshold)) * STEPS))

    def show_split(self, report: YesNoReport) -> None:
        """Draws the curves of a split; a sentence where its examples are not known."""
        self._report = report
        known = has_examples(report)
        self._stack.setCurrentIndex(0 if known else 1)
        if not known:
            return

        yes = float((report.targets == 1).mean())
        self.roc.show_curve(*report.roc(), guess=(0.0, 1.0))
        self.balance.show_curve(*report.precision_recall(), guess=(yes, yes))
        self._show_numbers()

    def report_at(self, report: YesNoReport) -> YesNoReport:
        """Returns the report on the same answers, with yes from the threshold on."""
        if not has_examples(report) or self.slider.value() == round(USUAL * STEPS):
            return report

        predicted = (report.predictions[:, 1] >= self.threshold).astype(np.int64)
        names = tuple(row.name for row in report.classes)
        matrix = scores.confusion(report.targets, predicted, 2)
        moved = YesNoReport.of_confusion(
            report.split, matrix, names, report.baseline_class, report.metrics, report.loss
        )

        return replace(
            report,
            correct=moved.correct,
            low=moved.low,
            high=moved.high,
            classes=moved.classes,
            confusion=matrix,
            predicted_classes=predicted,
        )

    def _moved(self) -> None:
        self._show_numbers()
        self.moved.emit()

    def _show_numbers(self) -> None:
        report = self._report
        self.reset.setEnabled(self.slider.value() != round(USUAL * STEPS))
        if report is None or not has_examples(report):
            return

        at = report.at(self.threshold)
        yes = report.classes[1].name
        self.caption.setText(f"“{yes}” from {percent_text(self.threshold)}")
        self.roc.show_point(at.false_alarms, at.recall)
        self.balance.show_point(at.recall, at.precision)
        self.words.setText(
            f"Finds <b>{percent_text(at.recall)}</b> (recall), is right on "
            f"<b>{percent_text(at.precision)}</b> of its yes (precision), right on "
            f"<b>{percent_text(at.accuracy)}</b> of all."
        )

        self.counts.setText(
            f"{at.true_yes:,} of {at.true_yes + at.false_no:,} found, {at.false_no:,} missed; "
            f"{at.false_yes:,} of {at.false_yes + at.true_no:,} others taken for it "
            f"({percent_text(at.false_alarms)} false alarms)."
        )
