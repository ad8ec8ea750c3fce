"""The plan of a table with lists: their places are joined where they are the tags of a row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UserError
from app.engine.sources.tables.choice.several_targets import fitting_tasks, name_of_all, values_of
from app.engine.sources.tables.plan import TablePlan, plan_table
from app.engine.sources.tables.written.lists import with_joined_list
from app.engine.sources.tables.written.table import place_notes

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Table

SEPARATOR = ";"
"""What stands between the numbers of tags when they are joined."""


def plan_with_lists(
    table: Table, data: DataSettings, trained: Description | None = None
) -> tuple[Table, TablePlan]:
    """Returns what is read of a table, and the table in which lists of tags are one column.

    data: with the places of lists in place of their names. Raises UserError as `plan_table`, and
    where the numbers in lists cannot be those of tags.
    """
    plan = plan_table(table, data, trained)
    columns = [table.by_name[name] for name in plan.targets]
    name = name_of_all(columns) if plan.listed and columns[0].list_name else ""
    if not name or len(columns) < sum(column.list_name == name for column in table.columns):
        return table, plan

    values = values_of(columns)
    if (values[np.isfinite(values)] % 1).any():
        raise UserError(
            f"The lists in '{name}' hold fractions, which are no tags.",
            f"Choose another task ([data] task): {fitting_tasks(columns)}; or another target.",
            "data.task",
        )

    roles = {other: guess for other, guess in plan.roles.items() if other not in plan.targets}
    roles[name] = plan.roles[plan.targets[0]]
    joined = with_joined_list(table, name, SEPARATOR)
    joined = replace(joined, notes=_without_places(table, joined))
    return joined, replace(plan, roles=roles, targets=(name,), separator=SEPARATOR, listed=False)


def _without_places(table: Table, joined: Table) -> tuple[str, ...]:
    """Returns the notes of a table without the list in them that is one column now."""
    before = place_notes([column.list_name for column in table.columns])
    notes = [note for note in table.notes if note not in before]
    return (*notes, *place_notes([column.list_name for column in joined.columns]))
