"""Tags in the cells of a table: between signs, or in lists as programs write them into a text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

from app.engine.data.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.sources.tables.columns import Column

BRACKETS = {"[": "]", "{": "}"}
"""Of lists and of sets; the lists of PostgreSQL have curly ones. Round ones are remarks."""

ITEM = re.compile(
    r"""\s*(?:
        '(?P<single>(?:[^'\\]|\\.)*)'
        |"(?P<double>(?:[^"\\]|\\.)*)"
        |(?P<bare>[^\s,'"\[\]{}():\\][^,'"\[\]{}():\\]*)
    )\s*(?P<comma>,?)""",
    re.VERBOSE | re.DOTALL,
)
"""A word of a list and what stands behind it."""

ESCAPED = re.compile(r"\\(.)", re.DOTALL)
NOTHING = ("None", "null", "nan", "NaN", "NA")
"""What stands without quotes in place of a word that is not there."""

SAMPLED_CELLS = 400
"""So many distinct cells of a column, evenly spread, are looked at."""

MOSTLY = 0.9
"""From this share of lists among the distinct cells on, a column is one of lists."""

SEPARATOR = ","
"""What stands between the tags of cells that are no lists, in a column of lists."""


def listed_tags(text: str) -> list[str] | None:
    """Returns the words of a list that is written as JSON or Python write it, in their order.

    None where the text is no list of words or numbers, such as a record or a list of lists.
    """
    text = text.strip()
    if len(text) < 2 or BRACKETS.get(text[0]) != text[-1]:
        return None
    if text[0] == "[":
        try:
            return _words_of(json.loads(text))
        except (ValueError, RecursionError):
            pass  # Python writes '' instead of "", NumPy no commas

    words = []
    inside = text[1:-1].rstrip()
    position = 0
    while position < len(inside):
        match = ITEM.match(inside, position)
        if match is None:
            return None

        position = match.end()
        bare = match["bare"]
        if bare is None:
            quoted = match["double"] if match["single"] is None else match["single"]
            words.append(ESCAPED.sub(r"\1", quoted).strip())
        elif bare.strip() not in NOTHING:
            words.append(bare.strip())

    return [word for word in words if word]


def _words_of(items: Any) -> list[str] | None:
    if not isinstance(items, list) or any(isinstance(item, (list, dict)) for item in items):
        return None

    words = (_word(item) for item in items if item is not None)
    return [word for word in words if word]


def _word(item: Any) -> str:
    is_number = isinstance(item, (int, float)) and not isinstance(item, bool)
    return plain(float(item)) if is_number and abs(item) < 1e15 else str(item).strip()


def tags_in(text: str, separator: str) -> list[str]:
    """Returns the tags in a cell, each once: those of a list, else those between separators."""
    found = listed_tags(text)
    if found is None:
        found = [tag.strip() for tag in text.split(separator) if tag.strip()]

    return list(dict.fromkeys(found))


def lists_in(column: Column) -> Literal["", "words", "amounts"]:
    """Returns what the lists are that nearly all cells of a column of texts hold.

    "words" may be whole numbers too, such as those of classes. "" where they hold no lists.
    """
    if column.numeric or column.kind != "text":
        return ""

    cells = column.factorized[1]
    sample = cells[:: max(1, len(cells) // SAMPLED_CELLS)][:SAMPLED_CELLS]
    found = [words for cell in sample if (words := listed_tags(cell)) is not None]
    if not any(found) or len(found) <= MOSTLY * len(sample):
        return ""

    every = {word for words in found for word in words}
    return "amounts" if any(map(_is_fraction, every)) else "words"


def holds_tags(column: Column) -> bool:
    """Returns whether the cells of a column are, or were in the file, lists of words."""
    return bool(column.separator) or lists_in(column) == "words"


def _is_fraction(word: str) -> bool:
    try:
        return not float(word).is_integer()
    except (ValueError, OverflowError):
        return False


def is_marked(rows: Sequence[Sequence[str]]) -> bool:
    """Returns whether lists say 0 or 1 of the same tags each, in place of naming those there."""
    lengths = {len(row) for row in rows}
    words = {word for row in rows for word in row}
    return len(lengths) == 1 and min(lengths) > 1 and words <= {"0", "1"}
