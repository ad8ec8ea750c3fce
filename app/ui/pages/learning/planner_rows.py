"""A row of the planner: a way to train, its memory, whether it fits, its time, and its price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.engine.text import UNKNOWN, bytes_text
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.planning.option import Option

HEADS = ("", "Memory", "Does it fit?", "Time an epoch", "")
WORDS = {
    "fits": ("It fits", "good", "good"),
    "barely": ("Barely", "warning", "warning"),
    "no": ("Does not fit", "problem", "problem"),
    "unknown": (UNKNOWN, "secondary", ""),
}
"""Verdict: words, role of the label, icon."""

ICON_ROLES = {"good": "best", "warning": "warning", "problem": "problem"}
BAR = {"fits": "accent", "barely": "warning", "no": "problem", "unknown": "line"}
TOP = Qt.AlignmentFlag.AlignTop


class FitBar(QWidget):
    """Bytes to scale against what is free.

    The whole bar is what is free, or what is needed where that is more; then a line stands where
    the free memory ends.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._needed = 0
        self._free = 0
        self._role = "line"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_need(self, needed: int, free: int | None, role: str) -> None:
        self._needed = needed
        self._free = free or 0
        self._role = role
        self.setVisible(free is not None)
        self.update()

    @property
    def filled(self) -> float:
        """The coloured share of the bar."""
        return self._needed / max(1, self._needed, self._free)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(110), self._theme.px(8))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(60), self._theme.px(8))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        radius = self._theme.px(3)
        outline = QPainterPath()
        outline.addRoundedRect(whole, radius, radius)
        painter.fillPath(outline, self._theme.color("track"))
        painter.setClipPath(outline)
        painter.fillRect(
            QRectF(0, 0, max(1.0, whole.width() * self.filled), whole.height()),
            self._theme.color(self._role),
        )

        if self._needed > self._free:
            x = whole.width() * self._free / max(1, self._needed)
            painter.setPen(QPen(self._theme.color("text"), self._theme.px(2)))
            painter.drawLine(QPointF(x, 0), QPointF(x, whole.height()))

        painter.end()


class Row:
    """The widgets of one row in a grid. `apply(option)` is called by its button."""

    def __init__(
        self, theme: Theme, grid: QGridLayout, line: int, apply: Callable[[Option], None]
    ) -> None:
        self._theme = theme
        self._verdict = ""
        self.option: Option | None = None
        self.title = Label()
        self.cost = Label()
        self.memory = Label()
        self.symbol = Label()
        self.fits = Label()
        self.time = Label(UNKNOWN)
        self.bar = FitBar(theme)
        self.button = QPushButton("Apply")
        self.button.setAutoDefault(False)
        self.button.clicked.connect(lambda: apply(self.option) if self.option is not None else None)
        style(self.title, "tile-title")
        style(self.cost, "secondary")

        for label in (self.memory, self.time):
            style(label, "row")

        style(self.button, "small")
        for label in (self.title, self.cost):
            label.setWordWrap(True)

        words = _column(self.title, self.cost)
        figures = _column(self.memory, self.bar)
        fit_cell = QWidget()
        beside = QHBoxLayout(fit_cell)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(theme.px(4))
        beside.addWidget(self.symbol)
        beside.addWidget(self.fits, 1)

        self.widgets = (words, figures, fit_cell, self.time, self.button)
        for column, widget in enumerate(self.widgets):
            grid.addWidget(widget, line, column, TOP)

    def show_option(self, option: Option, free: int | None) -> None:
        self.option = option
        needed = option.estimate.needed
        verdict = option.estimate.verdict
        name = f"planner.row.{option.key}"
        self.title.setText(option.title)
        self.cost.setText(option.cost)
        self.memory.setText(bytes_text(needed) + _against_now(option))
        self.bar.show_need(needed, free, BAR[verdict])
        self.bar.setAccessibleName(
            f"{option.title}: {bytes_text(needed)} of {bytes_text(free)} that are free"
        )
        words, role, _ = WORDS[verdict]
        self.fits.setText(words)
        style(self.fits, role)
        self._verdict = verdict
        self.restyle()
        self.button.setObjectName(f"planner.apply.{option.key}")
        self.button.setAccessibleName(f"Apply: {option.title}")
        self.button.setToolTip("Takes these settings; Undo brings the previous ones back.")
        self.title.setObjectName(name)
        self.time.setObjectName(f"planner.time.{option.key}")

        for widget in self.widgets:
            widget.show()

        self.button.setVisible(bool(option.changes))
        self.set_enabled(True)

    def set_enabled(self, enabled: bool) -> None:
        """Greys the row while it belongs to earlier settings."""
        for widget in self.widgets:
            widget.setEnabled(enabled)

    def hide(self) -> None:
        self.option = None
        for widget in self.widgets:
            widget.hide()

    def show_time(self, text: str, tip: str = "", role: str = "row") -> None:
        self.time.setText(text)
        self.time.setToolTip(tooltip(tip))
        style(self.time, role)

    def restyle(self) -> None:
        picture = WORDS[self._verdict][2] if self._verdict else ""
        if picture:
            side = self._theme.px(14)
            self.symbol.setPixmap(
                icon(self._theme, picture, ICON_ROLES[picture]).pixmap(QSize(side, side))
            )

        self.symbol.setVisible(bool(picture))


def _column(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)

    for widget in widgets:
        column.addWidget(widget)

    return holder


def _against_now(option: Option) -> str:
    """Returns how much less or more than now it is, in brackets."""
    if not option.changes:
        return ""
    if option.gain == 0:
        return " (as now)"

    return f" ({'-' if option.gain > 0 else '+'}{bytes_text(abs(option.gain))})"
