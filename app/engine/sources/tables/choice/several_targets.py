"""Several columns, or the places of a list, as one target: what their values are together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.sources.arrays.label_form import find_form
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.sources.tables.columns import Column, Table

TRUE = frozenset({"1", "yes", "true", "y", "ja", "t", "x"})
"""What stands for 1 in a column that is a tag, in small letters."""

SUM_TOLERANCE = 1e-3
"""Shares add up to 1 within this."""

YES_OR_NO = (
    {"0", "1"},
    {"no", "yes"},
    {"false", "true"},
    {"n", "y"},
    {"nein", "ja"},
    {"f", "t"},
    {"yes"},
    {"no"},
    {"true"},
    {"false"},
)


NUMBERED = re.compile(r"(?P<stem>.*?)[ _.\-]*[\[(]?\d+[\])]?")
"""A name that ends in a number, such as "label_0"."""

POINT = re.compile(r".*\[\d+, (?P<axis>\d+)\]")
"""The name of a place in lists within lists, "points[4, 0]"."""


@dataclass(frozen=True)
class TaskGuess:
    """The task of a table, chosen or guessed.

    question: what a person is asked about the target, "" if nothing. separator: between tags in one
    cell, "" where there is one value a cell. note: what a person should know, "" if nothing.
    """

    task: str
    question: str = ""
    separator: str = ""
    note: str = ""


def guess_of_several(table: Table, columns: Sequence[Column]) -> TaskGuess:
    """Returns the task that several target columns suggest.

    Raises UserError, with the choices, where their values leave it open.
    """
    if are_yes_or_no(columns):
        return TaskGuess("classification" if are_one_hot(columns) else "multi-label")
    if are_shares(columns):
        return TaskGuess("soft-labels")
    if any(column.kind == "text" for column in columns):
        raise _open_question(table, columns, f"hold words ({_words_in(columns)})", False)

    name = name_of_all(columns)
    if not name:
        return TaskGuess("regression")

    # Few rows without a value are left out later; of a list with gaps the gaps are no tags.
    values = values_of(columns)
    whole_rows = values[np.isfinite(values).all(axis=1)]
    if not len(whole_rows):
        whole_rows = np.nan_to_num(values)
    form = find_form(whole_rows, name, points_in(columns))
    if form.kind != "listed tags":
        note = (
            form.note if form.kind == "keypoints" else _note_on_amounts(columns, name, form.whole)
        )
        return TaskGuess("regression", note=note)
    if not form.task:
        what = (
            f"hold {len(columns)} whole numbers a row, none twice in one: the numbers of its tags, "
            "or amounts"
        )
        raise _open_question(table, columns, what, True)

    question = (
        f"'{name}' has {len(columns)} whole numbers in each row, none twice in one. Are they the "
        "numbers of its tags, or amounts? Taken for tags; choose the task to decide."
    )
    return TaskGuess("multi-label", question)


def _note_on_amounts(columns: Sequence[Column], name: str, whole: bool) -> str:
    note = f"'{name}' has {len(columns)} numbers in each row: amounts to predict."
    if whole:
        note += (
            f" For the numbers of tags choose the task 'multi-label', for classes one target of "
            f"'{columns[0].name}' to '{columns[-1].name}'."
        )

    return note


def _open_question(
    table: Table, columns: Sequence[Column], what: str, may_be_amounts: bool
) -> UserError:
    listed = name_of_all(columns) if columns[0].list_name else ""
    subject = f"The lists in '{listed}'" if listed else f"The {len(columns)} targets"
    amounts = ", 'regression' for amounts" if may_be_amounts else ""
    return UserError(
        f"{subject} of '{readable(table.path)}' {what}.",
        f"Choose the task ([data] task): 'multi-label' for tags{amounts}; or one target ([data] "
        f"target), such as '{columns[0].name}'.",
        "data.task",
    )


def fitting_tasks(columns: Sequence[Column]) -> str:
    """Returns the tasks that several columns can be the targets of, for a remedy."""
    numeric = all(column.numeric for column in columns)
    tasks = []
    if are_yes_or_no(columns) or not numeric or all(column.whole for column in columns):
        tasks.append("'multi-label' for tags")
    if are_shares(columns):
        tasks.append("'soft-labels' for shares of classes")
    if numeric:
        tasks.append("'regression' for amounts")

    return ", ".join(tasks)


def points_in(columns: Sequence[Column]) -> int:
    """Returns how many points with x and y, or z, the places of a list are; 0 where they are none.

    Such are lists of two or three numbers within lists: "points[4, 0]" and "points[4, 1]".
    """
    matches = [POINT.fullmatch(column.name) for column in columns if column.list_name]
    if len(matches) < len(columns) or not all(matches):
        return 0

    axes = {int(match["axis"]) for match in matches if match}
    return len(columns) // len(axes) if len(axes) in (2, 3) else 0


def _words_in(columns: Sequence[Column]) -> str:
    words = next(column.factorized[1] for column in columns if column.kind == "text")
    return names_text(words, 2)


def name_of_all(columns: Sequence[Column]) -> str:
    """Returns what columns have in common: a list, or a name before their numbers; "" for none."""
    lists = {column.list_name for column in columns}
    if len(lists) > 1 or len(columns) < 2:
        return ""
    if only := next(iter(lists)):
        return only

    matches = [NUMBERED.fullmatch(column.name.strip()) for column in columns]
    stems = {match["stem"] if match else "" for match in matches}
    return next(iter(stems)) if len(stems) == 1 else ""


def values_of(columns: Sequence[Column]) -> np.ndarray:
    """Returns the numbers in columns (N, K), NaN where there is none."""
    return np.stack([column.numbers[0] for column in columns], axis=1)


def are_yes_or_no(columns: Sequence[Column]) -> bool:
    """Returns whether each of several columns says yes or no, in numbers also as 1 and -1."""
    if all(is_yes_or_no(column) for column in columns):
        return True
    if not all(column.numeric for column in columns):
        return False

    values = values_of(columns)
    return set(np.unique(values[np.isfinite(values)]).tolist()) == {-1.0, 1.0}


def are_one_hot(columns: Sequence[Column]) -> bool:
    """Returns whether in every row exactly one of several columns of yes and no says yes."""
    return bool((yes_in(columns).sum(axis=1) == 1).all())


def are_shares(columns: Sequence[Column]) -> bool:
    """Returns whether several columns are shares that add up to 1 in every row that has them."""
    if not all(column.numeric and not column.date for column in columns):
        return False

    values = np.stack([column.numbers[0] for column in columns], axis=1)
    values = values[np.isfinite(values).all(axis=1)]
    sums = np.abs(values.sum(axis=1) - 1)
    return bool(len(values)) and bool((values >= 0).all()) and bool((sums <= SUM_TOLERANCE).all())


def yes_in(columns: Sequence[Column]) -> np.ndarray:
    """Returns where columns of 0 and 1, or of words like them, say yes: (N, K) bool."""
    return np.stack(
        [
            column.numbers[0] > 0
            if column.numeric
            else np.array([text.lower() in TRUE for text in column.texts.to_pylist()])
            for column in columns
        ],
        axis=1,
    )


def is_yes_or_no(column: Column) -> bool:
    """Returns whether it has nothing but 0 and 1, or words like them."""
    if column.numeric:
        values = column.numbers[0]
        return set(np.unique(values[np.isfinite(values)]).tolist()) <= {0.0, 1.0}

    return {word.lower() for word in column.factorized[1]} in YES_OR_NO
