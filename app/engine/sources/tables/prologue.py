"""What stands above the table in a text file: the name of its delimiter, comments, a title."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass

MOST_LINES = 40
"""So many lines above a table are looked at; below them it has begun."""

LOOKED_AT = 200
"""Lines from which the width of the table is seen."""

NARROWEST = 3
"""Columns of a table whose title can be told from a row with gaps."""

_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Prologue:
    """Lines above the table.

    lines: how many there are. title: the first of them that says something, "" without any.
    """

    lines: int = 0
    title: str = ""

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


def find_prologue(sample: str, delimiter: str) -> Prologue:
    """Finds the lines above the table in the beginning of a text.

    Those are a line that names the delimiter, comments behind # that have not as many cells as the
    rows below, and lines of which at most one cell is filled, above a row that is filled.
    """
    lines = sample.split("\n", LOOKED_AT)[:LOOKED_AT]
    begun = 1 if named_delimiter(sample) else 0
    rows = [_cells(line, delimiter) for line in lines]
    widths = Counter(len(row) for row in rows[begun:] if len(row) > 1)
    width = widths.most_common(1)[0][0] if widths else 1

    count = begun
    title = ""
    for number in range(begun, min(MOST_LINES, len(lines))):
        row = rows[number]
        filled = [cell for cell in row if cell]
        comment = lines[number].lstrip().startswith("#") and len(row) != width
        blank = width >= NARROWEST and len(filled) <= 1
        if not comment and not blank:
            above = comment or number > begun
            whole = len(row) == width and len(filled) >= width - 1
            count = number if above and (whole or _only_comments(lines[begun:number])) else begun
            break

        if not title and filled:
            title = " ".join(filled).lstrip("# ")

    return Prologue(count, title if count > begun else "")


def _only_comments(lines: list[str]) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines)


def _cells(line: str, delimiter: str) -> list[str]:
    """Returns the cells of a line, trimmed; a quote that goes on below is taken as it stands."""
    try:
        row = next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
    except csv.Error:
        row = line.split(delimiter)

    return [cell.strip() for cell in row]


NO_PROLOGUE = Prologue()
"""Of a file in which the table begins at once."""
