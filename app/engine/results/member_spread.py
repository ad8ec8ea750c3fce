"""How far the members of a network disagree about an example: the more, the less sure it is.

Only networks that end with members have this: TabM, and the MLP with several members.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.experiment.resolve import resolve
from app.engine.text import amount_text
from models.graph import GraphError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Description
    from app.engine.experiment.experiment import Experiment
    from app.engine.learning.task import Task
    from app.engine.results.predictor import Predictor

OUTER = 0.05
"""The share of the members below the range that is told, and above it: nine of ten are within."""


QUARTERS = 4

MEMBERS = ("member-layers", "ensemble-layers")
"""The kinds of blocks that have members, whose modules have a method `member_outputs`."""


@dataclass(frozen=True, eq=False)
class MemberSpread:
    """What each member says of n examples.

    predictions: (members, n, ...) what the task keeps of each member's answer.
    """

    predictions: np.ndarray

    @property
    def members(self) -> int:
        return len(self.predictions)

    def joined(self, others: Sequence[MemberSpread]) -> MemberSpread:
        """Returns the spread of these examples and of others behind them."""
        parts = [self.predictions, *(other.predictions for other in others)]
        return MemberSpread(np.concatenate(parts, axis=1))

    @property
    def low(self) -> np.ndarray:
        """What one in twenty members stays below: (n, ...)."""
        return np.asarray(np.quantile(self.predictions, OUTER, axis=0))

    @property
    def high(self) -> np.ndarray:
        """What one in twenty members is above: (n, ...)."""
        return np.asarray(np.quantile(self.predictions, 1 - OUTER, axis=0))

    def agreeing(self) -> np.ndarray:
        """Returns how many members choose the class that their mean chooses: (n,).

        Only for tasks with classes.
        """
        chosen = self.predictions.mean(axis=0).argmax(axis=-1)
        return np.asarray((self.predictions.argmax(axis=-1) == chosen).sum(axis=0))

    def words(self, description: Description, task: Task, index: int = 0) -> str:
        """Returns a sentence on one example, "" where the answer has no few words."""
        if task.targets == "classes":
            return f"{self.agreeing()[index]} of its {self.members} members say so."
        if task.targets != "amounts" or len(description.amounts) != 1:
            return ""

        unit = description.amounts[0].unit
        low, high = (amount_text(float(side[index, 0]), unit, 4) for side in (self.low, self.high))
        return f"Nine of ten of its {self.members} members say {low} to {high}."


@dataclass(frozen=True)
class Quarter:
    """A quarter of the examples of a split, by how far members disagree on them.

    apart: of amounts, how wide the range of nine of ten members is on average; of classes, which
    share of the members says something else than their mean. figure: of amounts the mean error, of
    classes the accuracy.
    """

    count: int
    apart: float
    figure: float


def quarters(spread: MemberSpread, task: Task, targets: np.ndarray) -> list[Quarter]:
    """Returns four quarters of n examples: on the first members agree most. Each has an example.

    targets: (n,) classes or (n, 1) amounts. [] where the task has neither, or there are too few
    examples.
    """
    mean = spread.predictions.mean(axis=0)
    if task.targets == "classes":
        chosen = mean.argmax(axis=-1)
        order = np.take_along_axis(spread.predictions.std(axis=0), chosen[:, None], 1)[:, 0]
        apart = 1 - spread.agreeing() / spread.members
        figures = (chosen == targets).astype(float)
    elif task.targets == "amounts" and mean.shape[1] == 1:
        order = apart = (spread.high - spread.low)[:, 0]
        figures = np.abs(mean - targets)[:, 0]
    else:
        return []

    parts = np.array_split(np.argsort(order, kind="stable"), QUARTERS)
    if not all(len(part) for part in parts):
        return []

    return [
        Quarter(len(part), float(apart[part].mean()), float(figures[part].mean())) for part in parts
    ]


def has_members(experiment: Experiment, description: Description) -> bool:
    """Returns whether the network of an experiment ends with members, without loading it.

    Raises UserError where the experiment does not fit its data.
    """
    resolved = resolve(experiment, description)
    try:
        return resolved.model.graph(resolved.problem(description)).nodes[-1].kind in MEMBERS
    except GraphError:
        return False


def member_spread(predictor: Predictor, *arrays: np.ndarray) -> MemberSpread | None:
    """Returns what each member says of (n, ...) examples as a Dataset keeps them.

    None for a network without members.
    """
    import torch  # noqa: PLC0415 - it takes seconds to load; the window asks what there is first

    network = predictor.network
    last = network.blocks[network.graph.nodes[-1].name]
    ask = getattr(last, "member_outputs", None)
    if not callable(ask) or predictor.task.answers != "values":
        return None

    read: list[torch.Tensor] = []
    handle = last.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    try:
        predictor.predictions(*arrays)
    finally:
        handle.remove()

    with torch.no_grad():
        outputs = ask(read[0]).float()
        targets = torch.zeros(outputs.shape[1], dtype=torch.int64)
        each = [
            predictor.task.predictions(predictor.description, output, targets).numpy()
            for output in outputs
        ]

    return MemberSpread(np.stack(each))
