"""Answers beside their examples, kept in a file without a name: any number in little memory."""

from __future__ import annotations

import bisect
import json
import tempfile
import threading
import weakref
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine.data.numbers import LARGEST_WHOLE
from app.engine.files import disk_error, json_text
from app.engine.predicting.open_source import USUAL_STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.engine.predicting.open_source import CsvStyle, OpenSource
    from app.engine.predicting.predicting import AnsweredRow

EXAMPLE = "example"
PROBLEM = "problem"

_NOTHING = 0
_WHOLE = 1
_FRACTION = 2
_TEXT = 3


@dataclass(frozen=True)
class KeptRow:
    """An example as cells, its answer as cells, None without one, and what is told of it."""

    example: list[Any]
    answer: list[Any] | None
    problem: str


class AnswerStore:
    """Takes answers in, one batch after another, and hands them out again.

    heads: the headings of the cells before the answers; None where there are names of examples
    instead. columns: the headings of the answers. style: of the table of the examples. rows: how
    many were taken in; unanswered: of these, how many have no answer; told: how many have a
    problem, answered or not; told_rows: their places. It may be read while it grows, also from
    another thread.
    """

    def __init__(
        self,
        heads: Sequence[str] | None,
        columns: Sequence[str],
        style: CsvStyle = USUAL_STYLE,
    ) -> None:
        self._beside = heads is not None
        self.heads = tuple(heads) if heads is not None else (EXAMPLE,)
        self.columns = tuple(_free_names(columns, self.heads))
        self.style = style
        self.rows = 0
        self.unanswered = 0
        self.told = 0
        self.told_rows = array("q")
        self._kinds = [_NOTHING] * (len(self.heads) + len(self.columns))
        self._firsts: list[int] = []
        self._places: list[tuple[int, int]] = []
        self._lock = threading.Lock()
        self._last: tuple[int, list[KeptRow]] = (-1, [])
        self._file = tempfile.TemporaryFile(prefix="netwright-answers-")  # noqa: SIM115 - kept open
        self._forget = weakref.finalize(self, self._file.close)

    @classmethod
    def beside(cls, opened: OpenSource, columns: Sequence[str], alone: bool) -> AnswerStore:
        """Returns a store for the rows of a table, if it is the only source, else for examples."""
        if alone and opened.heads is not None:
            return cls(opened.heads, columns, opened.style)

        return cls(None, columns)

    def add(self, opened: OpenSource, rows: Sequence[AnsweredRow]) -> None:
        """Takes a batch in. Raises UserError where the disk is full."""
        kept = [self._kept(opened, row) for row in rows]
        told = [self.rows + place for place, row in enumerate(kept) if row[2]]
        # Names of files need not be text, and what is not finite has no place in JSON.
        content = json_text(kept).encode("utf-8", "surrogatepass")
        with self._lock:
            try:
                start = self._file.seek(0, 2)
                self._file.write(content)
            except OSError as error:
                raise disk_error(error, Path(tempfile.gettempdir())) from error

            # Whoever reads meanwhile sees no row before it is there.
            self._firsts.append(self.rows)
            self._places.append((start, len(content)))
            self.rows += len(rows)
            self.unanswered += sum(row[1] is None for row in kept)
            self.told_rows.extend(told)
            self.told += len(told)

    def _kept(self, opened: OpenSource, row: AnsweredRow) -> list[Any]:
        """Returns the fields of a KeptRow."""
        answered = row.answered
        name = f"{opened.name} {answered.name}" if opened.many else answered.name
        cells = list(row.cells) if self._beside else [name]
        answer = answered.cells
        self._see(cells, answer or ())
        return [cells, None if answer is None else list(answer), answered.problem]

    def _see(self, cells: Sequence[Any], answer: Sequence[Any]) -> None:
        """Notes which sorts of values the columns have."""
        kinds = [*map(_kind, cells), *(_kind(value, measured=True) for value in answer)]
        for index, kind in enumerate(kinds):
            self._kinds[index] = max(self._kinds[index], kind)

    @property
    def problem_heads(self) -> tuple[str, ...]:
        """The heading over what is told of examples, () where nothing is told."""
        return tuple(_free_names((PROBLEM,), (*self.heads, *self.columns))) if self.told else ()

    @property
    def sorts(self) -> list[str]:
        """Of every column, heads first: "whole", "fraction" or "text"."""
        words = {_WHOLE: "whole", _FRACTION: "fraction"}
        return [words.get(kind, "text") for kind in self._kinds]

    def row(self, index: int) -> KeptRow:
        """Returns one row. Raises UserError where it cannot be read again."""
        batch = bisect.bisect_right(self._firsts, index) - 1
        if self._last[0] != batch:
            self._last = (batch, self._batch(batch))

        return self._last[1][index - self._firsts[batch]]

    def __iter__(self) -> Iterator[list[KeptRow]]:
        """Yields all rows, batch after batch. Raises like `row`."""
        for batch in range(len(self._places)):
            yield self._batch(batch)

    def _batch(self, batch: int) -> list[KeptRow]:
        start, size = self._places[batch]
        with self._lock:
            try:
                self._file.seek(start)
                content = self._file.read(size)
            except OSError as error:
                raise disk_error(error, Path(tempfile.gettempdir())) from error

        rows = json.loads(content.decode("utf-8", "surrogatepass"))
        return [KeptRow(*row) for row in rows]

    def close(self) -> None:
        """Forgets all answers."""
        self._forget()


def _kind(value: Any, measured: bool = False) -> int:
    """Returns which sort of value it is. measured: whether a float is whole by chance only."""
    if value is None:
        return _NOTHING
    if isinstance(value, str):
        return _TEXT

    by_chance = measured and isinstance(value, float)
    whole = abs(value) < LARGEST_WHOLE and float(value).is_integer() and not by_chance
    return _WHOLE if whole else _FRACTION


def _free_names(columns: Sequence[str], heads: Sequence[str]) -> list[str]:
    """Returns the names of columns, with a number where there is such a column already."""
    names: list[str] = []
    for name in columns:
        free = name
        number = 2
        while free in heads or free in names:
            free = f"{name} ({number})"
            number += 1

        names.append(free)

    return names
