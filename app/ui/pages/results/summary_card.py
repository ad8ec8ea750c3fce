"""The top of the page: the verdict in a sentence, the figures, and how sure they are."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.engine.results.report import SplitReport
from app.ui.amounts import number_text, percent_text
from app.ui.assets import icon
from app.ui.pages.results.intervals import IntervalPlot
from app.ui.theme import Theme, style
from app.ui.widgets.card import Card

WORDS = {
    "accuracy": ("accuracy", "The share of pictures that it names rightly."),
    "macro_f1": ("macro F1", "The mean over the classes of F1, so that rare classes count as much as frequent ones."),
    "f1": ("F1", "Precision and recall of the second class in one figure (their harmonic mean)."),
    "auc": ("ROC AUC", "How often a yes gets a higher probability than a no: 50 % is chance, 100 % perfect."),
    "loss": ("loss", "How wrong it is on average; lower is better."),
}
ICONS = {
    "good": ("good", "best"),
    "warning": ("warning", "warning"),
    "problem": ("problem", "problem"),
    "info": ("info", "secondary"),
}


class SummaryCard(Card):
    """show_verdict(text, level), show_splits(splits, chosen). used: the line below the figures."""

    def __init__(self, theme: Theme, used: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._level = "info"
        self.setObjectName("results.summary")
        self._icon, self.verdict = QLabel(), QLabel()
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
        self._figures = {name: _Figure(*words, best=name == "accuracy") for name, words in WORDS.items()}
        for figure in self._figures.values():
            figures.addWidget(figure)
        figures.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addLayout(figures)
        left.addWidget(used)
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

    def show_splits(self, splits: dict[str, SplitReport], chosen: str) -> None:
        """The figures of the chosen split, the intervals of all."""
        split = splits[chosen]
        values = {name: percent_text(value) for name, value in split.metrics.items()}
        values["accuracy"] = percent_text(split.accuracy)
        if split.loss is not None:
            values["loss"] = number_text(split.loss)
        for name, figure in self._figures.items():
            figure.show_value(values.get(name, ""))
        self.intervals.show_splits(splits, chosen)

    def set_wide(self, wide: bool) -> None:
        """The intervals stand beside the figures where there is room, else below."""
        self._row.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def _restyle(self) -> None:
        name, role = ICONS[self._level]
        side = self._theme.px(22)
        self._icon.setPixmap(icon(self._theme, name, role).pixmap(QSize(side, side)))


class _Figure(QWidget):
    """A figure with its name above it, as on the Training page."""

    def __init__(self, label: str, tip: str, best: bool) -> None:
        super().__init__()
        self._name, self._value = QLabel(label), QLabel()
        style(self._name, "secondary")
        style(self._value, "figure-best" if best else "figure")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._name)
        column.addWidget(self._value)
        self.setToolTip(tip)

    def show_value(self, text: str) -> None:
        """ "" hides it: the figure is not defined here."""
        self._value.setText(text)
        self.setAccessibleName(f"{self._name.text()} {text}")
        self.setVisible(bool(text))
