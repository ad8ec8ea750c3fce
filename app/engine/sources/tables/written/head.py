"""The first rows of a table: the names of its columns, and what stands below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.engine.data.numbers import COLUMN_FITS, NO_NUMBER, NumberStyle
from app.engine.data.units import LONGEST_UNIT, is_unit, split_unit
from app.engine.sources.tables.delimiters import has_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.data_settings import DataSettings

SecondRow = Literal["example", "units", "names", "types"]

_TYPES = """
int int32 int64 integer long float float32 float64 double decimal number numeric real
continuous str string text object varchar char bool boolean date datetime timestamp time
discrete nominal category categorical factor class meta c d s m
"""
TYPES = frozenset(_TYPES.split())
"""What programs write below the names for the types of columns, in small letters."""

NO_UNIT = frozenset({"", "-", "--", "–", "1", "[]", "[-]", "(-)", "n/a", "none"})
"""What stands in a row of units below a column without one."""

LOOKED_AT = 100
"""So many rows are looked at."""

HALF = 0.5
"""At least this share of the columns of numbers has a word in the second row of names or units."""


@dataclass(frozen=True)
class Head:
    """The first rows of a table, which are no examples.

    header: whether the first row has the names. names: of the columns, as many as the row has
    cells. rows: how many rows stand above the examples, the names among them. second: what the row
    below the names is. units: of the columns, "" for none. reasons: by the name of a setting in
    [data], the words for a person.
    """

    header: bool
    names: list[str]
    rows: int
    second: SecondRow
    units: list[str]
    reasons: dict[str, str]

    @property
    def notes(self) -> list[str]:
        """Sentences for a person on what is no example."""
        if self.second == "units":
            shown = [
                f"{name} in {unit}"
                for name, unit in zip(self.names, self.units, strict=True)
                if unit
            ]
            return [f"The row below the names has the units: {', '.join(shown[:6])}."]
        if self.second == "names":
            return [f"The names stand in two rows, such as '{self.names[-1]}'."]

        types = "The row below the names has types of columns and is left out."
        return [types] if self.second == "types" else []


def find_head(rows: Sequence[Sequence[str]], style: NumberStyle, data: DataSettings) -> Head:
    """Tells what the first of these rows are, as chosen or as they suggest.

    rows: those with something in them, cells trimmed.
    """
    first = list(rows[0]) if rows else []
    second, second_reason = _second_row(rows, style, data)
    if data.header is not None:
        header, reason = data.header, "as chosen"
    elif second != "example":
        header, reason = True, "it has words above numbers"
    else:
        header, reason = has_header(rows, style)

    reasons = {
        "header": f"the first row {'has the names' if header else 'is an example'}: {reason}"
    }
    if not header or len(rows) < 2:
        return Head(header, first if header else [], int(header), "example", [], reasons)

    reasons["second_row"] = f"{WORDS[second]}: {second_reason}"
    below = [*rows[1], *[""] * len(first)][: len(first)]
    names = _joined(first, below) if second == "names" else first
    units = [_unit(cell) if second == "units" else "" for cell in below]
    return Head(True, names, 1 if second == "example" else 2, second, units, reasons)


WORDS: dict[str, str] = {
    "example": "the row below the names is an example",
    "units": "the row below the names has the units",
    "names": "the row below the names has names as well",
    "types": "the row below the names is left out",
}
"""What the second row is, for a person."""


def _second_row(
    rows: Sequence[Sequence[str]], style: NumberStyle, data: DataSettings
) -> tuple[SecondRow, str]:
    """Returns what the second row is, and why."""
    if data.second_row is not None:
        return data.second_row, "as chosen"
    if data.header is False or len(rows) < 3:
        return "example", "there is hardly anything else"

    first, second = rows[0], rows[1]
    filled = [cell for cell in second if cell.lower() not in NO_UNIT]
    if not filled or sum(_is_value(cell, style) for cell in filled) > HALF * len(filled):
        return "example", "it is like the rows below it"

    body = [row for row in rows[2:LOOKED_AT] if len(row) == len(second)]
    numeric = [index for index in range(len(second)) if _is_numeric(index, body, style)]
    words = [second[index] for index in numeric if second[index].lower() not in NO_UNIT]
    no_words = any(_is_value(word, style) for word in words) or _is_first_numeric(first, style)
    if no_words or not words or len(words) < HALF * len(numeric) or not body:
        return "example", "it is like the rows below it"

    others = sorted(set(range(len(second))) - set(numeric))
    for index in others:
        cell = second[index]
        if cell.lower() not in NO_UNIT and any(row[index] == cell for row in body):
            return "example", "its words come again below"

    if all(word.lower() in TYPES for word in words):
        return "types", "it has types of columns"

    known = sum(is_unit(_unit(word)) or word[0] in "([" for word in words)
    if known >= HALF * len(words):
        return "units", "it has units above numbers"

    filled = [cell for cell in first if cell]
    whole = len(filled) == len(first) and len(set(filled)) == len(filled)
    short = all(len(word) <= LONGEST_UNIT // 2 and " " not in word for word in words)
    if whole and short and all(second[index].lower() in NO_UNIT for index in others):
        return "units", "it has short words above numbers, and none above texts"

    return "names", "it has words above numbers, as the first row has"


def _is_numeric(index: int, body: Sequence[Sequence[str]], style: NumberStyle) -> bool:
    cells = [row[index] for row in body if row[index].lower() not in NO_NUMBER]
    return bool(cells) and sum(_is_value(cell, style) for cell in cells) >= COLUMN_FITS * len(cells)


def _is_value(cell: str, style: NumberStyle) -> bool:
    if style.matches.match(cell):
        return True

    split = split_unit(cell)
    return split is not None and is_unit(split[0])


def _is_first_numeric(first: Sequence[str], style: NumberStyle) -> bool:
    """Returns whether most of the first row are numbers, so that it has no names."""
    filled = [cell for cell in first if cell]
    return sum(bool(style.matches.match(cell)) for cell in filled) > HALF * len(filled)


def _unit(cell: str) -> str:
    """Returns the unit that a cell names, "" for none: "[mm]" and "in mm" have "mm"."""
    word = cell.strip().strip("()[]").strip().removeprefix("in ")
    return "" if word.lower() in NO_UNIT else word


def _joined(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Returns the names of two rows: that of a group and of each column in it."""
    names = []
    group = ""
    for above, below in zip(first, second, strict=True):
        group = above or (group if below else "")
        names.append(below if below == group else f"{group} {below}".strip())

    return names
