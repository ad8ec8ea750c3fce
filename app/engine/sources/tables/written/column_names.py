"""The names of columns: made unique, and not too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.sources.format import unusable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_COLUMNS = 100_000
"""A table of more columns is none, or one that has to be turned."""


def refuse_many_columns(path: Path | str, width: int) -> None:
    """Raises UserError for a table of more than MOST_COLUMNS columns."""
    if width > MOST_COLUMNS:
        raise unusable(
            path,
            f"has {width:,} columns; a table of more than {MOST_COLUMNS:,} cannot be used",
            "Check what stands between the cells, or give every example a row instead of a column.",
        )


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Returns a name for every column, made unique, and sentences on what was changed."""
    unique: list[str] = []
    used: set[str] = set()
    doubled: list[str] = []

    original = {name for name in names if name}
    for index, original_name in enumerate(names, 1):
        base = original_name or f"column {index}"
        name = base
        number = 1
        while name in used or (number > 1 and name in original):
            number += 1
            name = f"{base} ({number})"

        if number > 1:
            doubled.append(name)

        used.add(name)
        unique.append(name)

    notes = []
    if doubled:
        shown = ", ".join(f"'{name}'" for name in doubled[:5]) + (" …" if len(doubled) > 5 else "")
        notes.append(f"Several columns have one name; the later ones are called {shown}.")

    unnamed = sum(not name for name in names)
    if unnamed and unnamed < len(names):
        notes.append(
            f"{unnamed:,} {'column has' if unnamed == 1 else 'columns have'} no name and "
            f"{'is' if unnamed == 1 else 'are'} numbered."
        )

    return tuple(unique), notes
