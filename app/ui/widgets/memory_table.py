"""The memory ledger in figures: a row per purpose, predicted and measured, in the colours of the bar."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.ui.amounts import bytes_text
from app.ui.theme import Theme, style
from app.ui.widgets.ledger import (
    MEANING,
    NAMES,
    OF_THE_WEIGHTS,
    difference_in_words,
    role_of,
    sum_in_words,
    total_of,
    with_workspace,
)

NOTHING: Mapping[str, int | None] = {}
WIDE = 330
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Swatch(QWidget):
    """A small square in a colour of the theme."""

    def __init__(self, theme: Theme, role: str) -> None:
        super().__init__()
        self._theme, self._role = theme, role
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._measure)
        self._measure()

    def _measure(self) -> None:
        self.setFixedSize(self._theme.px(10), self._theme.px(10))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(self._role))
        painter.drawRoundedRect(self.rect(), 2, 2)
        painter.end()


class MemoryTable(QWidget):
    """`show_rows(predicted, measured)`. compact: two columns of rows with the measured bytes, or the predicted ones
    while nothing is measured. Otherwise a line per row with both and their difference."""

    def __init__(self, theme: Theme, compact: bool = True) -> None:
        super().__init__()
        self.theme, self._compact = theme, compact
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._shown: tuple[str, ...] = ()
        self._wide = True
        self._labels: dict[str, tuple[QWidget, ...]] = {key: self._row(key) for key in NAMES}
        self._heads = tuple(self._label(text) for text in ("predicted", "measured", "difference"))
        self._total = tuple(self._label("", "") for _ in range(4))
        self.sum = self._label("")
        self.setMinimumWidth(1)
        for widget in (*self._heads, *self._total, self.sum):
            widget.hide()
        theme.changed.connect(self._space)
        self._space()

    def _label(self, text: str, role: str = "secondary") -> QLabel:
        label = QLabel(text, self)
        style(label, role or "row")
        return label

    def _row(self, key: str) -> tuple[QWidget, ...]:
        swatch = Swatch(self.theme, role_of(key))
        swatch.setParent(self)
        name = NAMES[key] + (" n" if key in OF_THE_WEIGHTS else "")
        widgets = (swatch, self._label(name, "row"), *(self._label("", "figure-small") for _ in range(3)))
        for widget in widgets:
            widget.setToolTip(MEANING[key])
            widget.hide()
        return widgets

    def _space(self) -> None:
        self._grid.setHorizontalSpacing(self.theme.px(6))
        self._grid.setVerticalSpacing(self.theme.px(3 if self._compact else 5))

    # --- values

    def show_rows(
        self, predicted: Mapping[str, int | None] = NOTHING, measured: Mapping[str, int | None] = NOTHING,
        parameters: int | None = None,
    ) -> None:
        """Rows that are empty in both are left out; what is unknown is a dash."""
        expected, found = with_workspace(predicted), with_workspace(measured)
        if measured and not self._compact:
            expected.setdefault("workspace", None)
        shown = tuple(key for key in NAMES if expected.get(key) or found.get(key))
        arranged = shown if self._compact else (*shown, "total")
        if arranged != self._shown:
            self._shown = arranged
            self._arrange(shown)
        for key in shown:
            _, _, *cells = self._labels[key]
            values = self._cells(expected.get(key), found.get(key), bool(measured))
            for cell, text in zip(cells, values, strict=True):
                assert isinstance(cell, QLabel)
                cell.setText(text)
        self.sum.setText(sum_in_words(measured if measured.get("weights") else predicted, parameters))
        texts = ("together, at the peak", *self._cells(total_of(predicted), total_of(measured), bool(measured)))
        for label, text in zip(self._total, texts, strict=True):
            label.setText(text)

    def _cells(self, predicted: int | None, measured: int | None, any_measured: bool) -> tuple[str, str, str]:
        if self._compact:
            return bytes_text(measured if any_measured else predicted), "", ""
        return bytes_text(predicted), bytes_text(measured), difference_in_words(predicted, measured)

    # --- layout

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two columns of rows where there is room for them."""
        super().resizeEvent(event)
        wide = self.width() >= self.theme.px(WIDE)
        if self._compact and wide != self._wide:
            self._wide = wide
            self._arrange(self._shown)

    def _arrange(self, shown: tuple[str, ...]) -> None:
        while self._grid.count():
            item = self._grid.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
        for column in range(8):
            self._grid.setColumnStretch(column, 0)
            self._grid.setColumnMinimumWidth(column, 0)
        (self._arrange_compact if self._compact else self._arrange_full)(shown)
        self.updateGeometry()

    def _arrange_compact(self, shown: tuple[str, ...]) -> None:
        first = [key for key in shown if key in OF_THE_WEIGHTS]
        second = [key for key in shown if key not in OF_THE_WEIGHTS]
        sides = (first, second) if self._wide else ([*first, *second],)
        for column, keys in enumerate(sides):
            for row, key in enumerate(keys):
                swatch, name, value, *_ = self._labels[key]
                self._put(swatch, row, 4 * column, Qt.AlignmentFlag.AlignVCenter)
                self._put(name, row, 4 * column + 1)
                self._put(value, row, 4 * column + 2, RIGHT)
        self._put(self.sum, max(len(keys) for keys in sides), 0, span=7)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(5, 1 if self._wide else 0)
        self._grid.setColumnMinimumWidth(3, self.theme.px(12) if self._wide else 0)

    def _arrange_full(self, shown: tuple[str, ...]) -> None:
        for column, head in enumerate(self._heads):
            self._put(head, 0, 2 + column, RIGHT)
        for row, key in enumerate(shown, 1):
            swatch, name, *cells = self._labels[key]
            self._put(swatch, row, 0, Qt.AlignmentFlag.AlignVCenter)
            self._put(name, row, 1)
            for column, cell in enumerate(cells):
                self._put(cell, row, 2 + column, RIGHT)
        last = len(shown) + 1
        self._put(self._total[0], last, 1)
        for column, label in enumerate(self._total[1:]):
            self._put(label, last, 2 + column, RIGHT)
        self._put(self.sum, last + 1, 1, span=4)
        self._grid.setColumnStretch(1, 1)
        for column in (2, 3, 4):
            self._grid.setColumnMinimumWidth(column, self.theme.px(68))

    def _put(
        self, widget: QWidget, row: int, column: int, align: Qt.AlignmentFlag | None = None, span: int = 1
    ) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        self._grid.addWidget(widget, row, column, 1, span, align if align is not None else middle)
        widget.show()
