"""Columns that are one target together, by their names: "label_0", "label_1", "label_2"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.sources.tables.choice.several_targets import NUMBERED, is_yes_or_no
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.sources.tables.columns import Table
    from app.engine.sources.tables.roles import RoleGuess

STEMS = frozenset(
    {"label", "labels", "target", "targets", "class", "y", "output", "outputs", "tag", "tags"}
)
"""What stands before the number, or the name, of each column of one target."""

CERTAIN = STEMS | {"outcome", "outcomes", "response", "diagnosis"}
"""Names of columns that are hardly anything but a target."""


def target_family(table: Table, roles: Mapping[str, RoleGuess]) -> tuple[str, ...]:
    """Returns the columns of a target of several columns, () where there is none.

    They have one stem and numbers, and none of them was given a role by hand.
    """
    families: dict[str, list[str]] = {}
    for column in table.columns:
        match = NUMBERED.fullmatch(column.name.strip())
        stem = match["stem"].lower() if match else ""
        usable = column.numeric or is_yes_or_no(column)
        if stem in STEMS and usable and not roles[column.name].chosen:
            families.setdefault(stem, []).append(column.name)

    several = [names for names in families.values() if len(names) > 1]
    others = len(table.columns) - (len(several[0]) if several else 0)
    return tuple(several[0]) if several and others else ()


def note_on_rivals(roles: Mapping[str, RoleGuess], targets: Sequence[str]) -> tuple[str, ...]:
    """Returns a sentence on columns that are read though they are named like a target, too."""
    rivals = [
        name
        for name, guess in roles.items()
        if name not in targets
        and guess.role in ("number", "category")
        and not guess.chosen
        and name.strip().lower() in CERTAIN
    ]
    if not rivals or not targets:
        return ()

    verb = "is named like a target too and is" if len(rivals) == 1 else "are named like targets too"
    verb = verb if len(rivals) == 1 else f"{verb} and are"
    return (
        f"{names_text(rivals)} {verb} read as an input: choose the target ([data] target), or "
        "ignore what would not be known beforehand.",
    )
