"""The first rows of a table: the names of its columns, and what stands below them."""

from __future__ import annotations

import itertools
import re
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

FLAGS = frozenset({"class", "c", "meta", "m", "ignore", "i", "weight", "w"})
"""What programs write below the types for what columns are for, in small letters."""

_OPTION = re.compile(r"[a-z_]+=\S*( [a-z_]+=\S*)*")

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
            return [f"The names are in two rows, such as '{self.names[-1]}'."]

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
    count = 1 if second == "example" else 2
    third = rows[2] if count == 2 and data.second_row in (None, second) and len(rows) > 3 else []
    if second == "types" and _has_flags(third):
        count = 3
    elif third and second == "names" and len(third) == len(first):
        kind = _guess_second([names, *rows[2:]], style)[0]
        if kind in ("units", "types"):
            count = 3
            units = [_unit(cell) if kind == "units" else "" for cell in third]

    return Head(True, names, count, second, units, reasons)


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
    if data.header is False:
        return "example", "there is hardly anything else"

    return _guess_second(rows, style)


def _guess_second(rows: Sequence[Sequence[str]], style: NumberStyle) -> tuple[SecondRow, str]:
    """Returns what the second row is by what stands above and below it, and why."""
    if len(rows) < 3:
        return "example", "there is hardly anything else"

    first, second = rows[0], rows[1]
    filled = [cell for cell in second if cell.lower() not in NO_UNIT]
    if not filled or sum(_is_value(cell, style) for cell in filled) > HALF * len(filled):
        return "example", "it is like the rows below it"

    body = [row for row in rows[2:LOOKED_AT] if len(row) == len(second)]
    if _has_groups(first, second, body, style):
        return "names", "it has words below a row of names with gaps"

    numeric = [index for index in range(len(second)) if _is_numeric(index, body, style)]
    words = [second[index] for index in numeric if second[index].lower() not in NO_UNIT]
    no_words = any(_is_value(word, style) for word in words) or _is_first_numeric(first, style)
    ones = any(second[index] == "1" == row[index] for index in numeric for row in body)
    units_alone = all(map(is_unit, map(_unit, words))) and len(words) == len(filled)
    few = len(words) < HALF * len(numeric) and not units_alone
    if no_words or ones or not words or few or not body:
        return "example", "it is like the rows below it"

    others = sorted(set(range(len(second))) - set(numeric))
    for index in others:
        cell = second[index]
        if cell.lower() not in NO_UNIT and any(row[index] == cell for row in body):
            return "example", "its words come again below"

    whole = all(first) and len(set(first)) == len(first)
    typed = words if whole else filled
    if all(word.lower() in TYPES for word in typed):
        return "types", "it has types of columns"

    known = [word for word in words if is_unit(_unit(word)) or word[0] in "(["]
    clear = whole and all(len(word) > 1 for word in known) and len(known) == len(words)
    named = [second[index] for index in others if _is_name(second[index])]
    if named and not clear:
        return "names", f"it has a word above texts, '{named[0]}'"
    if len(known) >= HALF * len(words):
        return "units", "it has units above numbers"

    short = all(len(word) <= LONGEST_UNIT // 2 and " " not in word for word in words)
    if whole and short and all(second[index].lower() in NO_UNIT for index in others):
        return "units", "it has short words above numbers, and none above texts"

    return "names", "it has words above numbers, as the first row has"


def _has_groups(
    first: Sequence[str],
    second: Sequence[str],
    body: Sequence[Sequence[str]],
    style: NumberStyle,
) -> bool:
    """Returns whether the first row has names of groups, each above its first column alone.

    Then the second row has a name for every column, which comes up nowhere below.
    """
    begun = next((index for index, cell in enumerate(first) if cell), len(first))
    whole = len(first) == len(second) and all(map(_is_word, second[begun:]))
    if "" not in first[begun:] or not whole or not body or not any(map(_is_name, second[begun:])):
        return False

    columns = range(begun, len(second))
    cells = [[row[index] for row in body if row[index]] for index in columns]
    if any(second[index] in column for index, column in zip(columns, cells, strict=True)):
        return False

    repeated = any(len(set(column)) <= HALF * len(column) for column in cells if column)
    return repeated or any(_is_numeric(index, body, style) for index in columns)


def names_groups(row: Sequence[str]) -> bool:
    """Returns whether a row may have names of groups, each above its first column alone.

    Of one group alone it is as likely a title.
    """
    filled = [index for index, cell in enumerate(row) if cell]
    wide = any(after - before > 1 for before, after in itertools.pairwise(filled))
    named = all(_is_name(row[index]) and not row[index].endswith(":") for index in filled)
    return wide and named


def _is_name(cell: str) -> bool:
    """Returns whether a cell may be the name of a column, and hardly a type or a unit of one."""
    return _is_word(cell) and cell.lower() not in TYPES and not is_unit(_unit(cell))


def _is_word(cell: str) -> bool:
    return cell.lower() not in NO_UNIT and cell[0] not in "([" and split_unit(cell) is None


def _has_flags(row: Sequence[str]) -> bool:
    """Returns whether a row below one of types says what columns are for, as Orange writes it."""
    filled = [cell.lower() for cell in row if cell]
    return bool(filled) and all(cell in FLAGS or _OPTION.fullmatch(cell) for cell in filled)


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
