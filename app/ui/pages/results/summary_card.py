"""The top of the page: the verdict in a sentence, the figures, and how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.engine.learning.metrics import METRICS, metric_text, shared_unit
from app.engine.results.reports.classes import ClassReport
from app.engine.text import number_text
from app.ui.pages.results.intervals import IntervalPlot
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.data.dataset import Description
    from app.engine.results.reports import SplitReport

FIGURES = 3
"""Of the metrics of a task, so many stand at the top; the view has the rest."""

LOSS = "How wrong it is on average; lower is better."
ICONS = {
    "good": ("good", "best"),
    "warning": ("warning", "warning"),
    "problem": ("problem", "problem"),
    "info": ("info", "secondary"),
}


class SummaryCard(Card):
    """Shows the verdict and the figures: show_verdict(...), show_splits(...).

    weights_line: the widget below the figures, which says which weights they are of.
    """

    def __init__(self, theme: Theme, weights_line: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._level = "info"
        self.setObjectName("results.summary")
        self._icon = Label()
        self.verdict = Label()
        self.verdict.setObjectName("results.verdict")
        self.verdict.setWordWrap(True)
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        style(self.verdict, "verdict")
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.verdict, 1)
        self.body.addLayout(head)
        figures = QHBoxLayout()
        figures.setSpacing(20)
        self._line = figures
        self._figures: list[_Figure] = []
        figures.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addLayout(figures)
        left.addWidget(weights_line)
        left.addStretch(1)
        self.intervals = IntervalPlot(theme)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(16)
        self._row.addLayout(left, 4)
        self._row.addWidget(self.intervals, 5)
        self.body.addLayout(self._row)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_verdict(self, text: str, level: str) -> None:
        self.verdict.setText(text)
        self._level = level
        self._restyle()

    def show_splits(
        self, splits: Mapping[str, SplitReport], chosen: str, description: Description | None = None
    ) -> None:
        """Shows the figures of the chosen split, and the intervals of all splits with classes.

        description: for the unit of amounts. A mean over several amounts without a unit in common
        says nothing: square metres and euros do not add up.
        """
        split = splits[chosen]
        unit = shared_unit(description) if description is not None else ""
        mixed = description is not None and len(description.amounts) > 1 and not unit

        figures = [
            (METRICS[name].label, metric_text(name, value, unit), METRICS[name].help)
            for name, value in split.metrics.items()
            if name in METRICS and not (mixed and METRICS[name].shown == "unit")
        ][:FIGURES]
        if split.loss is not None:
            figures.append(("loss", number_text(split.loss), LOSS))

        while len(self._figures) < len(figures):
            self._figures.append(_Figure(best=not self._figures))
            self._line.insertWidget(len(self._figures) - 1, self._figures[-1])

        for number, figure in enumerate(self._figures):
            figure.show_figure(*(figures[number] if number < len(figures) else ("", "", "")))

        with_classes = {
            name: report for name, report in splits.items() if isinstance(report, ClassReport)
        }
        self.intervals.setVisible(bool(with_classes))
        if with_classes:
            self.intervals.show_splits(with_classes, chosen)

    def set_wide(self, wide: bool) -> None:
        """Puts the intervals beside the figures where there is room, else below."""
        self._row.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )

    def _restyle(self) -> None:
        name, role = ICONS[self._level]
        side = self._theme.px(22)
        self._icon.setPixmap(icon(self._theme, name, role).pixmap(QSize(side, side)))


class _Figure(QWidget):
    """A figure with its name above it, as on the Training page."""

    def __init__(self, best: bool) -> None:
        super().__init__()
        self._name = Label()
        self._value = Label()
        style(self._name, "secondary")
        style(self._value, "figure-best" if best else "figure")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._name)
        column.addWidget(self._value)

    def show_figure(self, label: str, text: str, tip: str) -> None:
        """Shows a figure; an empty text hides it, as it is not defined here."""
        self._name.setText(label)
        self._value.setText(text)
        self.setToolTip(tooltip(tip))
        self.setAccessibleName(f"{label} {text}")
        self.setVisible(bool(text))
