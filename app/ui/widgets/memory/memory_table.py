"""The memory ledger in figures: a row for each purpose, predicted and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.engine.memory.row_names import FULL_NAMES, MEANING, NAMES
from app.engine.text import bytes_text, times_text
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label
from app.ui.widgets.layouts import take_out
from app.ui.widgets.memory.ledger import (
    OF_THE_WEIGHTS,
    difference_in_words,
    multiples,
    overlap,
    role_of,
    sum_in_words,
    total_of,
    with_workspace,
)
from app.ui.widgets.memory.row_explanations import keeps_full_state, row_explanations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.learning.optimizer import Optimizer

NOTHING: Mapping[str, int | None] = {}
COLUMNS = ("predicted", "measured", "difference")
NONE = "none"
"""Text for a moment that this optimizer does not keep."""

LESS = "Less than the sum of the rows: gradients arrive while activations leave."
WIDE = 330
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Swatch(QWidget):
    """A small square in a colour of the theme."""

    def __init__(self, theme: Theme, role: str) -> None:
        super().__init__()
        self._theme = theme
        self._role = role
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._measure)
        self._measure()

    def _measure(self) -> None:
        self.setFixedSize(self._theme.px(10), self._theme.px(10))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(self._role))
        painter.drawRoundedRect(self.rect(), 2, 2)
        painter.end()


class MemoryTable(QWidget):
    """The rows of the ledger with their bytes.

    compact: two columns of rows with the measured bytes, or the predicted ones while nothing is
    measured. Otherwise a line for each row with the chosen `columns`; n, 2n, 3n, 4n add up beside
    the rows of the weights' size, their sum stands below them, and with `explained` each row says
    where it comes from.
    """

    def __init__(
        self,
        theme: Theme,
        compact: bool = True,
        columns: Sequence[str] = COLUMNS,
        explained: bool = True,
    ) -> None:
        super().__init__()
        self.theme = theme
        self._compact = compact
        self._columns = tuple(columns)
        self._explained = explained
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._arranged: tuple[str, ...] = ()
        self._wide = True
        self._names = NAMES if compact else FULL_NAMES
        self._labels: dict[str, tuple[QLabel, ...]] = {}
        self._swatches: dict[str, Swatch] = {}
        self._explanations: dict[str, QLabel] = {}

        for key in NAMES:
            self._make_row(key)

        self._heads = tuple(self._label(text) for text in COLUMNS)
        self._total = tuple(self._label("", "row") for _ in range(4))
        self.sum = self._label("", "row-strong")
        self.less = self._label(LESS)
        self.less.setWordWrap(True)
        self.less.setMinimumWidth(1)
        self.setMinimumWidth(1)

        for widget in (*self._heads, *self._total, self.sum, self.less):
            widget.hide()

        theme.changed.connect(self._space)
        self._space()

    def _label(self, text: str, role: str = "secondary") -> QLabel:
        label = Label(text, self)
        style(label, role)
        return label

    def _make_row(self, key: str) -> None:
        """Makes the widgets of a row.

        These are a swatch, how many n there are up to here, the name, a figure for each column, and
        below them the explanation.
        """
        swatch = Swatch(self.theme, role_of(key))
        swatch.setParent(self)
        labels = (
            self._label(""),
            self._label(self._names[key], "row"),
            *(self._label("", "figure-small") for _ in COLUMNS),
        )

        labels[1].setWordWrap(not self._compact)
        explanation = self._label("")
        explanation.setWordWrap(True)
        explanation.setMinimumWidth(1)
        self._swatches[key] = swatch
        self._labels[key] = labels
        self._explanations[key] = explanation

        for widget in (swatch, *labels, explanation):
            widget.hide()

    def _space(self) -> None:
        self._grid.setHorizontalSpacing(self.theme.px(6))
        self._grid.setVerticalSpacing(self.theme.px(3))

    # --- values

    def set_explained(self, explained: bool) -> None:
        """Says below each row where it comes from, or not."""
        if explained != self._explained:
            self._explained = explained
            self._arrange(self._arranged)

    def show_rows(
        self,
        predicted: Mapping[str, int | None] = NOTHING,
        measured: Mapping[str, int | None] = NOTHING,
        parameters: int | None = None,
        optimizer: Optimizer | None = None,
    ) -> None:
        """Shows the rows; what is unknown is a dash.

        Rows that are empty in both are left out, but for moments that this optimizer does without.
        optimizer: for the explanation of the rows; without it they are explained in general.
        """
        shown = self._shown_rows(predicted, measured)
        known = measured if measured.get("weights") else predicted
        arranged = (
            *shown,
            *(("in full",) if keeps_full_state(optimizer) else ()),
            *(("less",) if overlap(known) else ()),
        )
        if arranged != self._arranged:
            self._arrange(arranged)

        self._show_explanations(shown, optimizer)
        self._show_names(shown, known, multiples(known, optimizer))
        self._show_values(shown, with_workspace(predicted), with_workspace(measured))
        self.sum.setText(sum_in_words(known, parameters, optimizer))
        texts = (
            "at the fullest moment",
            *self._cells(total_of(predicted), total_of(measured), bool(measured)),
        )
        for label, text in zip(self._total, texts, strict=True):
            label.setText(text)

    def _shown_rows(
        self, predicted: Mapping[str, int | None], measured: Mapping[str, int | None]
    ) -> tuple[str, ...]:
        expected = with_workspace(predicted)
        found = with_workspace(measured)
        complete = not self._compact and bool(expected.get("weights") or found.get("weights"))

        return tuple(
            key
            for key in NAMES
            if expected.get(key) or found.get(key) or (complete and key in OF_THE_WEIGHTS)
        )

    def _show_names(
        self, shown: Sequence[str], rows: Mapping[str, int | None], times_n: Mapping[str, float]
    ) -> None:
        """Shows the names of rows. times_n: how many n there are up to and with each of them."""
        for key in shown:
            times, name, *_ = self._labels[key]
            if self._compact:
                name.setText(NAMES[key] + _own(rows, key))
            else:
                first = key == "weights" or key not in times_n
                name.setText(FULL_NAMES[key] if first else f"+ {FULL_NAMES[key]}")
                times.setText(f"{_times(times_n[key])}n" if key in times_n else "")

    def _show_values(
        self,
        shown: Sequence[str],
        predicted: Mapping[str, int | None],
        measured: Mapping[str, int | None],
    ) -> None:
        for key in shown:
            values = self._cells(predicted.get(key), measured.get(key), bool(measured))
            empty = not (predicted.get(key) or measured.get(key))
            if empty and not self._compact and key in OF_THE_WEIGHTS:
                values = (NONE, NONE if measured else "", "")

            for cell, text in zip(self._labels[key][2:], values, strict=True):
                cell.setText(text)

    def _show_explanations(self, shown: Sequence[str], optimizer: Optimizer | None) -> None:
        own = row_explanations(optimizer)
        for key in shown:
            sentence = own.get(key, MEANING[key])
            self._explanations[key].setText(sentence)

            for widget in (self._swatches[key], *self._labels[key]):
                widget.setToolTip(tooltip(sentence))

    def _cells(
        self, predicted: int | None, measured: int | None, any_measured: bool
    ) -> tuple[str, str, str]:
        if self._compact:
            return bytes_text(measured if any_measured else predicted), "", ""
        return bytes_text(predicted), bytes_text(measured), difference_in_words(predicted, measured)

    # --- layout

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays the rows out in two columns where there is room for them."""
        super().resizeEvent(event)
        wide = self.width() >= self.theme.px(WIDE)
        if self._compact and wide != self._wide:
            self._wide = wide
            self._arrange(self._arranged)

    def _arrange(self, arranged: tuple[str, ...]) -> None:
        """Puts the rows into the grid.

        arranged: the rows; "in full" among them says that the other state belongs to those of the
        weights, "less" that they are never all there at once.
        """
        self._arranged = arranged
        for widget in take_out(self._grid):
            widget.hide()

        for column in range(8):
            self._grid.setColumnStretch(column, 0)
            self._grid.setColumnMinimumWidth(column, 0)

        rows = [key for key in arranged if key in NAMES]
        (self._arrange_compact if self._compact else self._arrange_full)(rows)
        self.updateGeometry()

    def _arrange_compact(self, shown: list[str]) -> None:
        first = [key for key in shown if key in OF_THE_WEIGHTS]
        second = [key for key in shown if key not in OF_THE_WEIGHTS]

        sides = (first, second) if self._wide else ([*first, *second],)
        for column, keys in enumerate(sides):
            for row, key in enumerate(keys):
                _, name, value, *_ = self._labels[key]
                self._put(self._swatches[key], row, 4 * column, Qt.AlignmentFlag.AlignVCenter)
                self._put(name, row, 4 * column + 1)
                self._put(value, row, 4 * column + 2, RIGHT)

        self._put(self.sum, max(len(keys) for keys in sides), 0, span=7)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(5, 1 if self._wide else 0)
        self._grid.setColumnMinimumWidth(3, self.theme.px(12) if self._wide else 0)

    def _arrange_full(self, shown: list[str]) -> None:
        chosen = [COLUMNS.index(name) for name in self._columns]
        width = 3 + len(chosen)

        if len(chosen) > 1:
            for column, number in enumerate(chosen):
                self._put(self._heads[number], 0, 3 + column, RIGHT)

        of_weights = [
            key
            for key in shown
            if key in OF_THE_WEIGHTS or (key == "other_state" and "in full" in self._arranged)
        ]
        line = 1
        for key in [*of_weights, *(key for key in shown if key not in of_weights)]:
            times, name, *cells = self._labels[key]
            self._put(self._swatches[key], line, 0, Qt.AlignmentFlag.AlignVCenter)
            self._put(times, line, 1, RIGHT)
            self._put(name, line, 2)

            for column, number in enumerate(chosen):
                self._put(cells[number], line, 3 + column, RIGHT)

            if self._explained:
                self._put(self._explanations[key], line + 1, 2, span=width - 2)

            line += 2
            if of_weights and key == of_weights[-1]:
                self._put(self.sum, line, 1, span=width - 1)
                line += 1

        self._put(self._total[0], line, 1, span=2)
        for column, number in enumerate(chosen):
            self._put(self._total[1 + number], line, 3 + column, RIGHT)

        if self._explained and "less" in self._arranged:
            self._put(self.less, line + 1, 1, span=width - 1)

        self._grid.setColumnStretch(2, 1)
        for column in range(3, width):
            self._grid.setColumnMinimumWidth(column, self.theme.px(52))

    def _put(
        self,
        widget: QWidget,
        row: int,
        column: int,
        align: Qt.AlignmentFlag | None = None,
        span: int = 1,
    ) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        if align is None and isinstance(widget, QLabel) and widget.wordWrap():
            # Without an alignment it is as wide as there is room, and as high as that takes.
            self._grid.addWidget(widget, row, column, 1, span)
        else:
            self._grid.addWidget(
                widget, row, column, 1, span, align if align is not None else middle
            )

        widget.show()


def _own(rows: Mapping[str, int | None], key: str) -> str:
    """Returns how many n a row of the weights' size holds: " n", " 0.03n"; "" for other rows."""
    weights = rows.get("weights")
    size = rows.get(key)
    if key not in OF_THE_WEIGHTS or not weights or not size:
        return ""

    return f" {_times(size / weights)}n" if size >= weights / 100 else ""


def _times(times: float) -> str:
    return "" if times_text(times) == "1" else times_text(times)
