"""Findings before a training, from the data and the settings, with the changes that help.

Each finding is silent where the data have not what it speaks of: classes, tags, amounts, texts or
pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.advice.remedies import QUOTE, balanced, has, more_variation, quoted
from app.engine.data.nouns import counted, noun
from app.engine.errors import UserError
from app.engine.experiment.resolve import task_of
from app.engine.learning import scores
from app.engine.learning.tasks import TASKS, Task
from app.engine.runs.findings import Finding, Remedy, ordered
from app.engine.sources.summary import balance
from app.engine.text import amount_text, names_text, number_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.data.dataset import Amount, Dataset, Description
    from app.engine.experiment.experiment import Experiment
    from models.shape import Input

FEW = 30
VERY_FEW = 10
"""Training examples of a class or a tag."""

FEW_IN_ALL = 100
VERY_FEW_IN_ALL = 20
"""Training examples where there are no classes."""

FAR = 6.0
"""An amount is an outlier when it lies so many standard deviations off.

They are measured on its own side of the median and without the outer tenth, so that outliers do not
hide themselves by making the spread large.
"""

USE_L1 = Remedy("Use L1", {"loss.kind": "l1"}, restart=True)

FEW_OTHERS = 32
"""A batch with fewer examples to compare is too easy: each must be told from few others."""


def task_meant(experiment: Experiment, description: Description) -> Task:
    """Returns the task of these settings, or that of the data where the two do not fit."""
    try:
        return task_of(experiment, description)
    except UserError:
        return TASKS[description.task]


def before_training(
    experiment: Experiment, description: Description, dataset: Dataset | None = None
) -> list[Finding]:
    """Returns what the data and the settings give reason to say, the gravest first.

    dataset: for what only the examples show (outliers, cut texts); without it that is left out.
    """
    return ordered(_findings(experiment, description, dataset))


def _findings(
    experiment: Experiment, description: Description, dataset: Dataset | None
) -> Iterator[Finding]:
    task = task_meant(experiment, description)
    if description.classes and task.targets in ("classes", "tags"):
        if task.targets == "classes" and not task.embeds:
            yield from _imbalance(experiment, description)
        if task.targets == "tags":
            yield from _rare_tags(experiment, description)
        yield from _few_of_some(experiment, description)
    else:
        yield from _few_in_all(experiment, description)

    yield from _few_in_validation(description, task)
    if task.embeds:
        yield from _small_batch(experiment, description)

    if dataset is not None:
        if task.targets == "amounts":
            yield from _outliers(experiment, dataset)
        if task.targets != "tokens":
            yield from _cut_texts(description, dataset)

    yield from _mirrored(experiment, description)
    yield from _contradictions(description)
    yield from _left_out(description)


def _imbalance(experiment: Experiment, description: Description) -> Iterator[Finding]:
    counts = description.counts["training"]
    _, level = balance(description)
    if level == "good":
        return

    large = int(np.argmax(counts))
    small = int(np.argmin(counts))
    largest = quoted(description.classes[large])
    share = counts[large] / sum(counts)
    text = (
        f"{largest} has {counted(description.kind, counts[large])}, "
        f"{quoted(description.classes[small])} {counts[small]:,}. Always saying {largest} would be "
        f"right on {percent_text(share)}."
    )

    weight = getattr(experiment.loss, "positive_weight", None)
    if getattr(experiment.loss, "class_weights", "none") == "balanced" or weight not in (None, 1.0):
        yield Finding(
            "imbalance",
            "info",
            "Uneven classes, balanced",
            text + " Rare classes count more in the loss.",
        )
        return

    yield Finding(
        "imbalance",
        level,
        "Uneven classes",
        text,
        balanced(experiment, task_meant(experiment, description)),
    )


def _rare_tags(experiment: Experiment, description: Description) -> Iterator[Finding]:
    counts = description.counts["training"]
    size = description.size("training")
    rare = [
        name for name, count in zip(description.classes, counts, strict=True) if count < 0.05 * size
    ]

    remedy = balanced(experiment, task_meant(experiment, description))
    if rare and remedy is not None and getattr(experiment.loss, "positive_weight", None) is None:
        verb = "stands" if len(rare) == 1 else "stand"
        yield Finding(
            "imbalance",
            "warning",
            "Rare tags",
            f"{names_text(rare, 4, QUOTE)} {verb} on fewer than one {noun(description.kind, 1)} in "
            "twenty: never setting a rare tag costs little, so it may not be learned.",
            remedy,
        )


def _few_of_some(experiment: Experiment, description: Description) -> Iterator[Finding]:
    """Finds classes or tags with few examples."""
    counts = description.counts["training"]
    few = [name for name, count in zip(description.classes, counts, strict=True) if count < FEW]
    if few:
        words = noun(description.kind)
        varied = more_variation(experiment, description)
        yield Finding(
            "few",
            "problem" if min(counts) < VERY_FEW else "warning",
            "Few examples",
            f"{names_text(few, 4, QUOTE)} {has(few)} fewer than {FEW} {words} to learn from; the "
            f"fewest are {min(counts)}. More {words} help "
            f"most{'; varying them helps some' if varied else ''}.",
            varied,
        )


def _few_in_all(experiment: Experiment, description: Description) -> Iterator[Finding]:
    size = description.size("training")
    if size < FEW_IN_ALL:
        varied = more_variation(experiment, description)
        yield Finding(
            "few",
            "problem" if size < VERY_FEW_IN_ALL else "warning",
            "Few examples",
            f"There {'is' if size == 1 else 'are'} {counted(description.kind, size)} to learn "
            "from; a network learns so few by heart. More help "
            f"most{'; varying them helps some' if varied else ''}.",
            varied,
        )


def _few_in_validation(description: Description, task: Task) -> Iterator[Finding]:
    size = description.size("validation")
    if not 0 < size < 50:
        return

    text = f"{counted(description.kind, size)} {'judges' if size == 1 else 'judge'} every epoch: "
    if task.headline.name == "accuracy":
        low, high = scores.wilson(round(0.8 * size), size)
        text += f"80 % right could as well be {percent_text(low)} or {percent_text(high)}."
    else:
        text += "the figures will jump, and another division would give others."

    yield Finding("few-judged", "warning", f"Few {noun(description.kind)} to judge by", text)


def _small_batch(experiment: Experiment, description: Description) -> Iterator[Finding]:
    batch = experiment.training.batch_size
    size = description.size("training")
    if batch is None or batch >= min(FEW_OTHERS, size):
        return

    better = max(batch + 1, min(128, size))
    others = "no other at all" if batch == 1 else f"{batch - 1} other{'s' if batch > 2 else ''}"
    yield Finding(
        "small-batch",
        "problem" if batch == 1 else "warning",
        "Small batches",
        f"Each {noun(description.kind, 1)} is compared with the rest of its batch: with {others}. "
        "The more there are, the more it learns.",
        Remedy(f"Batch size {better}", {"training.batch_size": better}, restart=True),
    )


def _outliers(experiment: Experiment, dataset: Dataset) -> Iterator[Finding]:
    """Finds amounts that lie far off (see FAR), else amounts of which few are very large."""
    if experiment.loss is not None and experiment.loss.robust:
        return  # these do not weigh large errors more

    rows = dataset.indices["training"]
    values = dataset.targets[rows].astype(float)
    columns = list(zip(dataset.description.amounts, values.T, strict=True))
    for target, column in columns:
        far = outliers(column)
        if len(far):
            yield _far_off(target, column, far, dataset)
            return

    for target, column in columns:
        if len(column) < 20:
            continue

        low, middle, high = np.quantile(column, [0.1, 0.5, 0.9])
        if high > low >= 0 and (high + low - 2 * middle) / (high - low) > 0.5:
            yield Finding(
                "skewed",
                "info",
                f"Mostly small values of {quoted(target.name)}",
                f"Half are below {amount_text(float(middle), target.unit)}, a tenth above "
                f"{number_text(float(high))}. L2 attends mostly to the large ones; L1 weighs all "
                "errors in proportion.",
                USE_L1,
            )
            return


def _far_off(target: Amount, column: np.ndarray, far: np.ndarray, dataset: Dataset) -> Finding:
    """Returns the finding on amounts that lie far off.

    column: (n,) the values of the training split. far: which of them lie far off.
    """
    farthest = far[np.argmax(np.abs(column[far] - target.median))]
    row = int(dataset.indices["training"][farthest])
    where = f" ({dataset.names[row]})" if row < len(dataset.names) else ""
    verb = "has" if len(far) == 1 else "have"

    return Finding(
        "outliers",
        "warning",
        f"Outliers in {quoted(target.name)}",
        f"{counted(dataset.description.kind, len(far))} {verb} {quoted(target.name)} far from all "
        f"others, such as {amount_text(float(column[farthest]), target.unit)}{where}, where "
        f"{amount_text(target.median, target.unit)} is usual. Large errors matter most in L2, so "
        "these would pull hardest; if errors matter in proportion, use L1.",
        USE_L1,
    )


def outliers(values: np.ndarray) -> np.ndarray:
    """Returns the indices of the values (n,) that lie far off (see FAR).

    None does where there are fewer than 20 values, or where more than one in ten would: then the
    distribution is like that.
    """
    if len(values) < 20:
        return np.zeros(0, np.int64)

    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    tenth = 1.2816  # of a normal distribution a tenth lies beyond so many standard deviations
    up = (high - middle) / tenth
    down = (middle - low) / tenth
    if not up + down:
        return np.zeros(0, np.int64)

    up, down = max(up, 0.1 * down), max(down, 0.1 * up)
    far = np.flatnonzero((values - middle > FAR * up) | (middle - values > FAR * down))
    return far if len(far) <= 0.1 * len(values) else np.zeros(0, np.int64)


def _cut_texts(description: Description, dataset: Dataset) -> Iterator[Finding]:
    """Finds texts of which the end is cut off; only the first 5,000 rows are looked at."""
    inputs: tuple[Input, ...] = description.preparation.inputs
    rows = dataset.indices["training"][:5000]
    for text_input, array in zip(inputs, dataset.arrays, strict=True):
        if text_input.kind != "text" or not len(rows):
            continue

        length = text_input.shape[0]
        full = float((array[rows, -1] != 0).mean())
        if full > 0.1:
            longer = min(4096, 2 * length)
            yield Finding(
                "context",
                "warning" if full > 0.3 else "info",
                "Long texts are cut",
                f"{percent_text(full)} of the texts fill all {length:,} tokens that are read; what "
                "is longer is cut off.",
                Remedy(f"Read {longer:,} tokens", {"data.context": longer}, restart=True)
                if longer > length
                else None,
            )
            return


def _mirrored(experiment: Experiment, description: Description) -> Iterator[Finding]:
    pictures = any(item.kind == "image" for item in description.preparation.inputs)
    if (
        experiment.augmentation.flip
        and not description.mirror_safe
        and description.classes
        and pictures
    ):
        yield Finding(
            "mirror",
            "warning",
            "Mirroring changes the class",
            "A mirrored picture of these classes can look like another class (a 2 is no longer "
            "a 2).",
            Remedy("Do not mirror", {"augmentation.flip": False}, restart=True),
        )


def _contradictions(description: Description) -> Iterator[Finding]:
    if description.contradictions:
        yield Finding(
            "contradictions",
            "warning",
            "Copies with different labels",
            description.contradictions,
        )


def _left_out(description: Description) -> Iterator[Finding]:
    lost = [skipped for skipped in description.skipped if not skipped.ignored]
    if lost:
        what = (
            noun(description.kind, len(lost))
            if description.kind != "image"
            else "file" + "s" * (len(lost) != 1)
        )
        yield Finding(
            "skipped",
            "warning" if len(lost) > 0.02 * description.total else "info",
            f"{len(lost):,} {what} {'was' if len(lost) == 1 else 'were'} left out",
            f"The first is {quoted(lost[0].path)}: {lost[0].reason}.",
            Remedy("Show them", action="skipped"),
        )
