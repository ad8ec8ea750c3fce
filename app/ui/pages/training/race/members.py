"""The members of a race as a table: while they run what each one does, at the end what came of it.

Settings that differ come first, figures after them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QIcon,
    QKeyEvent,
    QPainter,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.engine.experiment.differences import KIND
from app.engine.learning.metrics import metric_text
from app.engine.runs.comparison import best_index
from app.engine.text import UNKNOWN, bytes_text, duration_text, number_text, times_text
from app.ui.pages.runs.overlay import DASHES, series_color
from app.ui.state.race import Member, RaceState, examples_of
from app.ui.text.literal import tooltip
from app.ui.text.short_names import alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.differences import SettingRow
    from app.ui.style.theme import Theme

ROW = 28
NAME = 190
"""Height of a row, and the widest that a name or a text makes a column, in pixels at 100 %."""

FEW_SETTINGS = 3
"""Differing settings that are shown before the figures; the others stand behind them."""


@dataclass(frozen=True)
class Column:
    """One column: its head, what it means, and a text for each member.

    best: the index of the member that is best in it, None for none.
    """

    label: str
    tip: str
    texts: tuple[str, ...]
    best: int | None = None


def columns_of(race_state: RaceState, losses: Sequence[float]) -> list[Column]:
    """Returns the columns. losses: the training loss of each member as the plot averages it."""
    members = race_state.members
    # The kinds are in the names of the variants; settings that all of them have come first.
    rows = [row for row in race_state.differences if row.name != KIND]
    shared = [row for row in rows if None not in row.values]
    rest = [row for row in rows if row not in shared]

    columns = [_setting(row) for row in shared[:FEW_SETTINGS]]
    columns += [_state(members), *_figures(race_state, losses), *_costs(members)]
    return columns + [_setting(row) for row in (*shared[FEW_SETTINGS:], *rest)]


def _setting(row: SettingRow) -> Column:
    return Column(row.label, f"A setting of [{row.section}] that differs.", row.texts)


def _state(members: Sequence[Member]) -> Column:
    return Column(
        "State", "What it does now, or how it ended.", tuple(member.state for member in members)
    )


def _figures(race_state: RaceState, losses: Sequence[float]) -> list[Column]:
    members = race_state.members
    metric = members[0].variant.task.headline
    best = [member.record.best for member in members]
    label = f"{metric.label[:1].upper()}{metric.label[1:]}"

    def words(name: str, value: float | None) -> str:
        return UNKNOWN if value is None else metric_text(name, value)

    headlines = [member.headline for member in members]
    validation = [epoch.validation_loss if epoch is not None else None for epoch in best]
    one_loss = len({member.variant.resolved.loss for member in members}) == 1

    return [
        Column(
            f"{label}, best epoch",
            f"{label} on validation, of its best epoch: the one with the lowest validation "
            f"loss, unless the run is judged by its figure. {metric.help}".strip(),
            tuple(words(metric.name, value) for value in headlines),
            best_index(headlines, metric.better),
        ),
        Column(
            "at epoch",
            "Its best epoch so far.",
            tuple(str(epoch.epoch) if epoch else UNKNOWN for epoch in best),
        ),
        Column(
            "Validation loss",
            "Of its best epoch.",
            tuple(number_text(value) for value in validation),
            best_index(validation, "lower") if one_loss else None,
        ),
        Column(
            "Training loss",
            "Smoothed, as it stands now or stood at the end.",
            tuple(number_text(value) for value in losses),
        ),
    ]


def _costs(members: Sequence[Member]) -> list[Column]:
    seconds = [_seconds(member) for member in members]
    return [
        Column(
            "Own time",
            "Seconds of its own work; waiting for the others does not count.",
            tuple(duration_text(value) for value in seconds),
        ),
        Column(
            "Examples/s",
            "Of its own training steps.",
            tuple(examples_of(member) for member in members),
        ),
        Column(
            "Memory",
            "The peak of this training by itself: measured, on a GPU predicted, since all share "
            "it.",
            tuple(bytes_text(_peak(member)) for member in members),
        ),
        Column(
            "Floats/weight",
            "Weight, gradient and what the optimizer keeps of each weight.",
            tuple(
                times_text(member.setup.floats) if member.setup.floats else UNKNOWN
                for member in members
            ),
        ),
    ]


def _seconds(member: Member) -> float | None:
    record = member.record
    if record.finished is not None and record.finished.summary:
        value = record.finished.summary.get("seconds")
        return float(value) if value else None

    return record.latest.elapsed if record.latest is not None else None


def _peak(member: Member) -> float | None:
    """Returns the peak of a member, in bytes.

    On a GPU it is the predicted one: the allocator counts what all members hold.
    """
    record = member.record
    if record.prepared is None:
        return None

    on_cpu = record.prepared.device.upper().startswith("CPU")
    measured = [reading.rows.get("peak") for reading in record.memory] if on_cpu else []
    known = [value for value in measured if value is not None]

    return max(known) if known else record.prepared.predicted.get("peak")


class MembersTable(QTableWidget):
    """A row a member.

    chosen(member): another row was chosen. opened(member): Enter or a double click on it.
    """

    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._columns: list[Column] = []
        self._names: tuple[str, ...] = ()
        self.setObjectName("race.lanes")
        self.setAccessibleName("The variants of the race")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemSelectionChanged.connect(self._choose)
        self.cellDoubleClicked.connect(lambda row, _: self.opened.emit(row))
        theme.changed.connect(self._restyle)

    @property
    def member(self) -> int:
        """The row that is chosen, the first if none."""
        return max(0, self.currentRow())

    def show_race(self, race_state: RaceState, losses: Sequence[float]) -> None:
        columns = columns_of(race_state, losses)
        names = tuple(variant.name for variant in race_state.variants)
        if columns == self._columns and names == self._names:
            return

        labels = [column.label for column in columns]
        if labels != [column.label for column in self._columns] or names != self._names:
            self._begin(names, columns)

        for number, column in enumerate(columns, 1):
            old = self._columns[number - 1] if number <= len(self._columns) else None
            if column != old or self.item(0, number) is None:
                self._fill(number, column)

        self._columns = columns
        self._names = names
        self._measure()

    def _begin(self, names: tuple[str, ...], columns: list[Column]) -> None:
        """Makes the rows and columns of another race."""
        blocked = self.blockSignals(True)
        self.clear()
        self._columns = []
        self.setRowCount(len(names))
        self.setColumnCount(len(columns) + 1)
        self.setHorizontalHeaderItem(0, QTableWidgetItem("Variant"))

        for number, column in enumerate(columns, 1):
            head = QTableWidgetItem(column.label)
            head.setToolTip(tooltip(column.tip))
            self.setHorizontalHeaderItem(number, head)

        font = self._theme.font(12, bold=True)
        room = self._theme.px(NAME)
        for row, name in enumerate(names):
            shown = alike(names).short(name, QFontMetrics(font), room)
            item = QTableWidgetItem(swatch(self._theme, row), shown)
            item.setToolTip(tooltip(name))
            item.setFont(font)
            self.setItem(row, 0, item)

        self.selectRow(0)
        self.blockSignals(blocked)

    def _fill(self, number: int, column: Column) -> None:
        theme = self._theme
        for row, text in enumerate(column.texts):
            item = self.item(row, number)
            if item is None:
                item = QTableWidgetItem()
                self.setItem(row, number, item)

            best = row == column.best
            if item.text() != text:
                item.setText(text)

            item.setFont(theme.font(12, bold=best))
            item.setForeground(theme.color("best" if best else "text"))
            item.setToolTip(tooltip(f"{text}, the best of them" if best else text))

    def _measure(self) -> None:
        """Makes the table as high as its rows, and each column as wide as its longest word.

        So most columns are in sight.
        """
        theme = self._theme
        header = self.horizontalHeader()
        self.setIconSize(QSize(theme.px(26), theme.px(12)))
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW))
        plain = QFontMetrics(theme.font(12))
        bold = QFontMetrics(theme.font(12, bold=True))
        widest = max((bold.horizontalAdvance(name) for name in self._names), default=0)

        widths = [min(theme.px(NAME), widest) + theme.px(50)]
        for column in self._columns:
            texts = max(bold.horizontalAdvance(text) for text in column.texts)
            widths.append(
                max(plain.horizontalAdvance(column.label), min(theme.px(NAME), texts))
                + theme.px(18)
            )

        for number, width in enumerate(widths):
            if self.columnWidth(number) < width or self.columnWidth(number) > width + theme.px(24):
                self.setColumnWidth(number, width)

        bar = (
            self.horizontalScrollBar().sizeHint().height()
            if sum(widths) > self.viewport().width()
            else 0
        )
        height = header.sizeHint().height() + theme.px(ROW) * self.rowCount() + bar + theme.px(2)
        if height != self.height():
            self.setFixedHeight(height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._columns:
            self._measure()

    def _restyle(self) -> None:
        columns = self._columns
        names = self._names
        member = self.member
        if names:
            self._columns = []
            self._begin(names, columns)

            for number, column in enumerate(columns, 1):
                self._fill(number, column)

            self._columns = columns
            self._measure()
            blocked = self.blockSignals(True)
            self.selectRow(member)
            self.blockSignals(blocked)

    def choose(self, member: int) -> None:
        """Chooses a row without emitting `chosen`."""
        if member != self.member or not self.selectedItems():
            blocked = self.blockSignals(True)
            self.selectRow(member)
            self.blockSignals(blocked)

    def _choose(self) -> None:
        if self.selectedItems():
            self.chosen.emit(self.member)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.member)
        else:
            super().keyPressEvent(event)


def swatch(theme: Theme, member: int) -> QIcon:
    """Returns a bit of the member's line with its marker, as in the plots."""
    width = theme.px(26)
    height = theme.px(12)
    picture = QPixmap(width, height)
    picture.fill(QColor(0, 0, 0, 0))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = series_color(theme, member)

    pen = QPen(color, theme.px(2))
    if DASHES[member]:
        pen.setDashPattern(DASHES[member])

    painter.setPen(pen)
    middle = height / 2
    size = height * 0.38
    painter.drawLine(QPointF(0, middle), QPointF(width, middle))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)

    x = width / 2
    if member == 0:
        painter.drawEllipse(QPointF(x, middle), size, size)
    else:
        corners = {
            1: ((-1, -1), (1, -1), (1, 1), (-1, 1)),
            2: ((-1.1, -1), (1.1, -1), (0, 1)),
            3: ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
        }[member]
        painter.drawPolygon(
            QPolygonF([QPointF(x + size * dx, middle + size * dy) for dx, dy in corners])
        )

    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # Qt would tint it

    return icon
