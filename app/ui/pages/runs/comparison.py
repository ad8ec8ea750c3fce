"""The lower half of the page: the chosen runs in one plot, their differences and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.pages.runs.differences import Comparison, Line, compare
from app.ui.pages.runs.entries import Entry, common_metric
from app.ui.pages.runs.overlay import DASHES, MOST, Overlay, series_color
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.text.short_names import alike
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.state.background import Background

COLUMN = 112
"""Width of a run's column where there are three or more, in pixels at 100 %."""

SWATCH = (22, 10)
"""Size of a bit of a run's line, in pixels at 100 %."""

QUANTITIES = (
    ("loss", "Loss", "The validation loss of the chosen runs; lower is better."),
    ("figure", "Figure", "The figure by which the chosen runs are judged, on validation."),
)


class ComparisonCard(Card):
    """Shows one run alone, or two to five over one another.

    full_wanted(): the person wants to compare all that are ticked in full width.
    """

    full_wanted = Signal()

    def __init__(self, theme: Theme, background: Background) -> None:
        super().__init__("Curves", "validation, per epoch")
        self._theme = theme
        self._background = background
        self._entries: list[Entry] = []
        self._comparison: Comparison | None = None
        self.setObjectName("runs.comparison")
        self.quantities = Segments(theme, "runs.curve", QUANTITIES)
        self.quantities.chosen.connect(lambda _: self._draw())
        self.tools.addWidget(self.quantities)
        self.full = QPushButton("Compare in full")
        self.full.setObjectName("runs.compare.open")
        self.full.setToolTip(
            tooltip(
                "Full width: steps, epochs, examples or time, smoothing, groups and seeds, and "
                "runs of other tools beside them."
            )
        )
        self.full.clicked.connect(self.full_wanted)
        style(self.full, "small")
        self.tools.addWidget(self.full)
        self.overlay = Overlay(theme)
        self.table = _table()
        self.table.horizontalHeader().sectionResized.connect(lambda *_: self._name_columns())
        self.common = Label()
        self.common.setWordWrap(True)
        style(self.common, "secondary")
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self.table, 1)
        right.addWidget(self.common)
        holder = QWidget()
        holder.setLayout(right)
        right.setContentsMargins(0, 0, 0, 0)
        self._row = QHBoxLayout()
        self._row.setSpacing(12)
        self._row.addWidget(self.overlay, 5)
        self._row.addWidget(holder, 5)

        for side in (
            self.overlay,
            holder,
        ):  # the share of each is the stretch's, whatever stands in them
            side.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

        self._both = QWidget()
        self._both.setLayout(self._row)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._nothing = Label("No run is ticked.")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style(self._nothing, "secondary")
        self._nothing.hide()
        self.body.addWidget(self._both, 1)
        self.body.addWidget(self._nothing, 1)
        theme.changed.connect(self._restyle)

    def show_runs(self, entries: Sequence[Entry]) -> None:
        """Shows five runs at most; their settings are read in the background."""
        self._entries = list(entries[:MOST])
        several = len(self._entries) > 1
        self._both.setVisible(bool(self._entries))
        self._nothing.setVisible(not self._entries)
        self.quantities.setVisible(bool(self._entries))
        self.full.setVisible(bool(self._entries))
        self.title.setText("Compared" if several else "Curve")
        extra = (
            f"the first {MOST} of {len(entries)}"
            if len(entries) > MOST
            else "validation, per epoch"
        )

        self.set_why(extra)
        self._row.setStretch(1, 5 if len(self._entries) < 3 else 6)
        self._draw()

        shown = tuple(self._entries)
        if shown:
            self._background.run(lambda _: compare(shown), self._fill, key="runs.compare")

    def _draw(self) -> None:
        """Draws the curves; runs judged by different metrics have only the loss in common."""
        metric = common_metric(self._entries)
        button = self.quantities.buttons["figure"]
        button.setVisible(metric is not None)

        if metric is None:
            self.quantities.set_value("loss")
        else:
            self.quantities.set_text("figure", metric.label[:1].upper() + metric.label[1:])
            button.setToolTip(
                tooltip(f"The validation {metric.label} of the chosen runs. {metric.help}")
            )

        self.overlay.show_runs(self._entries, self.quantities.value)

    def _restyle(self) -> None:
        if self._comparison is not None:
            self._fill(self._comparison)

    def _fill(self, comparison: Comparison) -> None:
        """Fills the table: first the settings that differ, then the figures."""
        self._comparison = comparison
        runs = len(comparison.names)
        lines = [*comparison.settings, *comparison.figures]
        table = self.table
        several = runs > 1
        table.clear()
        table.setRowCount(len(lines))
        table.setColumnCount(runs + 1)

        for column, name in enumerate(comparison.names):
            item = QTableWidgetItem(name)
            item.setIcon(self._swatch(column))
            item.setToolTip(tooltip(name))
            table.setHorizontalHeaderItem(column + 1, item)

        table.setHorizontalHeaderItem(0, QTableWidgetItem(""))
        for row, line in enumerate(lines):
            self._line(row, line, row < len(comparison.settings))

        header = table.horizontalHeader()
        table.setIconSize(QSize(*map(self._theme.px, SWATCH)))
        table.verticalHeader().setDefaultSectionSize(self._theme.px(24))
        table.setColumnWidth(0, self._theme.px(132))

        for column in range(1, runs + 1):
            header.setSectionResizeMode(
                column,
                QHeaderView.ResizeMode.Stretch if runs <= 2 else QHeaderView.ResizeMode.Interactive,
            )
            table.setColumnWidth(column, self._theme.px(COLUMN))

        self._name_columns()
        if several and not comparison.settings:
            text = "All settings are the same."
        elif several:
            text = f"{comparison.same} other settings are the same."
        else:
            text = "" if comparison.settings else "Every setting followed the data."

        self.common.setText(text)
        self.common.setVisible(bool(text))

    def _name_columns(self) -> None:
        """Writes each run's name over its column, in two lines where one has no room."""
        names = self._comparison.names if self._comparison is not None else ()
        metrics = QFontMetrics(self._theme.font(12))
        for column, name in enumerate(names, 1):
            item = self.table.horizontalHeaderItem(column)
            room = self.table.columnWidth(column) - self._theme.px(SWATCH[0] + 24)
            if item is not None:
                item.setText(alike(names).two_lines(name, metrics, room))

    def _line(self, row: int, line: Line, is_setting: bool) -> None:
        label = QTableWidgetItem(line.label)
        label.setForeground(self._theme.color("secondary"))
        label.setToolTip("A setting" if is_setting else "What came of it")
        self.table.setItem(row, 0, label)

        for column, text in enumerate(line.texts):
            item = QTableWidgetItem(text)
            item.setToolTip(tooltip(text))
            font = self._theme.font(12, bold=column == line.best)
            item.setFont(font)

            if column == line.best:
                item.setForeground(self._theme.color("best"))
                item.setToolTip(tooltip(f"{text}, the best of them"))

            self.table.setItem(row, column + 1, item)

        label.setFont(self._theme.font(12))

    def _swatch(self, number: int) -> QIcon:
        """Returns a bit of the run's line as it is in the plot."""
        theme = self._theme
        width, height = map(theme.px, SWATCH)
        picture = QPixmap(width, height)
        picture.fill(QColor(0, 0, 0, 0))
        painter = QPainter(picture)

        pen = QPen(series_color(theme, number), theme.px(2))
        if DASHES[number]:
            pen.setDashPattern(DASHES[number])

        painter.setPen(pen)
        painter.drawLine(
            QRectF(0, height / 2, width, 0).topLeft(), QRectF(0, height / 2, width, 0).topRight()
        )
        painter.end()

        return QIcon(picture)


def _table() -> QTableWidget:
    table = QTableWidget()
    table.setObjectName("runs.differences")
    table.setAccessibleName("Settings that differ, and figures")
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    table.setShowGrid(False)
    table.setFrameShape(QTableWidget.Shape.NoFrame)
    table.setWordWrap(False)
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.verticalHeader().hide()
    table.horizontalHeader().setDefaultAlignment(
        Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    )
    table.horizontalHeader().setHighlightSections(False)

    return table
