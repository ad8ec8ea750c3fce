"""ARFF, the format of Weka and OpenML: names and types of the columns, then rows."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from app.engine.files import open_regular
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.arrow_cells import Cells
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

REMEDY = "Save it again, or save it as CSV."

CHECKED_EVERY = 4096
"""Rows between two looks at whether reading is cancelled."""

CHUNK_ROWS = 1 << 15
"""Rows that are held as Python strings before they become Arrow arrays."""

NUMERIC = ("numeric", "real", "integer")

_ATTRIBUTE = re.compile(
    r"@attribute\s+('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s{]+)\s*(.+)", re.IGNORECASE
)
_CELL = re.compile(r"\s*('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^,\t]*?)\s*(?:[,\t]|$)")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Attribute:
    """A column. kind: "number", "nominal" or "text". values: that a nominal one may have."""

    name: str
    kind: str
    values: frozenset[str] = frozenset()


class Arff(Door):
    """Reads .arff; sparse rows and tables within cells are refused."""

    suffixes: ClassVar[tuple[str, ...]] = (".arff",)

    def matches(self, path: Path, head: bytes) -> bool:
        if not path.name.lower().endswith(self.suffixes):
            return False

        return b"@relation" in head.lower() or head.lstrip().startswith((b"%", b"@"))

    def read(self, path: Path, data: DataSettings, check: Check, most: int | None) -> Table:
        import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

        lines = arff_lines(path, check)
        attributes = arff_attributes(path, lines)
        refuse_many_columns(path, len(attributes))
        most = rows_within_limit(most, len(attributes))

        growth = Growth(path)
        chunks: list[list[pa.Array]] = [[] for _ in attributes]
        waiting: list[list[str]] = []
        count = 0
        complete = True
        for number, line in lines:
            if most is not None and count >= most:
                complete = False
                break

            waiting.append(arff_row(path, number, line, attributes))
            count += 1
            if len(waiting) >= CHUNK_ROWS:
                _finish(waiting, chunks, growth)

        _finish(waiting, chunks, growth)
        texts = [pa.concat_arrays([*own, pa.array([], pa.large_string())]) for own in chunks]
        cells = [
            Cells(attribute.name, column, nominal=attribute.kind == "nominal")
            for attribute, column in zip(attributes, texts, strict=True)
        ]
        total = count if complete else count + 1
        return table_of_cells(path, "ARFF", in_arff_style(data), cells, count, total, check)


def in_arff_style(data: DataSettings) -> DataSettings:
    """Returns the settings with the only number style that the format has."""
    return data.replace(decimal=".", thousands="")


def arff_lines(path: Path, check: Check) -> Iterator[tuple[int, str]]:
    """Yields the lines that say something, with their numbers from 1."""
    with open_regular(path) as file:
        stream = io.TextIOWrapper(file, "utf-8-sig", "replace")
        number = 0
        while line := stream.readline(LINE_LIMIT + 1):
            number += 1
            if number % CHECKED_EVERY == 0:
                check()
            if len(line) > LINE_LIMIT:
                raise unusable(path, f"has a line that is too long (line {number:,})", REMEDY)

            line = line.strip()
            if line and not line.startswith("%"):
                yield number, line


def arff_attributes(path: Path, lines: Iterator[tuple[int, str]]) -> list[Attribute]:
    """Returns the columns that stand before the rows. Raises UserError for what is not read."""
    attributes: list[Attribute] = []
    for number, line in lines:
        word = line.split(None, 1)[0].lower()
        if word == "@data":
            break
        if word == "@relation":
            continue

        match = _ATTRIBUTE.fullmatch(line)
        if match is None:
            what = f"is no ARFF that can be read: line {number:,}: {line[:60]}"
            raise unusable(path, what, REMEDY)
        attributes.append(_attribute(path, _plain(match[1]), match[2].strip()))
    else:
        raise unusable(path, "has no rows: there is no line '@data'", REMEDY)

    if not attributes:
        raise unusable(path, "has no column: there is no line '@attribute'", REMEDY)

    return attributes


def _attribute(path: Path, name: str, kind: str) -> Attribute:
    if kind.startswith("{") and kind.endswith("}"):
        return Attribute(name, "nominal", frozenset(_cells(kind[1:-1])))

    word = kind.split(None, 1)[0].lower()
    if word in NUMERIC:
        return Attribute(name, "number")
    if word in ("string", "date"):
        return Attribute(name, "text")

    what = "tables within its cells" if word == "relational" else f"an unknown type ('{kind[:40]}')"
    raise unusable(path, f"has {what} in the column '{name}'", "Leave it out, or save it as CSV.")


def arff_row(path: Path, number: int, line: str, attributes: list[Attribute]) -> list[str]:
    """Returns the cells of a row, "" for those that are not known. Raises UserError."""
    if line.startswith("{"):
        raise unusable(
            path,
            f"has sparse rows, which name only the values that are not 0 (line {number:,})",
            "Save it with all values (in Weka: the filter SparseToNonSparse).",
        )

    cells = _cells(line)
    if len(cells) == len(attributes) + 1 and re.fullmatch(r"\{[\d.]+\}", cells[-1]):
        cells.pop()  # the weight of the row
    if len(cells) != len(attributes):
        raise unusable(
            path, f"has {len(cells):,} values in line {number:,}, not {len(attributes):,}", REMEDY
        )

    row = []
    for cell, attribute in zip(cells, attributes, strict=True):
        known = cell != "?"
        if known and attribute.values and cell not in attribute.values:
            raise unusable(
                path,
                f"has '{cell[:40]}' in line {number:,}, which is no value of '{attribute.name}'",
                REMEDY,
            )
        row.append(cell if known else "")

    return row


def _cells(line: str) -> list[str]:
    """Returns what stands between the commas, or tabs, of a line, without its quotes."""
    if "'" not in line and '"' not in line:
        return [cell.strip() for cell in re.split("[,\t]", line)]

    cells = []
    position = 0
    while position <= len(line):
        match = _CELL.match(line, position)
        if match is None:  # a quote that is never closed
            cells.append(line[position:].strip())
            break

        cells.append(_plain(match[1]))
        if match.end() == len(line) and line[-1:] not in (",", "\t"):
            break
        position = match.end()
        if position == len(line):
            cells.append("")
            break

    return cells


def _plain(word: str) -> str:
    quoted = len(word) >= 2 and word[0] == word[-1] and word[0] in "'\""
    return _ESCAPED.sub(r"\1", word[1:-1]).strip() if quoted else word


def _finish(waiting: list[list[str]], chunks: list[list[object]], growth: Growth) -> None:
    """Makes Arrow arrays of the rows that wait."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    for own, cells in zip(chunks, zip(*waiting, strict=True), strict=False):
        array = pa.array(cells, pa.large_string())
        own.append(array)
        growth.add(array.nbytes)

    waiting.clear()


DOOR = Arff()
