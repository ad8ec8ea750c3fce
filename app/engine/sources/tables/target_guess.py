"""Which column of a table is predicted, and which task its values suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.learning.tasks import task as task_of
from app.engine.sources.tables.choice.likely_target import likely_target
from app.engine.sources.tables.choice.several_targets import TaskGuess, guess_of_several
from app.engine.sources.tables.choice.target_names import TARGET_NAMES, plain_name
from app.engine.sources.tables.written.tag_cells import SEPARATOR, holds_tags, lists_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.learning.task import Task
    from app.engine.sources.tables.columns import Column, Table
    from app.engine.sources.tables.roles import RoleGuess

FEW = 10
"""Whole numbers with at most so many distinct values are taken for classes."""

DOUBTFUL = 20
"""With at most so many the person is asked whether they are classes or amounts."""

SEPARATORS = (";", "|", ",", "/")
TAGGED_SHARE = 0.2
"""Tags are separated by a sign that stands in at least this share of the cells."""

LONGEST_TAG = 4
"""Words of a tag; what is longer is a sentence with commas in it."""

NAMED = 8
"""At most so many columns are named as possible targets."""


def guess_target(
    table: Table, roles: Mapping[str, RoleGuess], requested: Task | None
) -> Column | None:
    """Finds the column to predict: by its name, else the likeliest one that suits the task.

    None where there is none, or none but the only one that could be read.
    """
    candidates = _candidates(table, roles, requested)
    by_name = {plain_name(column.name): column for column in reversed(candidates)}
    for name in TARGET_NAMES:
        if name in by_name:
            return by_name[name]

    if len(candidates) > 1:
        return likely_target(candidates)

    has_other_inputs = any(role.role in ("text", "image") for role in roles.values())
    return candidates[0] if candidates and has_other_inputs else None


def guess_list(
    table: Table, roles: Mapping[str, RoleGuess], requested: Task | None
) -> tuple[str, ...]:
    """Finds the columns of a list that is named like a target, or is all beside a picture or text.

    () where there is none.
    """
    if requested is not None and requested.targets not in ("amounts", "tags"):
        return ()

    lists = {
        plain_name(column.list_name): column.list_name
        for column in table.columns
        if column.list_name and not roles[column.name].chosen
    }
    found = next((lists[name] for name in TARGET_NAMES if name in lists), None)
    if found is None and len(lists) == 1 and _is_all_beside_files(table, roles):
        (found,) = lists.values()
    if found is None:
        return ()

    return tuple(column.name for column in table.columns if column.list_name == found)


def _is_all_beside_files(table: Table, roles: Mapping[str, RoleGuess]) -> bool:
    """Returns whether nothing but places of lists is left to predict from pictures or texts."""
    used = {column.name: roles[column.name].role for column in table.columns}
    values = [column for column in table.columns if used[column.name] in ("number", "category")]
    has_files = any(role in ("text", "image") for role in used.values())
    has_tags = any(holds_tags(column) for column in table.columns)
    return has_files and not has_tags and all(column.list_name for column in values)


def _candidates(
    table: Table, roles: Mapping[str, RoleGuess], requested: Task | None
) -> list[Column]:
    """Returns the columns that the task could be about, in the order of the table."""
    usable = [
        column for column in table.columns if roles[column.name].role in ("number", "category")
    ]
    usable = [column for column in usable if not column.list_name] or usable
    guessed = [column for column in usable if not roles[column.name].chosen]
    usable = guessed or usable  # all of them were chosen by hand, but no target

    def mostly_numbers(column: Column) -> bool:
        return column.kind == "mixed" and not roles[column.name].chosen

    if requested is not None and requested.targets == "amounts":
        return [
            column
            for column in table.columns
            if mostly_numbers(column) or (column in usable and column.kind == "number")
        ]

    if requested is not None and requested.targets == "classes":
        fitting = [
            column
            for column in usable
            if not column.numeric or (column.whole and column.distinct <= DOUBTFUL)
        ]
        return fitting or usable

    # A column that is named like a target is one, even with a slip among its numbers.
    slips = [
        column
        for column in table.columns
        if mostly_numbers(column) and plain_name(column.name) in TARGET_NAMES
    ]
    lists = [
        column
        for column in table.columns
        if roles[column.name].role == "ignore"
        and not roles[column.name].chosen
        and holds_tags(column)
    ]
    slips += [column for column in lists if plain_name(column.name) in TARGET_NAMES]
    return [*usable, *slips] or lists


def guess_task(
    table: Table, data: DataSettings, targets: Sequence[str], reasons: str = ""
) -> TaskGuess:
    """Returns the task that is chosen, or that the target columns suggest.

    reasons: why other columns are no targets, in brackets, for the message.

    Raises UserError where there is no target and the task needs one.
    """
    if not targets:
        if data.task is None or task_of(data.task).targets not in ("none", "tokens"):
            raise UserError(
                f"No column of '{readable(table.path)}' is left to be predicted{reasons}.",
                f"{_choices(table)}, or reconstruction as the task.",
                "data.target",
            )
        return TaskGuess(data.task)

    columns = [table.by_name[name] for name in targets]
    if data.task is not None:
        if task_of(data.task).targets != "tags" or len(columns) > 1:
            return TaskGuess(data.task)

        separator = data.separator or find_separator(columns[0]) or ";"
        return TaskGuess(data.task, separator=separator)

    if len(columns) > 1:
        return guess_of_several(table, columns)

    return _guess_of_column(columns[0], data)


def _choices(table: Table) -> str:
    """Returns advice that names the columns that can be targets, lists by their own names."""
    names = [column.list_name or column.name for column in table.columns if not column.nested]
    names = list(dict.fromkeys(names))
    if len(names) < 2:
        return "Choose the target column"

    shown = ", ".join(f"'{readable(name)}'" for name in names[:NAMED])
    return f"Choose the target, one of: {shown}{', …' if len(names) > NAMED else ''}"


def _guess_of_column(column: Column, data: DataSettings) -> TaskGuess:
    if data.separator is not None:
        return TaskGuess("multi-label", separator=data.separator)
    if column.separator and _has_other_than_one(column):
        return TaskGuess("multi-label", separator=column.separator)
    if column.kind == "mixed":
        return TaskGuess("regression")
    if column.numeric:
        return _guess_of_numbers(column)
    if lists := lists_in(column):
        if lists == "words":
            return TaskGuess("multi-label", separator=SEPARATOR)
        raise UserError(
            f"'{column.name}' has lists of amounts, written as texts.",
            "Write each amount into a column of its own, or save the table as Parquet or JSON "
            "Lines.",
            "data.target",
        )
    if column.distinct == 2:
        return TaskGuess("binary-classification")
    if separator := find_separator(column):
        return TaskGuess("multi-label", separator=separator)

    return TaskGuess("classification")


def _guess_of_numbers(column: Column) -> TaskGuess:
    if not column.whole:
        return TaskGuess("regression")
    if column.distinct == 2:
        return TaskGuess("binary-classification")
    if column.distinct > DOUBTFUL or column.distinct >= 0.5 * int(column.present.sum()):
        return TaskGuess("regression")

    classes = column.distinct <= FEW
    question = (
        f"'{column.name}' has {column.distinct} different whole numbers. Are they classes or "
        f"amounts? Taken for {'classes' if classes else 'amounts'}; choose the task to decide."
    )
    return TaskGuess("classification" if classes else "regression", question)


def find_separator(column: Column) -> str:
    """Finds the sign that clearly stands between tags: they come again in many combinations.

    "" where there is none.
    """
    codes, words = column.factorized
    if column.separator:
        return column.separator
    if column.numeric or not words:
        return ""
    if lists_in(column) == "words":
        return SEPARATOR

    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    best = ""
    best_share = 0.0
    for separator in SEPARATORS:
        several = np.array([separator in word for word in words])
        share = float(counts[several].sum() / max(1, counts.sum()))
        tags = {tag.strip() for word in words for tag in word.split(separator)} - {""}
        if (
            share < TAGGED_SHARE
            or not tags
            or len(tags) >= len(words)
            or len(tags) > 0.3 * counts.sum()
            or max(len(tag.split()) for tag in tags) > LONGEST_TAG
        ):
            continue

        if share > best_share:
            best = separator
            best_share = share

    return best


def _has_other_than_one(column: Column) -> bool:
    """Returns whether some of the lists that the cells of a column were have no or many words."""
    cells = column.factorized[1]
    return not column.present.all() or any(column.separator in cell for cell in cells)
