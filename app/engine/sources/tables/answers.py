"""From the target columns to what the network must answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.learning.tasks import task as task_of
from app.engine.sources.tables.plan import Plan, yes_or_no
from app.engine.sources.targets import Targets, amounts_of, classes_of, none_of, tagged, tags_of

if TYPE_CHECKING:
    from app.engine.sources.tables.columns import Column, Table

TRUE = frozenset({"1", "yes", "true", "y", "ja", "t", "x"})


def present(table: Table, plan: Plan) -> np.ndarray:
    """(N,) bool: the rows in which every target has a value; several tags in one cell may be none."""
    found = np.ones(len(table), bool)
    if plan.separator and task_of(plan.task).targets == "tags":
        return found

    amounts = task_of(plan.task).targets == "amounts"
    for name in plan.targets:
        column = table.by_name[name]
        if amounts:
            _refuse_texts(table, column)
            found &= np.isfinite(column.numbers[0])
        else:
            found &= column.present

    return found


def finite(table: Table, plan: Plan) -> np.ndarray:
    """(N,) bool: the rows without an infinite amount to predict."""
    found = np.ones(len(table), bool)
    if task_of(plan.task).targets == "amounts":
        for name in plan.targets:
            found &= ~table.by_name[name].infinite

    return found


def _refuse_texts(table: Table, column: Column) -> None:
    """Raises UserError, with the first three cells, where texts stand among the numbers of a
    target.
    """
    odd = column.odd()
    if not odd:
        return  # rows without a number are left out, and told of there

    count = int(column.numbers[1].sum())
    cells = ", ".join(f"'{one.text[:40]}' ({table.row_of(one.place)})" for one in odd)
    raise UserError(
        f"The target '{column.name}' must be a number, but {count:,} "
        f"{'cell is' if count == 1 else 'cells are'} not: "
        f"{cells}.",
        "Mend these cells or leave them empty, check the decimal sign, or choose another task.",
        "data.target",
    )


def targets_of(table: Table, plan: Plan, judged: bool = False) -> tuple[Targets, tuple[str, ...]]:
    """The targets and what a person should know of them.

    Rows without a value are gone already. judged: only to be judged, then one class is enough.

    Raises UserError where the columns are not what the task needs.
    """
    task = task_of(plan.task)
    columns = [table.by_name[name] for name in plan.targets]
    if task.targets in ("none", "tokens") or not columns:
        return none_of(len(table)), ()

    if task.targets == "amounts":
        values = np.stack([column.numbers[0] for column in columns], axis=1)
        notes = tuple(
            f"'{column.name}' is counted in days since 1970." for column in columns if column.date
        )
        return amounts_of(values, plan.targets), notes

    if task.targets == "tags":
        return _tags(table, plan, columns)
    if len(columns) > 1:
        raise UserError(
            f"{task.label} predicts one column, but {len(columns)} are chosen.",
            "Choose one target, or another task.",
            "data.target",
        )

    labels = columns[0].texts.to_pylist()
    targets = classes_of(labels)
    if len(targets.classes) < 2 and not judged:
        only = f"'{targets.classes[0]}'" if targets.classes else "nothing"
        raise UserError(
            f"'{columns[0].name}' has only one value, {only}; there is nothing to tell apart.",
            "Choose another target column.",
            "data.target",
        )

    notes = ()
    if len(targets.classes) > max(50, 0.5 * len(labels)):
        notes = (
            f"'{columns[0].name}' has {len(targets.classes):,} classes in {len(labels):,} rows: "
            "hardly any has "
            "enough examples. If it is an amount, choose regression.",
        )

    return targets, notes


def _tags(table: Table, plan: Plan, columns: list[Column]) -> tuple[Targets, tuple[str, ...]]:
    if len(columns) == 1 and plan.separator:
        tags = [
            [tag.strip() for tag in text.split(plan.separator) if tag.strip()]
            for text in columns[0].texts.to_pylist()
        ]
        tags = [list(dict.fromkeys(one)) for one in tags]
        if not any(tags):
            raise UserError(
                f"'{columns[0].name}' holds no tags.",
                "Choose another target column.",
                "data.target",
            )

        none = sum(not one for one in tags)
        notes = [f"The tags in '{columns[0].name}' are separated by '{plan.separator}'."]
        if none:
            notes.append(f"{none:,} {'row has' if none == 1 else 'rows have'} no tag.")

        return tags_of(tags), tuple(notes)

    for column in columns:
        if not yes_or_no(column):
            raise UserError(
                f"The tag '{column.name}' must be 0 or 1, yes or no, in '{readable(table.path)}'.",
                "Choose other target columns, or another task.",
                "data.target",
            )

    values = np.stack(
        [
            column.numbers[0] > 0
            if column.numeric
            else np.array([text.lower() in TRUE for text in column.texts.to_pylist()])
            for column in columns
        ],
        axis=1,
    )
    return tagged(values.astype(np.float32), plan.targets), ()
