"""Parses numbers as people write them: 1,234.5 and 1.234,5 and 1 234,5, and "n/a"."""

from __future__ import annotations

import contextlib
import functools
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

NOTHING = frozenset(
    {
        "",
        "na",
        "n/a",
        "#n/a",
        "nan",
        "null",
        "<na>",
        "?",
        "#nv",
        "#value!",
        "#div/0!",
        "#ref!",
        "#name?",
        "#num!",
        "missing",
        "nil",
        "k.a.",
    }
)
"""Words that stand for no value, in any column, in small letters."""

NO_NUMBER = NOTHING | {"none", "-", "--", "---", ".", "..", "–", "—", "unknown", "x", "*"}
"""Words that stand for no value in a column of numbers."""

INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "∞", "-∞", "+∞"})
LARGEST = 3e38
"""A number beyond this does not fit into 32 bits and is treated as infinite."""

FIRST = 1_000
"""The cells by which it is seen whether a column repeats few texts."""

LARGEST_WHOLE = 2**53
"""Whole numbers from this on fall together in 64 bits of floating point, as the next one is it."""

SPACES = " \u00a0\u202f\u2009"
"""What may stand between thousands as a space."""

COLUMN_FITS = 0.8
"""A column is one of numbers in a style, or of amounts in a unit, if so many of its cells are."""


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written.

    decimal: "." or ",". thousands: what stands between them, "" for nothing.
    """

    decimal: str = "."
    thousands: str = ""

    @property
    def words(self) -> str:
        """The style in words: "a decimal comma, points between thousands"."""
        decimal = "a decimal comma" if self.decimal == "," else "a decimal point"
        if not self.thousands:
            return decimal

        names = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}
        return f"{decimal}, {names[self.thousands]} between thousands"

    @functools.cached_property
    def separators(self) -> str:
        """What may stand between thousands, as the inside of a character class."""
        return {"": "", " ": SPACES, "'": "'’"}.get(self.thousands, re.escape(self.thousands))

    @functools.cached_property
    def pattern(self) -> str:
        """The regular expression of a whole cell, for `re` and for Arrow alike."""
        digits = "[0-9]+"
        if self.separators:
            digits = rf"(?:[1-9][0-9]{{0,2}}(?:[{self.separators}][0-9]{{3}})+|[0-9]+)"

        mark = re.escape(self.decimal)
        return rf"^[+\-−]?(?:{digits}(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+\-]?[0-9]+)?$"

    @functools.cached_property
    def matches(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def plain(self, text: str) -> str:
        """Returns a number as Python writes it."""
        if self.separators:
            text = re.sub(f"[{self.separators}]", "", text)

        return text.replace("−", "-").replace(self.decimal, ".")

    def parse(self, text: str) -> float | None:
        """Returns a number, None for a text that is none."""
        return float(self.plain(text)) if self.matches.match(text) else None


STYLES = (
    NumberStyle(),
    NumberStyle(","),
    NumberStyle(".", ","),
    NumberStyle(",", "."),
    NumberStyle(",", " "),
    NumberStyle(".", " "),
    NumberStyle(".", "'"),
    NumberStyle(",", "'"),
)


GLANCE = 16
"""Cells that are read first: most columns of words have a word among them."""


def to_numbers(cells: Any, style: NumberStyle) -> tuple[np.ndarray, np.ndarray, int]:
    """Returns the numbers of cells (N,) float64, NaN where there is none.

    Then (N,) bool, whether a cell is there but no number, and how many are infinite. cells: an
    Arrow array of trimmed texts.
    """
    found = plain_numbers(cells, style)
    if found is not None:
        return found

    encoded = _few_words(cells)
    if encoded is None:
        values, non_number, infinite = _numbers_of_words(cells, style)
        return values, non_number, int(infinite.sum())

    words, places = encoded
    values, non_number, infinite = _numbers_of_words(words, style)
    return values[places], non_number[places], int(infinite[places].sum())


def plain_numbers(cells: Any, style: NumberStyle) -> tuple[np.ndarray, np.ndarray, int] | None:
    """Does what `to_numbers` does where Arrow reads all cells as numbers, or they are empty.

    None for other cells and styles. cells: may be in chunks, which need not be joined for it.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    if style != STYLES[0]:
        return None

    values = np.empty(len(cells))
    start = 0
    for chunk in cells.chunks if isinstance(cells, pa.ChunkedArray) else [cells]:
        numbers = _cast(chunk)
        if numbers is None:
            return None

        values[start : start + len(chunk)] = numbers.to_numpy(zero_copy_only=False)
        start += len(chunk)

    count = 0
    if largest_of(values) > LARGEST:
        infinite = np.abs(values) > LARGEST
        values[infinite] = np.nan
        count = int(infinite.sum())

    return values, np.zeros(len(values), bool), count


def largest_of(values: np.ndarray) -> float:
    """Returns the largest number (n,) but for its sign, NaN left out; 0 where there is none.

    Without an array of all of them, which takes longer to get than to fill.
    """
    if not len(values):
        return 0.0

    largest = float(max(np.fmax.reduce(values), -np.fmin.reduce(values)))
    return 0.0 if math.isnan(largest) else largest


def _cast(cells: Any) -> Any:
    """Returns cells as an Arrow array of numbers, null where they are empty; else None."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    if _any_empty(cells):
        empty = pc.equal(pc.binary_length(cells), 0)
        cells = pc.if_else(empty, pa.scalar(None, pa.large_string()), cells)
    try:
        # Arrow goes through all cells behind one that is no number, and writes a message for each.
        pc.cast(cells[:GLANCE], pa.float64())
        return pc.cast(cells, pa.float64())
    except pa.ArrowInvalid:
        return None


def _any_empty(cells: Any) -> bool:
    """Returns whether a text in an Arrow array of large_string is empty."""
    if not len(cells):
        return False

    begins = np.frombuffer(cells.buffers()[1], np.int64)[cells.offset :][: len(cells) + 1]
    return bool((begins[1:] == begins[:-1]).any())


def _few_words(cells: Any) -> tuple[Any, np.ndarray] | None:
    """Returns the different texts among cells and the place of each in them, where they are few.

    It is much quicker to look at each text once; None where it would not be.
    """
    if len(cells[:FIRST].unique()) > FIRST / 4:
        return None

    encoded = cells.dictionary_encode()
    if len(encoded.dictionary) > len(cells) / 2:
        return None

    return encoded.dictionary, encoded.indices.to_numpy(zero_copy_only=False)


def _numbers_of_words(cells: Any, style: NumberStyle) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Does what `to_numbers` does, each cell for itself; infinite: (N,) bool."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    none = pa.scalar(None, pa.large_string())
    small = pc.utf8_lower(cells)
    blank = pc.is_in(small, pa.array(sorted(NO_NUMBER), pa.large_string()))
    infinite = pc.is_in(small, pa.array(sorted(INFINITE), pa.large_string()))
    filled = pc.invert(pc.or_(blank, infinite))
    rest = pc.if_else(filled, cells, none)
    non_number = np.zeros(len(cells), bool)

    numbers = None
    if style == STYLES[0]:
        with contextlib.suppress(pa.ArrowInvalid):
            numbers = pc.cast(rest, pa.float64())

    if numbers is None:
        fits = pc.match_substring_regex(cells, style.pattern)
        non_number = pc.and_not(filled, fits).to_numpy(zero_copy_only=False)

        rest = pc.if_else(fits, cells, none)
        if style.separators:
            rest = pc.replace_substring_regex(rest, f"[{style.separators}]", "")

        rest = pc.replace_substring_regex(pc.replace_substring(rest, "−", "-"), r"^\+", "")
        numbers = pc.cast(pc.replace_substring(rest, style.decimal, "."), pa.float64())

    values = np.array(numbers.to_numpy(zero_copy_only=False), np.float64)
    huge = np.abs(values) > LARGEST
    values[huge] = np.nan

    return values, non_number, huge | infinite.to_numpy(zero_copy_only=False)


def plain(value: float) -> str:
    """Returns a number as text: 5 and not 5.0, "" for NaN."""
    if value != value:
        return ""

    return str(int(value)) if value == int(value if abs(value) < 1e15 else 0) else repr(value)
