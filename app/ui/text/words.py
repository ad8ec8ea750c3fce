"""Datasets, examples and answers in a person's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.nouns import counted, noun
from app.engine.learning.tasks import TASKS
from app.engine.text import amount_text, count_text, list_text, number_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from models.shape import Input, Problem


def holds(description: Description, task: Task | None = None) -> str:
    """Returns what a dataset holds, in one line.

    "1,797 grey pictures of 8 × 8 in 10 classes", or "569 rows of 30 columns: yes or no".
    task: the one that is chosen, where it is not the data's own.
    """
    task = task or TASKS[description.task]
    if task.targets == "tokens":
        length = description.preparation.inputs[0].shape[0]
        pieces = f"{description.about}{count_text(description.total, 'piece')}"
        return f"{pieces} of text of {count_text(length, 'token')}"

    return f"{_examples(description)}{_targets(description, task)}"


def _examples(description: Description) -> str:
    """Returns how many examples there are, and their size: "442 rows of 10 columns"."""
    first = description.preparation.inputs[0]
    if description.kind == "image":
        colour = "grey" if first.shape[0] == 1 else "colour"
        return f"{count_text(description.total, f'{colour} picture')} of {size_words(first)}"

    if description.kind == "pair":
        left, right = getattr(description.preparation, "names", ("first", "second"))
        return f"{counted(description.kind, description.total)} of {left} and {right}"

    # Columns, not values: a gap or a category makes further values of a column.
    columns = getattr(description.preparation, "columns", ())
    rate = getattr(description.preparation, "rate", None)
    size = count_text(len(columns), "column") if columns else size_words(first, rate)
    return f"{counted(description.kind, description.total)} of {size}"


def size_words(entry: Input, rate: float | None = None) -> str:
    """Returns the size of one example, of a picture width × height.

    "28 × 28", "30 values", "up to 64 tokens", "2 × 128 values", or "1.5 s at 8,000 Hz" where the
    rate of a signal is known, in samples a second.
    """
    if entry.kind == "image":
        return f"{entry.shape[2]} × {entry.shape[1]}"
    if entry.kind == "row":
        return count_text(entry.shape[0], "value")
    if entry.kind == "text":
        return f"up to {count_text(entry.shape[0], 'token')}"

    channels, length = entry.shape
    if rate:
        stereo = "" if channels == 1 else f"{channels:,} channels of "
        return f"{stereo}{number_text(length / rate, 2)} s at {rate:,.0f} Hz"

    values = count_text(length, "value")
    return values if channels == 1 else f"{channels:,} × {values}"


def _targets(description: Description, task: Task) -> str:
    """Returns what is to be predicted of each example, as the end of a sentence."""
    if description.amounts:
        names = [amount.name for amount in description.amounts]
        return f": {names[0]}" if len(names) == 1 else f": {count_text(len(names), 'amount')}"

    if not description.classes:
        return ""
    if task.yes_or_no:
        return ": yes or no"
    if task.targets == "tags":
        return f" with {count_text(len(description.classes), 'tag')}"

    return f" in {count_text(len(description.classes), 'class', 'classes')}"


def target_words(description: Description, target: Any) -> str:
    """Returns the target of one example for a caption: its class, its tags, or its amounts.

    target: a row of Dataset.targets.
    """
    values = np.asarray(target)
    if description.amounts:
        amounts = zip(values.ravel(), description.amounts, strict=True)
        return list_text([amount_text(float(value), amount.unit) for value, amount in amounts], 3)

    if not description.classes:
        return ""
    if values.ndim and are_shares(values):
        order = np.argsort(-values, kind="stable")
        shares = [f"{description.classes[k]} {percent_text(float(values[k]))}" for k in order]
        return list_text(shares, 2)
    if values.ndim:
        tags = zip(description.classes, values, strict=True)
        return list_text([name for name, is_set in tags if is_set], 3)

    return description.classes[int(values)]


def are_shares(targets: np.ndarray) -> bool:
    """Returns whether targets (..., K) of classes are shares and no tags, which are 0 or 1."""
    return bool(((targets > 0) & (targets < 1)).any())


def answers_words(problem: Problem, description: Description, task: Task) -> str:
    """Returns what the network answers with, for the Model page: "10 classes", "2 amounts"."""
    if problem.answers == "tokens":
        return f"the next of {problem.outputs:,} tokens, after every token"
    if problem.answers == "copy":
        return f"{noun(description.kind, 1)} restored, {size_words(problem.first)}"
    if problem.answers == "pair":
        return f"a point of {problem.outputs:,} numbers for each half of a pair"
    if task.embeds:
        return f"a point of {problem.outputs:,} numbers"
    if description.amounts:
        return list_text([amount.name for amount in description.amounts], 3)
    if task.yes_or_no:
        return "1 number: yes or no"

    many = ("tag", "tags") if task.targets == "tags" else ("class", "classes")
    return count_text(problem.outputs, *many)
