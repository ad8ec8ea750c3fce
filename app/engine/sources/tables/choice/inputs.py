"""The columns that a person chose as the inputs of a table: all others are not read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.sources.tables.roles import RoleGuess

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.engine.experiment.data_settings import DataSettings, Role
    from app.engine.sources.tables.columns import Column, Table

READ = ("number", "category", "text", "image")
"""The roles of columns that are read."""

REPORTED_REASONS = 8
"""At most so many reasons for which columns are not read are named."""


def inputs_in(data: DataSettings) -> tuple[str, ...]:
    """Returns the input columns that the settings name."""
    return (data.inputs,) if isinstance(data.inputs, str) else tuple(data.inputs or ())


def mark_inputs(table: Table, roles: dict[str, RoleGuess], data: DataSettings) -> None:
    """Gives the columns that are chosen as inputs roles that are read."""
    for name in inputs_in(data):
        guess = roles[name]
        role = guess.role if guess.role in READ else _role_by_content(table.by_name[name])
        roles[name] = RoleGuess(role, "chosen as an input", True)


def ignore_others(roles: dict[str, RoleGuess], data: DataSettings, used: Collection[str]) -> None:
    """Makes all columns ignored that are neither chosen inputs nor used otherwise.

    used: the targets, and what says the split. Groups stay groups. Where no inputs are chosen,
    nothing is ignored for that.
    """
    inputs = inputs_in(data)
    if not inputs:
        return

    for name, guess in roles.items():
        if name in inputs or name in used or guess.role in ("group", "ignore"):
            continue

        roles[name] = replace(guess, role="ignore", reason="it is not among the inputs")


def ignore_other_places(
    table: Table, roles: dict[str, RoleGuess], targets: Collection[str]
) -> None:
    """Makes the places of a list ignored of which another is predicted: they would tell it."""
    lists = {table.by_name[name].list_name for name in targets} - {""}
    for column in table.columns:
        guess = roles[column.name]
        if column.list_name in lists and column.name not in targets and not guess.chosen:
            reason = "another place of its list is predicted"
            roles[column.name] = RoleGuess("ignore", reason)


def _role_by_content(column: Column) -> Role:
    return "number" if column.numeric else "category"


def unread_notes(roles: Mapping[str, RoleGuess]) -> list[str]:
    """Returns a sentence for each reason for which columns are not read."""
    by_reason: dict[str, list[str]] = {}
    for name, guess in roles.items():
        if guess.role == "ignore" and not guess.chosen:
            by_reason.setdefault(guess.reason, []).append(name)

    notes = []
    most_first = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    for reason, names in most_first[:REPORTED_REASONS]:
        shown = ", ".join(f"'{name}'" for name in names[:3])
        if len(names) > 3:
            shown += f" and {len(names) - 3:,} more"
        notes.append(f"{shown} {'is' if len(names) == 1 else 'are'} not read: {reason}.")

    return notes


def signal_columns(
    table: Table, roles: dict[str, RoleGuess], targets: Sequence[str]
) -> tuple[str, ...]:
    """Returns the columns that are the steps of a signal. Raises UserError below two."""
    steps = []
    for column in table.columns:
        guess = roles[column.name]
        other_role = guess.chosen and guess.role != "number"
        counts_rows = "running" in guess.reason or "identifier" in guess.reason
        if (
            column.name not in targets
            and column.kind == "number"
            and not other_role
            and not counts_rows
        ):
            steps.append(column.name)

    if len(steps) < 2:
        raise UserError(
            f"A signal needs at least two columns of numbers; '{readable(table.path)}' has "
            f"{len(steps)}.",
            "Read a row as several values, or choose the columns.",
            "data.rows_are",
        )

    return tuple(steps)
