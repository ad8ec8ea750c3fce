"""From the target columns of a table to the targets of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.learning.tasks import task as task_of
from app.engine.sources.arrays.listed_tags import listed_tags_of
from app.engine.sources.tables.choice.several_targets import (
    are_shares,
    are_yes_or_no,
    fitting_tasks,
    is_yes_or_no,
    name_of_all,
    points_in,
    values_of,
    yes_in,
)
from app.engine.sources.tables.written.tag_cells import is_marked, listed_tags, tags_in
from app.engine.sources.targets import (
    Targets,
    class_targets,
    no_targets,
    position_targets,
    regression_targets,
    share_targets,
    tag_targets,
    targets_for_task,
    targets_from_labels,
    targets_from_tags,
)
from app.engine.text import names_text

if TYPE_CHECKING:
    from app.engine.sources.tables.columns import Column, Table
    from app.engine.sources.tables.plan import TablePlan

MANY_CLASSES = 50
"""Up to so many classes are no reason for a warning."""


def present_targets(table: Table, plan: TablePlan) -> np.ndarray:
    """Returns the rows in which every target has a value: (N,) bool.

    Where a cell holds several tags it may also hold none. Raises UserError for texts among the
    numbers to predict.
    """
    present = np.ones(len(table), bool)
    if (plan.separator or plan.listed) and task_of(plan.task).targets == "tags":
        return present

    amounts = task_of(plan.task).targets == "amounts"
    for name in plan.targets:
        column = table.by_name[name]
        if amounts:
            _refuse_texts(table, column)
            present &= np.isfinite(column.numbers[0])
        else:
            present &= column.present

    return present


def finite_targets(table: Table, plan: TablePlan) -> np.ndarray:
    """Returns the rows without an infinite amount to predict: (N,) bool."""
    finite = np.ones(len(table), bool)
    if task_of(plan.task).targets == "amounts":
        for name in plan.targets:
            finite &= ~table.by_name[name].infinite

    return finite


def _refuse_texts(table: Table, column: Column) -> None:
    """Raises UserError, with the first cells, where texts stand among the numbers of a target."""
    examples = column.non_numbers()
    if not examples:
        return  # rows without a number are left out, which is noted there

    count = int(column.numbers[1].sum())
    cells = ", ".join(f"'{cell.text[:40]}' ({table.row_name(cell.row)})" for cell in examples)
    raise UserError(
        f"The target '{column.name}' must be a number, but {count:,} "
        f"{'cell is' if count == 1 else 'cells are'} not: {cells}.",
        "Correct these cells or leave them empty, check the decimal sign, or choose another task.",
        "data.target",
    )


def targets_of(
    table: Table, plan: TablePlan, test_only: bool = False
) -> tuple[Targets, tuple[str, ...]]:
    """Returns the targets, and what a person should know of them.

    Rows without a value are gone already. test_only: whether a network is only tested on them; then
    one class is enough.

    Raises UserError where the columns are not what the task needs.
    """
    task = task_of(plan.task)
    columns = [table.by_name[name] for name in plan.targets]
    if task.targets in ("none", "tokens") or not columns:
        return no_targets(len(table)), ()

    if task.targets == "amounts":
        values = np.stack([column.numbers[0] for column in columns], axis=1)
        notes = tuple(
            f"'{column.name}' is counted in days since 1970." for column in columns if column.date
        )
        if points_in(columns):
            return position_targets(values, plan.targets), notes
        units = [column.unit for column in columns]
        return regression_targets(values, plan.targets, units), notes

    if task.targets == "tags":
        return _tags(table, plan, columns)
    if task.targets == "shares" and len(columns) > 1:
        return _shares(columns, plan)
    if len(columns) > 1:
        return _one_hot(columns, plan)

    _refuse_several_tags(columns[0], plan.task)
    labels = columns[0].labels
    targets = targets_from_labels(labels)
    if task.targets == "shares":
        targets = targets_for_task(task, targets.classes, targets.values)
    if len(targets.classes) < 2 and not test_only:
        only = f"'{targets.classes[0]}'" if targets.classes else "nothing"
        raise UserError(
            f"'{columns[0].name}' has only one value, {only}; there is nothing to tell apart.",
            "Choose another target column.",
            "data.target",
        )

    notes = ()
    if len(targets.classes) > max(MANY_CLASSES, 0.5 * len(labels)):
        notes = (
            f"'{columns[0].name}' has {len(targets.classes):,} classes in {len(labels):,} rows: "
            "hardly any has enough examples. If it is an amount, choose regression.",
        )

    return targets, notes


def _tags(table: Table, plan: TablePlan, columns: list[Column]) -> tuple[Targets, tuple[str, ...]]:
    """Tags from one column of several tags a cell, or from a column of 0 and 1 for each tag.

    Or from columns of which every cell is a tag: "tag_1", "tag_2".
    """
    if len(columns) == 1 and plan.separator:
        return _separated_tags(columns[0], plan.separator)
    if plan.listed:
        return _tags_in_columns(table, columns)

    for column in columns:
        if not is_yes_or_no(column) and not are_yes_or_no(columns):
            raise UserError(
                f"The tag '{column.name}' must be 0 or 1, yes or no, in '{readable(table.path)}'.",
                "Choose other target columns, or another task.",
                "data.target",
            )

    values = yes_in(columns).astype(np.float32)
    most = int(values.sum(axis=1).max(initial=0))
    note = f"The {len(columns)} targets are yes or no, up to {most} of them yes in a row: tags."
    return tag_targets(values, plan.targets), (note,)


def _tags_in_columns(table: Table, columns: list[Column]) -> tuple[Targets, tuple[str, ...]]:
    """Tags from the cells of several columns, an empty one being none.

    Raises UserError where they are neither words nor whole numbers of columns of one name.
    """
    alike = name_of_all(columns)
    for column in columns:
        words = column.kind in ("text", "empty") and not is_yes_or_no(column)
        if not words and not (alike and column.whole):
            raise UserError(
                f"The tag '{column.name}' must be 0 or 1, yes or no, in '{readable(table.path)}'; "
                "or every target holds tags, in words.",
                f"Choose other target columns, or another task: {fitting_tasks(columns)}.",
                "data.target",
            )

    if all(column.numeric for column in columns):
        rows = listed_tags_of(values_of(columns))
    else:
        cells = zip(*(column.labels for column in columns), strict=True)
        rows = [list(dict.fromkeys(filter(None, row))) for row in cells]

    note = f"The tags of a row are in {len(columns)} columns, one tag a cell."
    return targets_from_tags(rows), (note,)


def _shares(columns: list[Column], plan: TablePlan) -> tuple[Targets, tuple[str, ...]]:
    """Shares of classes, a column each. Raises UserError where they do not add up to 1."""
    if not are_shares(columns):
        raise UserError(
            f"The {len(columns)} targets are no shares of classes: they do not add up to 1 in "
            "every row.",
            f"Choose other target columns, or another task: {fitting_tasks(columns)}.",
            "data.target",
        )

    values = np.stack([column.numbers[0] for column in columns], axis=1)
    note = f"The {len(columns)} targets add up to 1 in each row: soft labels."
    return share_targets(values, plan.targets), (note,)


def _one_hot(columns: list[Column], plan: TablePlan) -> tuple[Targets, tuple[str, ...]]:
    """Classes from a column of yes and no for each. Raises UserError where they are no such."""
    task = task_of(plan.task)
    if not are_yes_or_no(columns):
        names = names_text([column.name for column in columns], 3)
        raise UserError(
            f"{task.label} predicts one column, but {len(columns)} are chosen: {names}.",
            "Choose one of them as the target ([data] target), or another task ([data] task): "
            f"{fitting_tasks(columns)}.",
            "data.target",
        )

    values = yes_in(columns)
    counts = values.sum(axis=1)
    if wrong := int((counts != 1).sum()):
        raise UserError(
            f"{task.label} needs one class in each row; of the {len(columns)} targets, {wrong:,} "
            f"{'row has' if wrong == 1 else 'rows have'} none or several.",
            "Choose several tags (multi-label) as the task.",
            "data.task",
        )

    note = f"Of the {len(columns)} targets one is yes in each row (one-hot): they are the classes."
    return class_targets(plan.targets, values.argmax(axis=1).astype(np.int64)), (note,)


def _refuse_several_tags(column: Column, task: str) -> None:
    """Raises UserError where lists of several tags are to be one class."""
    if not column.separator:
        return

    several = sum(column.separator in text for text in column.texts.to_pylist())
    if several:
        raise UserError(
            f"Task '{task}' needs one class in each row, but {several:,} of the lists in "
            f"'{column.name}' hold several tags.",
            "Choose 'multi-label' as the task ([data] task).",
            "data.task",
        )


def _separated_tags(column: Column, separator: str) -> tuple[Targets, tuple[str, ...]]:
    texts = column.texts.to_pylist()
    if marked := _marked_tags(column, texts):
        return marked

    rows = [tags_in(text, separator) for text in texts]
    if not any(rows):
        raise UserError(
            f"'{column.name}' holds no tags.", "Choose another target column.", "data.target"
        )

    listed = any(listed_tags(text) is not None for text in texts)
    how = "lists, written as texts" if listed else f"separated by '{separator}'"
    how = "lists" if column.separator else how
    notes = [f"The tags in '{column.name}' are {how}."]
    without = sum(not tags for tags in rows)
    if without:
        notes.append(f"{without:,} {'row has' if without == 1 else 'rows have'} no tag.")

    return targets_from_tags(rows), tuple(notes)


def _marked_tags(column: Column, texts: list[str]) -> tuple[Targets, tuple[str, ...]] | None:
    """Tags from lists of 0 and 1 such as "[0, 1, 1]", by their places; None for other cells."""
    rows = [listed_tags(text) for text in texts]
    known = [row for row in rows if row is not None]
    if not known or len(known) < len(rows) or not is_marked(known):
        return None

    names = tuple(f"{column.name}[{place}]" for place in range(len(known[0])))
    values = np.array([[word == "1" for word in row] for row in known], np.float32)
    note = f"'{column.name}' has lists of {len(names)} times 0 or 1, written as texts: tags."
    return tag_targets(values, names), (note,)
