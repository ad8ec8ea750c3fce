"""JSON: an object a line (JSON Lines), or one list of objects, each of which is a row."""

from __future__ import annotations

import io
import itertools
import json
from typing import TYPE_CHECKING, Any, ClassVar

from app.engine.errors import UserError
from app.engine.files import json_text, open_regular
from app.engine.foreign import foreign_reader
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.arrow_cells import Cells, cells_of
from app.engine.sources.tables.delimiters import LINE_LIMIT
from app.engine.sources.tables.doors.door import Door
from app.engine.sources.tables.growth import Growth
from app.engine.sources.tables.row_limit import rows_within_limit
from app.engine.sources.tables.written.column_names import refuse_many_columns
from app.engine.sources.tables.written.table import table_of_cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Table

REMEDY = "Save it again with one object a line, or as a list of objects."

PART = 1 << 20
"""Characters of a list that are read at a time."""

DEEPEST = 8
"""Objects within objects become columns "a.b" down to this depth."""

CHECKED_EVERY = 4096
"""Rows between two looks at whether reading is cancelled."""

CELL_BYTES = 80
"""Bytes that a value takes as an object of Python, about."""


class JsonRecords(Door):
    """Reads .jsonl, .ndjson and .json."""

    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson")

    def matches(self, path: Path, head: bytes) -> bool:
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if path.name.lower().endswith(self.suffixes):
            return text.startswith((b"{", b"["))
        if path.suffix.lower() != ".json":
            return False

        return (text[:1] == b"[" and text[1:].lstrip()[:1] == b"{") or _is_line(text)

    def read(self, path: Path, data: DataSettings, check: Check, most: int | None) -> Table:
        columns: dict[str, list[Any]] = {}
        growth = Growth(path)
        count = 0
        complete = True
        for row in flat_records(path, check):
            if most is not None and count >= (rows_within_limit(most, len(columns)) or most):
                complete = False
                break

            for name in row:
                columns.setdefault(name, [None] * count)
            refuse_many_columns(path, len(columns))
            for name, values in columns.items():
                values.append(row.get(name))

            growth.add(CELL_BYTES * len(columns))
            count += 1

        if not columns:
            raise unusable(path, "has no record with a value", REMEDY)

        cells: list[Cells] = []
        for name in list(columns):
            check()
            cells += _cells(path, name, columns.pop(name), growth)

        refuse_many_columns(path, len(cells))
        total = count if complete else max(count + 1, _estimated(path, count))
        return table_of_cells(path, "JSON", data, cells, count, total, check)


def _is_line(text: bytes) -> bool:
    """Returns whether a file begins with a line that is an object, and goes on with another."""
    first, _, rest = text.partition(b"\n")
    return first.rstrip().endswith(b"}") and first.startswith(b"{") and rest.lstrip()[:1] == b"{"


def flat_records(path: Path, check: Check) -> Iterator[dict[str, Any]]:
    """Yields the objects of a file, each with the values of objects in it under "size.width".

    Raises UserError for what is none, OSError, and whatever `check` raises.
    """
    for record in _records(path, check):
        yield dict(_flat(record, "", 0))


def _records(path: Path, check: Check) -> Iterator[dict[str, Any]]:
    """Yields the objects of a file. Raises UserError for what is none."""
    with open_regular(path) as file:
        stream = io.TextIOWrapper(file, "utf-8-sig", "strict")
        begins = _first_sign(path, stream)
        if begins == "[":
            for number, record in enumerate(_List(path, stream), 1):
                if number % CHECKED_EVERY == 0:
                    check()
                yield record
            return

        number = 0
        while line := begins + _line(path, number + 1, stream):
            begins = ""
            number += 1
            if number % CHECKED_EVERY == 0:
                check()
            if line.strip():
                yield _record(path, number, line)


def _first_sign(path: Path, stream: io.TextIOWrapper) -> str:
    """Returns the first sign that is no white space, "" of an empty file; it is read then."""
    with foreign_reader(lambda words: _damaged(path, 1, words)):
        begins = stream.read(1)
        while begins.isspace():
            begins = stream.read(1)

    return begins


def _line(path: Path, number: int, stream: io.TextIOWrapper) -> str:
    """Returns the next line, of a longer one its beginning, "" at the end."""
    with foreign_reader(lambda words: _damaged(path, number, words)):
        return stream.readline(LINE_LIMIT)


class _List:
    """The objects of one list, whose first bracket is read already; one is held at a time.

    passed: how many characters the objects took so far, with what stands between them.
    """

    def __init__(self, path: Path, stream: io.TextIOWrapper) -> None:
        self._path = path
        self._stream = stream
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._number = 1
        self._gone = 0

    @property
    def passed(self) -> int:
        return self._gone + self._at

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yields them. Raises UserError for what is no list of objects."""
        sign = self._sign()
        if sign == "]":
            self._at += 1
        while sign != "]":
            yield self._record()
            sign = self._sign()
            self._at += 1
            if sign not in (",", "]"):
                raise self._damaged("there is no comma behind it")
            self._number += sign == ","

        if self._sign():
            raise self._damaged("something stands behind the list")

    def _record(self) -> dict[str, Any]:
        self._sign()  # white space is no part of it
        while True:
            try:
                with foreign_reader(self._damaged):
                    record, end = self._decoder.raw_decode(self._text, self._at)
                break
            except UserError:  # perhaps cut in two
                if len(self._text) - self._at > LINE_LIMIT or not self._read_on():
                    raise

        if not isinstance(record, dict):
            what = f"is no list of records: number {self._number:,} is none"
            raise unusable(self._path, what, REMEDY)

        text, self._at = self._text[self._at : end], end
        return _in_whole_signs(record, text)

    def _sign(self) -> str:
        """Returns the next sign that is no white space, "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text) or not self._read_on():
                return self._text[self._at : self._at + 1]

    def _read_on(self) -> bool:
        """Reads further text; returns whether there was any."""
        with foreign_reader(self._damaged):
            part = self._stream.read(PART)

        self._text = self._text[self._at :] + part
        self._gone += self._at
        self._at = 0
        return bool(part)

    def _damaged(self, words: str) -> UserError:
        what = (
            f"is no JSON that can be read: record {self._number:,}: {words.partition(': line')[0]}"
        )
        return unusable(self._path, what, REMEDY)


def _record(path: Path, number: int, line: str) -> dict[str, Any]:
    with foreign_reader(lambda words: _damaged(path, number, words)):
        record = json.loads(line)
    if not isinstance(record, dict):
        raise unusable(path, f"has no record in line {number:,}", REMEDY)

    return _in_whole_signs(record, line)


def _in_whole_signs(record: dict[str, Any], text: str) -> dict[str, Any]:
    """Returns a record with "?" for each half of a surrogate pair, which alone is no text.

    text: as it is written. A text that was cut off may end with such a half.
    """
    if "\\ud" not in text and "\\uD" not in text:
        return record

    def whole(value: Any) -> Any:
        if isinstance(value, str):
            return value.encode("utf-8", "replace").decode()
        if isinstance(value, list):
            return [whole(each) for each in value]
        if isinstance(value, dict):
            return {whole(name): whole(each) for name, each in value.items()}

        return value

    found: dict[str, Any] = whole(record)
    return found


def _damaged(path: Path, number: int, words: str) -> UserError:
    return unusable(path, f"is no JSON that can be read: line {number:,}: {words}", REMEDY)


def _flat(record: dict[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yields the values of a record, those of objects in it under names such as "size.width"."""
    for name, value in record.items():
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from _flat(value, f"{prefix}{name}.", depth + 1)
        else:
            yield f"{prefix}{name}", value


def _cells(path: Path, name: str, values: list[Any], growth: Growth) -> list[Cells]:
    """Returns a column of values: as the type that all of them are of, else as texts."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    try:
        array = pa.array(values)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        texts = [None if value is None else text_of(value) for value in values]
        array = pa.array(texts, pa.large_string())

    with foreign_reader(lambda words: _damaged(path, 1, words)):
        return cells_of(name.strip(), array.type, [pa.chunked_array([array])], growth)


def text_of(value: Any) -> str:
    """Returns a value as text, in a column of values of several types."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int)):
        return str(value)

    return json_text(value).strip() if isinstance(value, (list, dict)) else repr(value)


def _estimated(path: Path, count: int) -> int:
    """Returns how many records there may be, from the length of the first ones."""
    few = min(count, CHECKED_EVERY)
    with open_regular(path) as file:
        stream = io.TextIOWrapper(file, "utf-8-sig", "strict")
        if _first_sign(path, stream) == "[":
            records = _List(path, stream)
            for _ in itertools.islice(records, few):
                pass
            read = records.passed
        else:
            read = sum(len(_line(path, number, stream)) for number in range(1, few + 1))

    return int(few * path.stat().st_size / max(1, read))


DOOR = JsonRecords()
