"""The targets of examples: from labels, tags or amounts to what the network must predict."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Amount
from app.engine.data.names import natural
from app.engine.data.numbers import LARGEST
from app.engine.data.units import unit_in
from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.digests import ArrayDigests
    from app.engine.learning.task import Task

BINS = 10
"""Amounts are stratified by so many quantiles, so that every split gets low and high ones alike."""

EXAMPLES_PER_BIN = 10
"""With fewer examples a bin is too small to be divided, so there are fewer bins."""

YES_FIRST = {
    ("ja", "nein"),
    ("ja", "nee"),
    ("ja", "nej"),
    ("ja", "nei"),
    ("ano", "ne"),
    ("да", "нет"),
}
"""Words for yes that come before those for no in the alphabet, yet must be the second class.

The second class is what counts as yes.
"""


_AXIS = re.compile(r"([xy])(?:\d+|min|max)?")
_POSITION = re.compile(r"keypoints?|landmarks?|bbox(?:es)?|box(?:es)?|corners?|coord(?:inate)?s?")
"""What stands in names of positions in a picture."""


@dataclass(frozen=True)
class Targets:
    """What is to be predicted of each example.

    values: (N, ...) as Dataset.targets. strata: (N,) int64, of which every split gets the same
    share, numbered from 0 to stratum_count less one. classes: names of classes or tags. amounts:
    names and units, without statistics yet. digests: of the values, where they are known already.
    """

    values: np.ndarray
    strata: np.ndarray
    stratum_count: int
    classes: tuple[str, ...] = ()
    amounts: tuple[Amount, ...] = ()
    digests: ArrayDigests | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def have_positions(self) -> bool:
        """Whether amounts are positions in a picture, as their array or their names say."""
        known = any(amount.is_position for amount in self.amounts)
        return known or are_positions([amount.name for amount in self.amounts])


def encode_classes(labels: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Returns the class names in natural order, and the number of each label: (N,) int64."""
    classes = natural(labels)
    numbers = {name: number for number, name in enumerate(classes)}
    return classes, np.fromiter(map(numbers.__getitem__, labels), np.int64, len(labels))


def targets_from_labels(labels: Sequence[str]) -> Targets:
    """Returns targets of one class an example, the classes in natural order: 2 before 10.

    A word for yes comes after one for no.
    """
    classes, numbers = encode_classes(labels)
    if tuple(name.lower() for name in classes) in YES_FIRST:
        return class_targets(classes[::-1], 1 - numbers)

    return class_targets(classes, numbers)


def class_targets(classes: tuple[str, ...], numbers: np.ndarray) -> Targets:
    """Returns targets of one class an example. numbers: (N,) int64 of the classes."""
    return Targets(numbers, numbers, max(1, len(classes)), classes)


def targets_from_tags(rows: Sequence[Sequence[str]]) -> Targets:
    """Returns targets of any number of tags an example, from the tags of each."""
    classes, _ = encode_classes([tag for tags in rows for tag in tags])
    numbers = {name: number for number, name in enumerate(classes)}

    values = np.zeros((len(rows), len(classes)), np.float32)
    for row, tags in enumerate(rows):
        values[row, [numbers[tag] for tag in tags]] = 1

    return tag_targets(values, classes)


def tag_targets(values: np.ndarray, classes: tuple[str, ...]) -> Targets:
    """Returns targets of any number of tags an example. values: (N, K) of 0 and 1.

    Strata by the rarest tag that an example has.
    """
    counts = values.sum(axis=0)
    rarity = np.where(values > 0, counts, np.inf)
    strata = np.where(
        values.any(axis=1), rarity.argmin(axis=1) if len(classes) else 0, len(classes)
    )

    return Targets(values.astype(np.float32), strata.astype(np.int64), len(classes) + 1, classes)


def share_targets(values: np.ndarray, classes: tuple[str, ...]) -> Targets:
    """Returns targets of a share of every class. values: (N, K) that add up to about 1.

    Strata by the largest share.
    """
    shares = np.asarray(values, np.float64)
    shares = shares / shares.sum(axis=1, keepdims=True)
    strata = shares.argmax(axis=1).astype(np.int64)
    return Targets(shares.astype(np.float32), strata, max(1, len(classes)), classes)


def regression_targets(
    values: np.ndarray, names: Sequence[str], units: Sequence[str] = ()
) -> Targets:
    """Returns targets of one or more amounts an example. values: (N, T), finite.

    Strata by the size of the first amount. units: one for each name, "" where it is not known; then
    it is taken from the name: "height (cm)".
    """
    values = np.asarray(values, np.float32).reshape(len(values), -1)
    first = values[:, 0]
    bins = max(1, min(BINS, len(first) // EXAMPLES_PER_BIN))
    edges = np.quantile(first, np.linspace(0, 1, bins + 1)[1:-1]) if len(first) else np.zeros(0)
    strata = np.searchsorted(edges, first, side="right").astype(np.int64)
    known = units or ("",) * len(names)
    amounts = tuple(
        Amount(name, unit or unit_in(name)) for name, unit in zip(names, known, strict=True)
    )

    return Targets(values, strata, bins, (), amounts)


def position_targets(values: np.ndarray, names: Sequence[str]) -> Targets:
    """Returns targets of coordinates in the picture of an example. values: (N, T), finite."""
    targets = regression_targets(values, names)
    amounts = tuple(replace(amount, is_position=True) for amount in targets.amounts)
    return replace(targets, amounts=amounts)


def no_targets(count: int) -> Targets:
    """Returns targets for a task that derives them from the examples themselves."""
    return Targets(np.zeros(count, np.int64), np.zeros(count, np.int64), 1)


def pair_targets(keys: Sequence[object]) -> Targets:
    """Returns targets of pairs: equal numbers where two second halves are the same.

    keys: of the second half of each pair, such as its text.
    """
    _, numbers = np.unique(
        np.array([str(key) for key in keys], dtype=object).astype(str), return_inverse=True
    )
    return Targets(numbers.astype(np.int64), np.zeros(len(keys), np.int64), 1)


def are_positions(names: Sequence[str]) -> bool:
    """Returns whether amounts say where something is in a picture, by their names.

    Such as those of keypoints or a box, or of which some are an x and some a y.
    """
    words = {word for name in names for word in re.split(r"[^a-z0-9]+", name.lower())}
    axes = {match[1] for word in words if (match := _AXIS.fullmatch(word))}
    return len(axes) > 1 or any(_POSITION.fullmatch(word) for word in words)


def with_statistics(amounts: tuple[Amount, ...], values: np.ndarray) -> tuple[Amount, ...]:
    """Returns the amounts with the statistics of the training examples, where there are any.

    values: (n, T). What their names say to be positions in a picture is noted as such.
    """
    if not amounts or not len(values):
        return amounts

    positions = are_positions([amount.name for amount in amounts])
    complete = []
    for amount, column in zip(amounts, np.asarray(values, float).T, strict=True):
        std = float(column.std())
        complete.append(
            replace(
                amount,
                mean=float(column.mean()),
                std=std if std > 0 and math.isfinite(std) else 1.0,
                low=float(column.min()),
                high=float(column.max()),
                median=float(np.median(column)),
                is_position=amount.is_position or positions,
            )
        )

    return tuple(complete)


def targets_for_task(task: Task, classes: tuple[str, ...], numbers: np.ndarray) -> Targets:
    """Returns the targets of a task from examples with one class each. numbers: (N,) int64.

    Raises UserError where the task needs something else.
    """
    if task.targets == "classes":
        return class_targets(classes, numbers)
    if task.targets == "tags":
        return tag_targets(np.eye(len(classes), dtype=np.float32)[numbers], classes)
    if task.targets == "shares":
        return share_targets(np.eye(len(classes), dtype=np.float32)[numbers], classes)

    if task.targets == "amounts":
        if example := next((name for name in classes if not is_number(name)), ""):
            raise UserError(
                f"An amount is to be predicted, but the classes are names such as '{example}'.",
                "Choose classification as the task, or data with a column of numbers.",
                "data.task",
            )
        amounts = np.array([float(name.replace(",", ".")) for name in classes])
        return regression_targets(amounts[numbers], ["amount"])

    if task.targets == "none" and not task.pairs:
        return no_targets(len(numbers))

    raise UserError(
        f"{task.label} does not go with examples that have one class each.",
        "Choose another task or other data.",
        "data.task",
    )


def is_number(text: str) -> bool:
    """Returns whether a class's name is an amount that fits into 32 bits, with a point or a comma.

    "nan" and "inf" are names.
    """
    try:
        return abs(float(text.replace(",", "."))) <= LARGEST
    except ValueError:
        return False
