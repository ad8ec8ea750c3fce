"""Data and large numbers in a person's words. Bytes, losses, shares and times are in amounts.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.nouns import counted, noun
from app.engine.learning.tasks import TASKS
from app.engine.text import amount
from app.ui.text.amounts import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from models.shape import Input, Problem


def short(number: float) -> str:
    """A large number with three figures: 11.4 M; below ten thousand it is written out."""
    if abs(number) < 10_000:
        return f"{number:,.0f}"

    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "G")):
        if abs(number) < limit * 0.9995:
            value = number / (limit / 1e3)
            return f"{value:.0f} {unit}" if value >= 99.95 else f"{value:.1f} {unit}"

    return f"{number / 1e12:,.1f} T"


def share_text(share: float) -> str:
    """A share of 1 in whole percent; what is not nothing never reads "0 %"."""
    return "< 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def listed(names: Sequence[str], most: int = 4) -> str:
    """ "a, b and c", or "a, b, c and 5 more"."""
    names = list(names)
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    if len(names) < 2:
        return "".join(names)

    return f"{', '.join(names[:-1])} and {names[-1]}"


def holds(description: Description, task: Task | None = None) -> str:
    """What a dataset holds, in one line: "1,797 grey pictures of 8 × 8 in 10 classes", "569 rows of
    30 columns: yes or no". task: the one that is chosen, where it is not the data's own.
    """
    task = task or TASKS[description.task]
    if task.targets == "tokens":
        length = description.preparation.inputs[0].shape[0]
        return f"{count_text(description.total, 'piece')} of text of {count_text(length, 'token')}"

    return f"{_examples(description)}{_asked(description, task)}"


def _examples(description: Description) -> str:
    """How many of what: "442 rows of 10 columns"."""
    first = description.preparation.inputs[0]
    if description.kind == "image":
        colour = "grey" if first.shape[0] == 1 else "colour"
        return f"{count_text(description.total, f'{colour} picture')} of {size_words(first)}"

    if description.kind == "pair":
        left, right = getattr(description.preparation, "names", ("first", "second"))
        return f"{counted(description.kind, description.total)} of {left} and {right}"

    columns = getattr(
        description.preparation, "columns", ()
    )  # of these gaps may make further values
    size = count_text(len(columns), "column") if columns else size_words(first)
    return f"{counted(description.kind, description.total)} of {size}"


def size_words(one: Input) -> str:
    """How large one example is: "28 × 28" (width × height), "30 values", "up to 64 tokens", "2 ×
    128 values".
    """
    if one.kind == "image":
        return f"{one.shape[2]} × {one.shape[1]}"
    if one.kind == "row":
        return count_text(one.shape[0], "value")
    if one.kind == "text":
        return f"up to {count_text(one.shape[0], 'token')}"

    channels, length = one.shape
    return (
        count_text(length, "value")
        if channels == 1
        else f"{channels:,} × {count_text(length, 'value')}"
    )


def _asked(description: Description, task: Task) -> str:
    """What each is asked, as the end of a sentence."""
    if description.amounts:
        names = [amount.name for amount in description.amounts]
        return f": {names[0]}" if len(names) == 1 else f": {count_text(len(names), 'amount')}"

    if not description.classes:
        return ""
    if task.view == "yes-no":
        return ": yes or no"
    if task.targets == "tags":
        return f" with {count_text(len(description.classes), 'tag')}"

    return f" in {count_text(len(description.classes), 'class', 'classes')}"


def target_words(description: Description, target: Any) -> str:
    """What the data say of one example, for a caption: its class, its tags, its amounts with their
    units.

    target: a row of Dataset.targets.
    """
    values = np.asarray(target)
    if description.amounts:
        predictions = [
            amount(float(value), one.unit)
            for value, one in zip(values.ravel(), description.amounts, strict=True)
        ]
        return listed(predictions, 3)

    if not description.classes:
        return ""
    if values.ndim:
        return listed(
            [name for name, value in zip(description.classes, values, strict=True) if value], 3
        )

    return description.classes[int(values)]


def answers_words(problem: Problem, description: Description, task: Task) -> str:
    """What the network answers with, for the Model page: "10 classes", "1 number: yes or no", "2
    amounts".
    """
    if problem.answers == "tokens":
        return f"the next of {problem.outputs:,} tokens, after every token"
    if problem.answers == "copy":
        return f"{noun(description.kind, 1)} restored, {size_words(problem.first)}"
    if problem.answers == "pair":
        return f"a point of {problem.outputs:,} numbers for each half of a pair"
    if task.embeds:
        return f"a point of {problem.outputs:,} numbers"
    if description.amounts:
        return listed([amount.name for amount in description.amounts], 3)
    if task.view == "yes-no":
        return "1 number: yes or no"

    many = ("tag", "tags") if task.targets == "tags" else ("class", "classes")
    return count_text(problem.outputs, *many)
