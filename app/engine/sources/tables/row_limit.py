"""How many rows are read of a table of which only the beginning is wanted.

Loads nothing: the process that reads spreadsheets has it too.
"""

from __future__ import annotations

PREVIEW_CELLS = 2_000_000
"""So many cells are read at most where only the first rows are wanted."""


def rows_within_limit(most: int | None, width: int) -> int | None:
    """Returns how many rows to read of a table of so many columns.

    As many as are wanted, or fewer where they would be more than PREVIEW_CELLS; None for all.
    """
    return None if most is None else max(1, min(most, PREVIEW_CELLS // max(1, width)))
