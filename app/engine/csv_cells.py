"""Cells of a CSV file that no spreadsheet takes for a formula."""

from __future__ import annotations

import re
from typing import Any

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?(\d[\d.,]*|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)


def csv_cell(value: Any) -> Any:
    """Returns a cell with an apostrophe before a text that a spreadsheet would take for a formula.

    Numbers stay numbers, as texts too. To read such a file back, take away one apostrophe where
    one of = + - @, a tab or a line break follows it.
    """
    if not isinstance(value, str) or not value.startswith(_STARTS):
        return value

    return value if _NUMBER.fullmatch(value) else f"'{value}"


def csv_row(values: Any) -> list[Any]:
    """Returns a row of such cells."""
    return [csv_cell(value) for value in values]
