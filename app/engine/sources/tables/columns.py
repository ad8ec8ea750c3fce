"""A table as it was read: columns of texts, or of numbers where the file has a type for them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from app.engine.data.dates import date_format, to_days, to_later_days, to_seconds
from app.engine.data.kinds.row.compact_dates import are_many, format_of_numbers
from app.engine.data.numbers import (
    LARGEST,
    LARGEST_WHOLE,
    NO_NUMBER,
    NOTHING,
    NumberStyle,
    largest_of,
    plain,
    plain_numbers,
)
from app.engine.data.units import split_unit, to_amounts
from app.engine.data.values import unify

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from app.engine.data.dataset import Skipped
    from app.engine.sources.tables.dialect import Dialect

ColumnKind = Literal["empty", "number", "date", "text", "mixed", "nested"]

MOSTLY = 0.8
"""From this share of numbers on, a column with texts among them is thought to be one of numbers."""

SECONDS = "s"
"""The unit of durations and times of day."""


@dataclass(frozen=True)
class NonNumber:
    """A cell that is no number in a column of numbers. row: by position, see Table.row_name."""

    row: int
    text: str


@dataclass(frozen=True, eq=False)
class Column:
    """A column of texts, or of numbers where the file itself has them.

    stored_texts: (N,) Arrow large_string, trimmed, "" where there is nothing, perhaps in chunks:
    columns of numbers are not joined. values: (N,) float64 with NaN, instead of texts. style: how
    numbers are written in it. nested: whether it holds what is not read, such as lists of several
    lengths; unread: what that is. known_date: the format of its dates where that is known, "" where
    the cells tell. known_unit: the unit of its numbers where that stands elsewhere, or is expected.
    certain: whether it was one of numbers in training. list_name: of the lists of which it is one
    place, "" for none. nominal: whether its values are names, as the file says. separator: between
    the words of the lists in its cells, "" for none.
    """

    name: str
    style: NumberStyle
    stored_texts: Any = field(default=None, repr=False)
    values: np.ndarray | None = None
    nested: bool = False
    known_date: str = ""
    known_unit: str = ""
    certain: bool = False
    list_name: str = ""
    nominal: bool = False
    separator: str = ""
    unread: str = "it has lists or other nested values"

    def __len__(self) -> int:
        return len(self.values) if self.values is not None else len(self.stored_texts)

    @functools.cached_property
    def texts(self) -> Any:
        """The cells as texts, (N,) Arrow large_string; of numbers made from them."""
        import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

        if isinstance(self.stored_texts, pa.ChunkedArray):
            joined = pa.concat_arrays(self.stored_texts.chunks)
            # Of a large table both would not fit into memory.
            object.__setattr__(self, "stored_texts", joined)
        if self.stored_texts is not None:
            return self.stored_texts

        assert self.values is not None
        return pa.array([plain(value) for value in self.values.tolist()], pa.large_string())

    @property
    def some_texts(self) -> Any:
        """The cells as texts to look at some of them: perhaps in chunks, which are not joined."""
        return self.texts if self.stored_texts is None else self.stored_texts

    @functools.cached_property
    def numbers(self) -> tuple[np.ndarray, np.ndarray, int]:
        """The cells as numbers (N,) float64 with NaN where there is none.

        Then (N,) bool, whether a cell is there but no number, and how many are infinite.
        """
        if self.known_date and self.values is None:
            return to_later_days(self.texts, self.known_date)
        if self.date:
            return to_days(self.texts, self.date)
        if self.values is not None:
            values = self.values.copy()
            infinite = np.abs(values) > LARGEST
            values[infinite] = np.nan

            return values, np.zeros(len(values), bool), int(infinite.sum())

        return self._amounts[:3]

    @functools.cached_property
    def _amounts(self) -> tuple[np.ndarray, np.ndarray, int, str]:
        """What `units.to_amounts` makes of its texts, or durations in seconds."""
        numbers = plain_numbers(self.stored_texts, self.style)
        if numbers is not None:
            return (*numbers, "")

        amounts = to_amounts(self.texts, self.style, self.known_unit, self.certain)
        if not amounts[1].any() or amounts[3]:
            return amounts

        times = to_seconds(self.texts)
        if times is None or times[1].sum() >= amounts[1].sum():
            return amounts

        return *times, 0, SECONDS

    @property
    def unit(self) -> str:
        """The unit of its numbers, "" where they have none: "%" of "12.5 %", "$" of "$1,200"."""
        return self.found_unit or self.known_unit

    @property
    def found_unit(self) -> str:
        """The unit that stands in its cells, "" where there is none."""
        if self.values is not None or self.nested or self.date:
            return ""

        return self._amounts[3]

    @functools.cached_property
    def finite_texts(self) -> Any:
        """The cells as texts that name something, "" where there is no value.

        As `texts`, but in a column that is otherwise one of numbers "inf" is no name: it says that
        something was divided by zero. Beside other words it may be one, such as "inf" and "sup".
        """
        import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
        import pyarrow.compute as pc  # noqa: PLC0415 - as above

        if self.nested or not self.numbers[2] or not self._mostly_numbers():
            return self.texts

        return pc.if_else(pa.array(self.infinite), pa.scalar("", pa.large_string()), self.texts)

    def _mostly_numbers(self) -> bool:
        """Returns whether most of what is there are finite numbers."""
        values, non_number, _ = self.numbers
        finite = int(np.isfinite(values).sum())
        return finite > 0 and finite >= MOSTLY * (finite + int(non_number.sum()))

    @property
    def infinite(self) -> np.ndarray:
        """(N,) bool: numbers that are infinite, or too large to be one."""
        values, non_number, count = self.numbers
        if not count:
            return np.zeros(len(values), bool)
        if self.values is not None:  # no dates, of which none is infinite
            return np.asarray(np.abs(self.values) > LARGEST)

        present = np.array([text.lower() not in NO_NUMBER for text in self.texts.to_pylist()], bool)
        return np.asarray(np.isnan(values) & ~non_number & present)

    @functools.cached_property
    def date(self) -> str:
        """The format of its dates, "" where it has none.

        The first cells decide; all must be of the format.
        """
        if self.known_date or self.certain or self.nested:
            return self.known_date
        if self.values is not None:
            return format_of_numbers(self.values)

        few = self._first(8)
        if few and not date_format(few[:1]):
            return ""  # the quick way out for most columns

        form = date_format(self._first(200))
        if form and to_days(self.texts, form)[1].any():
            every = {
                text for text in self.texts.unique().to_pylist() if text.lower() not in NOTHING
            }
            return date_format(sorted(every))

        return form if not form or are_many(self.texts.unique(), form) else ""

    def _first(self, count: int) -> list[str]:
        """Returns the first cells, without those that stand for nothing."""
        texts = self.some_texts[:count].to_pylist()
        return [text for text in texts if text.lower() not in NOTHING]

    @functools.cached_property
    def factorized(self) -> tuple[np.ndarray, list[str]]:
        """Codes (N,) int64 and the distinct values that they number, by first appearance.

        -1 where there is no value. Several spellings of one value are one, see `values.unify`.
        """
        encoded = self.finite_texts.dictionary_encode()
        words = encoded.dictionary.to_pylist()
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)

        valid = [index for index, word in enumerate(words) if word.lower() not in NOTHING]
        present = [words[index] for index in valid]
        counts = np.bincount(codes, minlength=len(words))[valid].tolist()
        chosen = unify(present, counts, self.style)
        kept = {index: code for code, index in enumerate(dict.fromkeys(chosen))}

        new_codes = np.full(len(words) + 1, -1, np.int64)
        new_codes[valid] = [kept[index] for index in chosen]
        return new_codes[codes], [present[index] for index in kept]

    @property
    def labels(self) -> list[str]:
        """The value of each cell in the spelling that stands for it, "" where there is none."""
        codes, words = self.factorized
        spelled = [*words, ""]
        return [spelled[code] for code in codes.tolist()]

    @functools.cached_property
    def kind(self) -> ColumnKind:
        if self.nested:
            return "nested"
        if self.nominal:
            return "text" if self.factorized[1] else "empty"
        if self.date:
            return "date"
        if self.values is not None:
            return "number" if np.isfinite(self.values).any() else "empty"

        values, non_number, infinite = self.numbers
        finite = int(np.isfinite(values).sum())
        if finite == 0 and not infinite:
            return "text" if self.factorized[1] else "empty"
        if not non_number.any():
            return "text" if self._names_things(values) else "number"

        return "mixed" if self._mostly_numbers() else "text"

    def _names_things(self, values: np.ndarray) -> bool:
        """Returns whether these are whole numbers that would fall together as numbers."""
        if largest_of(values) < LARGEST_WHOLE:
            return False

        large = np.flatnonzero(np.abs(values) >= LARGEST_WHOLE)
        cells = self.texts.take(large[:100]).to_pylist()
        numbers = [split[1] for split in map(split_unit, cells) if split is not None]
        return any(self.style.plain(number).lstrip("+-").isdigit() for number in numbers)

    @property
    def numeric(self) -> bool:
        return self.kind in ("number", "date")

    @functools.cached_property
    def whole(self) -> bool:
        """Whether all numbers in it are whole."""
        values = self.numbers[0]
        finite = values[np.isfinite(values)]
        return bool(len(finite)) and bool((finite == np.rint(finite)).all()) and not self.date

    @functools.cached_property
    def present(self) -> np.ndarray:
        """(N,) bool: where there is a value."""
        return np.isfinite(self.numbers[0]) if self.numeric else self.factorized[0] >= 0

    @property
    def is_constant(self) -> bool:
        """Whether there is one distinct value. Amounts are not sorted for it, as for `distinct`."""
        if not self.numeric:
            return self.distinct == 1

        values = self.numbers[0]
        return bool(len(values)) and bool(np.fmin.reduce(values) == np.fmax.reduce(values))

    @functools.cached_property
    def distinct(self) -> int:
        """How many distinct values there are."""
        if not self.numeric:
            return len(self.factorized[1])

        values = self.numbers[0]
        return len(np.unique(values[np.isfinite(values)]))

    def non_numbers(self, most: int = 3) -> list[NonNumber]:
        """Returns the first cells that are no numbers."""
        return [
            NonNumber(row, self.some_texts[row].as_py())
            for row in np.flatnonzero(self.numbers[1])[:most].tolist()
        ]

    def take(self, rows: np.ndarray) -> Column:
        """Returns the column of these rows alone."""
        texts = None if self.stored_texts is None else self.texts.take(rows)
        values = None if self.values is None else self.values[rows]
        return replace(self, stored_texts=texts, values=values)

    def in_style(self, style: NumberStyle) -> Column:
        """Returns the column with its numbers written in this style; itself where they are."""
        return self if style == self.style else replace(self, style=style)


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length with unique names.

    row_numbers: (N,) of the rows in the file, from 1, the row of names among them. complete:
    whether all of the file was read. estimated: how many rows there may be. told: of a later table,
    sentences on what was taken for granted because of the training, each with the rows that it is
    about: (N,) bool.
    """

    path: str
    columns: tuple[Column, ...]
    row_numbers: np.ndarray
    dialect: Dialect
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    complete: bool = True
    estimated: int = 0
    told: tuple[tuple[str, np.ndarray], ...] = ()

    def __len__(self) -> int:
        return len(self.row_numbers)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @functools.cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def row_name(self, row: int) -> str:
        """Returns what a row is called for a person: "row 17"."""
        return f"row {int(self.row_numbers[row])}"

    def told_of(self, row: int) -> str:
        """Returns the sentences that a row is told with its answer, "" without any."""
        return " ".join(sentence for sentence, rows in self.told if rows[row])

    def take(self, rows: np.ndarray) -> Table:
        """Returns the table of these rows alone."""
        columns = tuple(column.take(rows) for column in self.columns)
        told = tuple((sentence, of[rows]) for sentence, of in self.told)
        return replace(self, columns=columns, row_numbers=self.row_numbers[rows], told=told)

    def cells(self, most: int) -> list[list[str]]:
        """Returns the first rows as texts."""
        shown = [
            column.some_texts[:most].to_pylist()
            if not column.nested
            else ["…"] * min(most, len(self))
            for column in self.columns
        ]
        return [list(row) for row in zip(*shown, strict=True)]

    def raw_rows(self, words: Collection[str] = ()) -> Iterator[dict[str, float | str]]:
        """Yields every row as `RowPreparation.array` takes it.

        Numbers and dates as numbers, however this file writes them, and NaN where they are missing;
        everything else as its text. words: columns whose numbers are names of something, such as
        "01", and stay as they are written.
        """
        cells = [
            column.finite_texts.to_pylist() if column.name in words else _raw_cells(column)
            for column in self.columns
        ]
        for row in zip(*cells, strict=True):
            yield dict(zip(self.column_names, row, strict=True))


def _raw_cells(column: Column) -> list[Any]:
    """Returns the cells as numbers, and as texts where they are none."""
    if column.nested or column.kind == "text":
        return list(column.texts.to_pylist())

    numbers, non_number, _ = column.numbers
    cells: list[Any] = numbers.tolist()
    for row in np.flatnonzero(non_number).tolist():
        cells[row] = column.texts[row].as_py()

    return cells
