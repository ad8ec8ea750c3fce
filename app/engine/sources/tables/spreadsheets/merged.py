"""Cells of a sheet that are merged with those below them: only the uppermost has the value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class MergedCells:
    """Fills empty cells with the value of the one above that they were merged with.

    merged: the first and the last row from 1, and the column from 0, of each. filled: how many
    cells were filled so far.
    """

    def __init__(self, merged: Sequence[Sequence[int]]) -> None:
        self._starting: dict[int, list[tuple[int, int]]] = {}
        for top, bottom, column in merged:
            self._starting.setdefault(top, []).append((column, bottom))
        self._open: dict[int, tuple[int, Any]] = {}
        self.filled = 0

    def fill(self, number: int, row: list[Any]) -> None:
        """Fills a row; they come from top to bottom. number: of the row, from 1."""
        for column, (bottom, value) in list(self._open.items()):
            if number > bottom:
                del self._open[column]
            elif row[column] in ("", None):
                row[column] = value
                self.filled += 1

        for column, bottom in self._starting.get(number, ()):
            if column < len(row) and row[column] not in ("", None):
                self._open[column] = (bottom, row[column])
