"""From what the data say of each example to what the network must answer: classes, tags, amounts,
or nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import Amount
from app.engine.errors import UserError
from app.engine.sources.format import encode_classes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.learning.task import Task

BINS = 10
"""Into so many equal parts amounts are sorted, so that every split gets low and high ones alike."""

YES_FIRST = {
    ("ja", "nein"),
    ("ja", "nee"),
    ("ja", "nej"),
    ("ja", "nei"),
    ("ano", "ne"),
    ("да", "нет"),
}
"""Words for yes that come before those for no in the alphabet; the second class is what counts as
yes.
"""


@dataclass(frozen=True)
class Targets:
    """values: (N, ...) as Dataset.targets.

    strata: (N,) int64, what every split gets the same share of; layers: how many. classes: of
    classes or tags. amounts: names and units, without figures yet.
    """

    values: np.ndarray
    strata: np.ndarray
    layers: int
    classes: tuple[str, ...] = ()
    amounts: tuple[Amount, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: np.ndarray) -> Targets:
        """Those of these rows. Classes that are left without an example stay."""
        return replace(self, values=self.values[rows], strata=self.strata[rows])

    def to_plain(self) -> dict[str, Any]:
        return {
            "values": self.values.tolist(),
            "dtype": str(self.values.dtype),
            "strata": self.strata.tolist(),
            "layers": self.layers,
            "classes": list(self.classes),
            "amounts": [[amount.name, amount.unit] for amount in self.amounts],
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Targets:
        return cls(
            np.array(data["values"], data["dtype"]),
            np.array(data["strata"], np.int64),
            int(data["layers"]),
            tuple(data["classes"]),
            tuple(Amount(name, unit) for name, unit in data["amounts"]),
        )


def classes_of(labels: Sequence[str]) -> Targets:
    """One class an example, in natural order: 2 before 10; of a word for yes and one for no, yes
    comes last.
    """
    classes, numbers = encode_classes(labels)
    if tuple(name.lower() for name in classes) in YES_FIRST:
        return numbered(classes[::-1], 1 - numbers)

    return numbered(classes, numbers)


def numbered(classes: tuple[str, ...], numbers: np.ndarray) -> Targets:
    """One class an example, the classes in a given order. numbers: (N,) int64."""
    return Targets(numbers, numbers, max(1, len(classes)), classes)


def tags_of(tags: Sequence[Sequence[str]]) -> Targets:
    """Any of several tags an example; strata by the rarest tag that an example has."""
    classes, _ = encode_classes([tag for one in tags for tag in one])
    numbers = {name: number for number, name in enumerate(classes)}

    values = np.zeros((len(tags), len(classes)), np.float32)
    for row, one in enumerate(tags):
        values[row, [numbers[tag] for tag in one]] = 1

    return tagged(values, classes)


def tagged(values: np.ndarray, classes: tuple[str, ...]) -> Targets:
    """Any of several tags an example. values: (N, K) float32 of 0 and 1."""
    counts = values.sum(axis=0)
    rarity = np.where(values > 0, counts, np.inf)
    strata = np.where(
        values.any(axis=1), rarity.argmin(axis=1) if len(classes) else 0, len(classes)
    )

    return Targets(values.astype(np.float32), strata.astype(np.int64), len(classes) + 1, classes)


def amounts_of(
    values: np.ndarray, names: Sequence[str], units: Sequence[str] | None = None
) -> Targets:
    """One or more amounts an example.

    values: (N, T) of finite numbers; strata by the first one's size.
    """
    values = np.asarray(values, np.float32).reshape(len(values), -1)
    first = values[:, 0]
    layers = max(1, min(BINS, len(first) // 10))
    edges = np.quantile(first, np.linspace(0, 1, layers + 1)[1:-1]) if len(first) else np.zeros(0)
    strata = np.searchsorted(edges, first, side="right").astype(np.int64)
    units = units or [unit_in(name) for name in names]

    return Targets(
        values, strata, layers, (), tuple(Amount(n, u) for n, u in zip(names, units, strict=True))
    )


def none_of(count: int) -> Targets:
    """Nothing is given: it is derived from the examples themselves."""
    return Targets(np.zeros(count, np.int64), np.zeros(count, np.int64), 1)


def partners_of(keys: Sequence[object]) -> Targets:
    """Of pairs: equal numbers where two second halves are the same.

    keys: one a pair, such as its text.
    """
    _, numbers = np.unique(
        np.array([str(key) for key in keys], dtype=object).astype(str), return_inverse=True
    )
    return Targets(numbers.astype(np.int64), np.zeros(len(keys), np.int64), 1)


def unit_in(name: str) -> str:
    """The unit in a column's name: "height (cm)" and "height [cm]" have "cm"."""
    for opening, closing in ("()", "[]"):
        if name.rstrip().endswith(closing) and opening in name:
            return name.rstrip()[name.rindex(opening) + 1 : -1].strip()

    return ""


def measured(amounts: tuple[Amount, ...], values: np.ndarray) -> tuple[Amount, ...]:
    """The amounts with the figures of the training examples, where there are any.

    values: (n, T).
    """
    if not amounts or not len(values):
        return amounts

    found = []
    for amount, column in zip(amounts, np.asarray(values, float).T, strict=True):
        std = float(column.std())
        found.append(
            replace(
                amount,
                mean=float(column.mean()),
                std=std if std > 0 and math.isfinite(std) else 1.0,
                low=float(column.min()),
                high=float(column.max()),
                median=float(np.median(column)),
            )
        )

    return tuple(found)


def labelled(task: Task, classes: tuple[str, ...], numbers: np.ndarray) -> Targets:
    """What the task makes of examples with one class each. numbers: (N,) int64.

    Raises UserError where the task needs something else.
    """
    if task.targets == "classes":
        return numbered(classes, numbers)
    if task.targets == "tags":
        return tagged(np.eye(len(classes), dtype=np.float32)[numbers], classes)

    if task.targets == "amounts":
        try:
            amounts = np.array([float(name.replace(",", ".")) for name in classes])
        except ValueError:
            odd = next(name for name in classes if not is_number(name))
            raise UserError(
                f"An amount is to be predicted, but the classes are names such as '{odd}'.",
                "Choose classification as the task, or data with a column of numbers.",
                "data.task",
            ) from None
        return amounts_of(amounts[numbers], ["amount"])

    if task.targets == "none" and not task.pairs:
        return none_of(len(numbers))

    raise UserError(
        f"{task.label} does not go with examples that have one class each.",
        "Choose another task or other data.",
        "data.task",
    )


def is_number(text: str) -> bool:
    """Whether a class's name is an amount, with a point or a comma."""
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False

    return True
