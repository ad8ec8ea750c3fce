"""A table as it was read: columns of texts, or of numbers where the file has a type for them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from app.engine.data.numbers import (
    LARGEST,
    NO_NUMBER,
    NOTHING,
    NumberStyle,
    date_format,
    plain,
    to_days,
    to_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from app.engine.data.dataset import Skipped

Kind = Literal["empty", "number", "date", "text", "mixed", "nested"]
MOSTLY = 0.8
"""From this share on a column with texts among its numbers is thought to be one of numbers."""

PREVIEW_CELLS = 2_000_000
"""So many cells are read at most where only the first rows are asked for."""


def limited(most: int | None, width: int) -> int | None:
    """The rows to read of a table of so many columns: as asked for, or fewer where they would be
    too many cells.
    """
    return None if most is None else max(1, min(most, PREVIEW_CELLS // max(1, width)))


@dataclass(frozen=True)
class Odd:
    """A cell that is no number in a column of numbers.

    row: as a person counts, see Table.row_of.
    """

    place: int
    text: str


@dataclass(frozen=True, eq=False)
class Column:
    """texts: (N,) Arrow large_string, trimmed, "" where there is nothing.

    values: (N,) float64 with NaN, where the file itself has numbers; then texts are made of them.
    style: how numbers are written in it. nested: lists and such.
    """

    name: str
    style: NumberStyle
    given: Any = field(default=None, repr=False)
    values: np.ndarray | None = None
    whole_type: bool = False
    nested: bool = False

    def __len__(self) -> int:
        return len(self.values) if self.values is not None else len(self.given)

    @functools.cached_property
    def texts(self) -> Any:
        import pyarrow as pa

        if self.given is not None:
            return self.given

        assert self.values is not None
        return pa.array([plain(value) for value in self.values.tolist()], pa.large_string())

    @functools.cached_property
    def numbers(self) -> tuple[np.ndarray, np.ndarray, int]:
        """(values (N,) float64 with NaN, whether a cell is there but no number (N,), how many are
        infinite).
        """
        if self.values is not None:
            values = self.values.copy()
            infinite = np.abs(values) > LARGEST
            values[infinite] = np.nan

            return values, np.zeros(len(values), bool), int(infinite.sum())

        return to_days(self.texts, self.date) if self.date else to_numbers(self.texts, self.style)

    @property
    def infinite(self) -> np.ndarray:
        """(N,) bool: numbers that are infinite, or too large to be one."""
        values, odd, count = self.numbers
        if not count:
            return np.zeros(len(values), bool)
        if self.values is not None:
            return np.abs(self.values) > LARGEST

        there = np.array([text.lower() not in NO_NUMBER for text in self.texts.to_pylist()], bool)
        return np.isnan(values) & ~odd & there

    @functools.cached_property
    def date(self) -> str:
        """The format of the dates in it, "" where it has none.

        Told by the first cells, held by all.
        """
        if self.values is not None or self.nested:
            return ""

        few = self._first(8)
        if few and not date_format(few[:1]):
            return ""  # most columns are told so, quickly

        form = date_format(self._first(200))
        if form and to_days(self.texts, form)[1].any():
            every = {
                text for text in self.texts.unique().to_pylist() if text.lower() not in NOTHING
            }
            return date_format(sorted(every))

        return form

    def _first(self, count: int) -> list[str]:
        """What stands in the first cells, where something does."""
        return [text for text in self.texts[:count].to_pylist() if text.lower() not in NOTHING]

    @functools.cached_property
    def coded(self) -> tuple[np.ndarray, list[str]]:
        """(N,) int64 places in the list of different texts, by first appearance; -1 where there is
        no value.
        """
        found = self.texts.dictionary_encode()
        words = found.dictionary.to_pylist()
        codes = found.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        kept = [place for place, word in enumerate(words) if word.lower() not in NOTHING]
        table = np.full(len(words) + 1, -1, np.int64)
        table[kept] = np.arange(len(kept))

        return table[codes], [words[place] for place in kept]

    @functools.cached_property
    def kind(self) -> Kind:
        if self.nested:
            return "nested"
        if self.values is not None:
            return "number" if np.isfinite(self.values).any() else "empty"
        if self.date:
            return "date"

        values, odd, infinite = self.numbers
        right = int(np.isfinite(values).sum())
        if right == 0 and not infinite:
            return "text" if self.coded[1] else "empty"
        if not odd.any():
            return "number"

        return "mixed" if right >= MOSTLY * (right + int(odd.sum())) else "text"

    @property
    def numeric(self) -> bool:
        return self.kind in ("number", "date")

    @functools.cached_property
    def whole(self) -> bool:
        """Whether all numbers in it are whole."""
        values = self.numbers[0]
        found = values[np.isfinite(values)]
        return bool(len(found)) and bool((found == np.rint(found)).all()) and not self.date

    @functools.cached_property
    def present(self) -> np.ndarray:
        """(N,) bool: where there is a value."""
        return np.isfinite(self.numbers[0]) if self.numeric else self.coded[0] >= 0

    @functools.cached_property
    def different(self) -> int:
        """How many different values there are."""
        if not self.numeric:
            return len(self.coded[1])

        values = self.numbers[0]
        return len(np.unique(values[np.isfinite(values)]))

    def odd(self, most: int = 3) -> list[Odd]:
        """The first cells that are no numbers."""
        return [
            Odd(int(place), self.texts[int(place)].as_py())
            for place in np.flatnonzero(self.numbers[1])[:most]
        ]

    def take(self, rows: np.ndarray) -> Column:
        given = None if self.given is None else self.given.take(rows)
        values = None if self.values is None else self.values[rows]
        return Column(self.name, self.style, given, values, self.whole_type, self.nested)


@dataclass(frozen=True)
class Manner:
    """How a table is written.

    reasons: setting -> the words for a person ("semicolons: ..."), of what applies to it.
    """

    sort: str
    header: bool
    style: NumberStyle
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Table:
    """columns: of one length, names unique.

    row_numbers: (N,) of the rows as a person counts them in the file, from 1, the head among them.
    complete: whether everything was read. estimated: how many rows there may be.
    """

    path: str
    columns: tuple[Column, ...]
    row_numbers: np.ndarray
    manner: Manner
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    complete: bool = True
    estimated: int = 0

    def __len__(self) -> int:
        return len(self.row_numbers)

    @property
    def heads(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @functools.cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def row_of(self, place: int) -> str:
        """What a row is called: "row 17"."""
        return f"row {int(self.row_numbers[place])}"

    def take(self, rows: np.ndarray) -> Table:
        """The table of these places alone."""
        columns = tuple(column.take(rows) for column in self.columns)
        return Table(
            self.path,
            columns,
            self.row_numbers[rows],
            self.manner,
            self.skipped,
            self.notes,
            self.complete,
            self.estimated,
        )

    def cells(self, most: int) -> list[list[str]]:
        """The first rows as texts."""
        shown = [
            column.texts[:most].to_pylist() if not column.nested else ["…"] * min(most, len(self))
            for column in self.columns
        ]
        return [list(row) for row in zip(*shown, strict=True)]

    def raws(self, words: Collection[str] = ()) -> Iterator[dict[str, float | str]]:
        """Every row as `RowPreparation.array` takes it: numbers as numbers, whatever signs this
        file writes them with, and NaN where they are missing; everything else as its text.
        words: columns whose numbers are names of something, such as "01", and stay as they are
        written.
        """
        ready: list[Sequence[Any]] = [
            column.numbers[0].tolist()
            if column.kind == "number" and column.name not in words
            else column.texts.to_pylist()
            for column in self.columns
        ]
        for row in zip(*ready, strict=True):
            yield dict(zip(self.heads, row, strict=True))


def unique_heads(heads: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Names for all columns, made unique, and sentences on what was done."""
    found: list[str] = []
    taken: set[str] = set()
    doubled: list[str] = []
    unnamed = 0

    wanted = {head for head in heads if head}
    for place, head in enumerate(heads, 1):
        name = head or f"column {place}"
        number = 1
        unnamed += not head

        while name in taken or (number > 1 and name in wanted):
            number += 1
            name = f"{head or f'column {place}'} ({number})"

        if number > 1:
            doubled.append(name)

        taken.add(name)
        found.append(name)

    notes = []
    if doubled:
        shown = ", ".join(f"'{name}'" for name in doubled[:5]) + (" …" if len(doubled) > 5 else "")
        notes.append(f"Several columns have one name; the later ones are called {shown}.")

    if unnamed and unnamed < len(heads):
        notes.append(
            f"{unnamed:,} {'column has' if unnamed == 1 else 'columns have'} no name and "
            f"{'is' if unnamed == 1 else 'are'} numbered."
        )

    return tuple(found), notes
