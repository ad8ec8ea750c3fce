"""What stands above the table in a text file: the name of its delimiter, comments, a title."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.numbers import COLUMN_FITS, NO_NUMBER, NumberStyle
from app.engine.sources.tables.delimiters import csv_format, plain_line
from app.engine.sources.tables.written.head import names_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.data_settings import DataSettings

MOST_LINES = 40
"""So many lines above a table are looked at; below them it has begun."""

LOOKED_AT = 200
"""Lines from which the width of the table is seen."""

NARROWEST = 3
"""Columns of a table whose title can be told from a row with gaps."""

COMMENT = "it is a comment"
"""The reason for which a line between the rows is left out."""

_NUMBER = re.compile(r"[+\-−]?[.,]?\d[\d.,'’ ]*(?:[eE][+\-]?\d+)?")
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Prologue:
    """Lines above the table.

    lines: how many there are. title: the first of them that says something, "" without any.
    """

    lines: int = 0
    title: str = ""

    @property
    def words(self) -> str:
        """What is above the table, in words for a person."""
        if not self.lines:
            return "nothing stands above the table"

        rows = "1 row stands" if self.lines == 1 else f"{self.lines} rows stand"
        return f"{rows} above the table{f': {self.title}' if self.title else ''}"

    @property
    def note(self) -> str:
        """A sentence for a person, "" where there is nothing to tell."""
        if not self.title:
            return ""

        title = self.title if len(self.title) <= 60 else f"{self.title[:59]}…"
        if self.lines == 1:
            return f"The first line stands above the table and is left out: '{title}'."

        return f"The first {self.lines} lines stand above the table and are left out: '{title}'."


def named_delimiter(sample: str) -> str | None:
    """Returns the delimiter that the first line names, as Excel writes and reads it; else None."""
    first = sample.split("\n", 1)[0]
    match = _SEP.fullmatch(first.rstrip("\r"))
    return match[1] if match and match[1] not in '"\r\n' else None


def find_prologue(sample: str, delimiter: str, data: DataSettings) -> Prologue:
    """Finds the lines above the table in the beginning of a text, or takes those that are chosen.

    Those are a line that names the delimiter, comments that have not as many cells as the rows
    below, and lines of which hardly a cell is filled, or with other cells, above a row of names.
    """
    lines = sample.split("\n", LOOKED_AT)[:LOOKED_AT]
    begun = 1 if named_delimiter(sample) else 0
    rows = [_cells(line, delimiter) for line in lines]
    if data.skip_rows is not None:
        return _with_title(rows, data.skip_rows, 0)

    sign = "#" if data.comment is None else data.comment
    comments = [bool(sign) and line.lstrip().startswith(sign) for line in lines]
    return _with_title(rows, rows_above(rows, begun, comments), begun)


def rows_above(rows: Sequence[Sequence[str]], begun: int = 0, comments: Sequence[bool] = ()) -> int:
    """Returns how many of the first rows stand above a table.

    rows: cells, trimmed. begun: so many do anyhow. comments: whether each is a comment.
    """
    widths = Counter(len(row) for row in rows[begun:] if len(row) > 1)
    width = widths.most_common(1)[0][0] if widths else 1
    comments = comments or [False] * len(rows)

    for number in range(begun, min(MOST_LINES, len(rows))):
        row = rows[number]
        filled = [cell for cell in row if cell]
        comment = comments[number] and len(row) != width
        blank = width >= NARROWEST and len(filled) <= 1
        if not comment and not blank:
            whole = len(row) == width and len(filled) >= width - 1
            above = rows[begun:number]
            only_comments = all(
                commented or not any(cells)
                for commented, cells in zip(comments[begun:number], above, strict=True)
            )
            if number > begun and (whole or only_comments):
                return number
            break

    for number in range(begun, min(MOST_LINES, len(rows))):
        if number > begun and _has_names(rows, number, width):
            above = rows[number - 1]
            return number - (len(above) == width and names_groups(above))
        if not _may_be_above(rows[number], width):
            break

    return begun


def _may_be_above(row: Sequence[str], width: int) -> bool:
    """Returns whether a row may be a title, or say something of the table, such as "Site:"."""
    filled = [cell for cell in row if cell]
    few = len(filled) <= max(1, width // NARROWEST)
    return len(row) != width or few or (filled[0].endswith(":") and 2 * len(filled) <= width)


def _has_names(rows: Sequence[Sequence[str]], number: int, width: int) -> bool:
    """Returns whether a row is one of names: words alone, above a column of numbers."""
    row = rows[number]
    body = [cells for cells in rows[number + 1 :] if len(cells) == width]
    grouped = number > 0 and names_groups(rows[number - 1])
    if len(row) != width or not all(row) or (len(set(row)) < width and not grouped) or not body:
        return False
    if any(_NUMBER.fullmatch(cell) for cell in row):
        return False

    def share(index: int) -> float:
        return sum(bool(_NUMBER.fullmatch(cells[index])) for cells in body) / len(body)

    return any(share(index) > COLUMN_FITS for index in range(width))


def comment_sign(
    rows: Sequence[Sequence[str]], style: NumberStyle, data: DataSettings
) -> tuple[str, str]:
    """Returns with what comments between the rows of a table begin, and why; "" where none do.

    rows: the first ones with something in them. Rows of other cells are left out anyhow.
    """
    if data.comment is not None:
        return data.comment, f"comments begin with {data.comment or 'nothing'}: as chosen"

    cells = [row[0] for row in rows[1:] if row and row[0].lower() not in NO_NUMBER]
    begun = [cell for cell in cells if cell.startswith("#")]
    numbers = sum(bool(style.matches.match(cell)) for cell in cells)
    odd = any(row[0].startswith("#") and len(row) == 1 for row in rows[1:] if row)
    if begun and (odd or numbers >= COLUMN_FITS * (len(cells) - len(begun)) > 0):
        return "#", "comments begin with #: there are such lines between numbers"

    return "", "no line is a comment"


def _with_title(rows: Sequence[Sequence[str]], count: int, begun: int) -> Prologue:
    """Returns so many lines above a table with the first of them that says something."""
    said = [" ".join(filter(None, row)).lstrip("# ") for row in rows[begun:count]]
    return Prologue(count, next(filter(None, said), ""))


def _cells(line: str, delimiter: str) -> list[str]:
    """Returns the cells of a line, trimmed; a quote that goes on below is taken as it stands."""
    try:
        plain = plain_line(line.rstrip("\r"), delimiter)
        row = next(csv.reader([plain], **csv_format(delimiter)), [])
    except csv.Error:
        row = line.split(delimiter)

    return [cell.strip() for cell in row]


NO_PROLOGUE = Prologue()
"""Of a file in which the table begins at once."""
