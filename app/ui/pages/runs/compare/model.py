"""The table of a comparison: a run a row, the settings that differ first, then the figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.engine.learning.metrics import metric_text
from app.engine.runs.comparison import best_index
from app.engine.text import UNKNOWN, count_text, duration_text, number_text
from app.ui.pages.runs.compare.subjects import Compared
from app.ui.pages.runs.entries import common_metric
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from PySide6.QtGui import QColor, QIcon

    from app.engine.learning.metrics import Metric
    from app.ui.pages.runs.entries import Entry
    from app.ui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex
NAME = 0


@dataclass(frozen=True)
class Column:
    """A column: a value for each run.

    texts: the values in words. keys: what they are sorted by; numbers before words, what is not
    known last. best: the number of the best run, None for none. setting: its place among the
    settings that differ, -1 for a figure.
    """

    title: str
    texts: tuple[str, ...]
    keys: tuple[Any, ...]
    best: int | None = None
    setting: int = -1


@dataclass(frozen=True)
class Row:
    """A line of the table: a run by its number, or the head of a group, which has no number."""

    number: int
    group: str = ""


def columns_of(runs: Compared) -> list[Column]:
    """Returns the columns: names, settings that differ, and figures that any run has.

    Settings that only some runs have, such as those of another optimizer, come last.
    """
    found = [Column("Run", runs.labels, tuple(label.casefold() for label in runs.labels))]
    of_all: list[Column] = []
    of_some: list[Column] = []
    for place, row in enumerate(runs.rows):
        keys = tuple(_key(value) for value in row.values)
        columns = of_some if UNKNOWN in row.texts else of_all
        columns.append(Column(row.label, row.texts, keys, setting=place))

    found += of_all

    entries = [subject.entry for subject in runs.subjects]
    metric = common_metric(entries) if entries else None
    if metric is not None:
        found += _metric_columns(entries, metric)

    found += [
        _column("Validation loss", [entry.loss for entry in entries], number_text, "lower"),
        _column("Best epoch", [_epoch(entry, entry.best_epoch) for entry in entries], str),
        _column("Epochs", [_epoch(entry, len(entry.losses)) for entry in entries], str),
        _column("Time", [entry.seconds for entry in entries], duration_text, "lower"),
        Column(
            "State",
            tuple(entry.status_words for entry in entries),
            tuple((1, entry.status) for entry in entries),
        ),
    ]
    return [
        column
        for column in (*found, *of_some)
        if column.setting >= 0 or any(text != UNKNOWN for text in column.texts)
    ]


def _epoch(entry: Entry, epoch: int) -> int | None:
    return epoch if epoch and entry.epochs_known else None


def _metric_columns(entries: Sequence[Entry], metric: Metric) -> list[Column]:
    words = partial(metric_text, metric.name)
    test = [(entry.metrics.get("test") or {}).get(metric.name) for entry in entries]
    return [
        _column(f"Validation {metric.label}", [e.figure for e in entries], words, metric.better),
        _column(f"Test {metric.label}", test, words, metric.better),
    ]


def _column(
    title: str,
    values: Sequence[float | None],
    words: Callable[[Any], str],
    better: Literal["higher", "lower"] | None = None,
) -> Column:
    texts = tuple(words(value) if value is not None else UNKNOWN for value in values)
    best = best_index(values, better, texts) if better is not None else None
    return Column(title, texts, tuple(_key(value) for value in values), best)


def _key(value: Any) -> tuple[int, Any]:
    """Returns what a value is sorted by: numbers, then words, then what is not known."""
    if isinstance(value, bool):
        return 0, float(value)
    if isinstance(value, int | float) and math.isfinite(value):
        return 0, float(value)
    if value is None or isinstance(value, float):
        return 2, ""

    return 1, str(value).casefold()


class CompareModel(QAbstractTableModel):
    """The runs of a comparison as rows: sorted, filtered, and in groups by a setting.

    Emits layoutChanged where other rows are shown.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.runs = Compared()
        self.columns: list[Column] = []
        self.rows: list[Row] = []
        self.group = -1
        """The column by which runs are grouped, -1 for none."""
        self._words: tuple[str, ...] = ()
        self._order = (-1, Qt.SortOrder.AscendingOrder)
        self._icons: dict[int, QIcon] = {}

    @property
    def shown(self) -> tuple[int, ...]:
        """The numbers of the runs that pass the filter, in the order of the table."""
        return tuple(row.number for row in self.rows if row.number >= 0)

    def show(self, runs: Compared) -> None:
        """Shows these runs; the grouping stays where there is such a column."""
        title = self.columns[self.group].title if self.group >= 0 else ""
        self.beginResetModel()
        self.runs = runs
        self.columns = columns_of(runs)
        titles = [column.title for column in self.columns]
        self.group = titles.index(title) if title in titles else -1
        self._order = (-1, Qt.SortOrder.AscendingOrder)
        self.rows = self._arranged()
        self.endResetModel()

    def set_filter(self, text: str) -> None:
        """Shows only runs of which some cells have all of these words."""
        self._words = tuple(text.casefold().split())
        self._arrange()

    def set_group(self, column: int) -> None:
        """Groups the runs by the value of a column; -1 for no groups."""
        self.group = column
        self._arrange()

    def set_icons(self, icons: dict[int, QIcon]) -> None:
        """Takes the bit of a line that stands before the name of each run."""
        self._icons = icons
        if self.rows:
            last = self.index(len(self.rows) - 1, NAME)
            self.dataChanged.emit(self.index(0, NAME), last, [Qt.ItemDataRole.DecorationRole])

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by a column, within each group; -1 is the order in which runs were chosen."""
        self._order = (column, order)
        self._arrange()

    def _arrange(self) -> None:
        self.beginResetModel()
        self.rows = self._arranged()
        self.endResetModel()

    def _arranged(self) -> list[Row]:
        numbers = [number for number in range(len(self.runs.subjects)) if self._passes(number)]
        column, order = self._order
        if 0 <= column < len(self.columns):
            keys = self.columns[column].keys
            numbers.sort(
                key=lambda number: keys[number], reverse=order is Qt.SortOrder.DescendingOrder
            )

        if self.group < 0:
            return [Row(number) for number in numbers]

        grouped = self.columns[self.group]
        groups: dict[str, list[int]] = {}
        for number in sorted(numbers, key=lambda number: grouped.keys[number]):
            groups.setdefault(grouped.texts[number], [])
        for number in numbers:
            groups[grouped.texts[number]].append(number)

        return [
            row
            for text, members in groups.items()
            for row in (
                Row(-1, self._group_words(grouped.title, text, members)),
                *(Row(number) for number in members),
            )
        ]

    def _group_words(self, title: str, text: str, members: Sequence[int]) -> str:
        """Returns the head of a group: what they share, how many there are, their mean figure."""
        words = f"{title}: {text}, {count_text(len(members), 'run')}"
        entries = [self.runs.subjects[number].entry for number in members]
        metric = common_metric(entries)
        known = [entry.figure for entry in entries if entry.figure is not None]
        if metric is None or len(known) < 2:
            return words

        mean = sum(known) / len(known)
        return f"{words}, mean validation {metric.label} {metric_text(metric.name, mean)}"

    def _passes(self, number: int) -> bool:
        text = " ".join(column.texts[number] for column in self.columns).casefold()
        return all(word in text for word in self._words)

    # --- Qt

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            if section == NAME:
                return tooltip("The name of the run")

            is_setting = self.columns[section].setting >= 0
            return tooltip("A setting that differs" if is_setting else "A figure")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and self.rows[index.row()].number < 0:
            return Qt.ItemFlag.ItemIsEnabled

        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None

        row = self.rows[index.row()]
        if row.number < 0:
            return self._head(row, index.column(), role)

        column = self.columns[index.column()]
        is_best = column.best == row.number
        text = column.texts[row.number]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return text
        if role == Qt.ItemDataRole.DecorationRole and index.column() == NAME:
            return self._icons.get(row.number)
        if role == Qt.ItemDataRole.ToolTipRole:
            if index.column() == NAME:
                subject = self.runs.subjects[row.number]
                parts = (self.runs.names[row.number], str(subject.entry.path), subject.trouble)
                return tooltip("\n".join(part for part in parts if part))
            return tooltip(f"{text}, the best of them" if is_best else text)
        if role == Qt.ItemDataRole.ForegroundRole and is_best:
            return self._color("best")
        if role == Qt.ItemDataRole.FontRole:
            return self._theme.font(12, bold=is_best)

        return None

    def _head(self, row: Row, column: int, role: int) -> Any:
        """Returns the head of a group, which stands in the first cell."""
        if column == NAME and role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            return row.group
        if role == Qt.ItemDataRole.FontRole:
            return self._theme.font(12, bold=True)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._color("secondary")

        return None

    def _color(self, role: str) -> QColor:
        return self._theme.color(role)
