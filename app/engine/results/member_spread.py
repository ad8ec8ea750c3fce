"""How far the members of a network disagree about an example: the more, the less sure it is.

Only networks that end with members have this (TabM, see models.layers.linear.member_layers).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.text import amount_text
from models.layers.linear.member_layers import MemberLayersModule

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from app.engine.results.predictor import Predictor

OUTER = 0.05
"""The share of the members below the range that is told, and above it: nine of ten are within."""


@dataclass(frozen=True, eq=False)
class MemberSpread:
    """What each member says of n examples.

    predictions: (members, n, ...) what the task keeps of each member's answer.
    """

    predictions: np.ndarray

    @property
    def members(self) -> int:
        return len(self.predictions)

    @property
    def low(self) -> np.ndarray:
        """What one in twenty members stays below: (n, ...)."""
        return np.quantile(self.predictions, OUTER, axis=0)

    @property
    def high(self) -> np.ndarray:
        """What one in twenty members is above: (n, ...)."""
        return np.quantile(self.predictions, 1 - OUTER, axis=0)

    def agreeing(self) -> np.ndarray:
        """Returns how many members choose the class that their mean chooses: (n,).

        Only for tasks with classes.
        """
        chosen = self.predictions.mean(axis=0).argmax(axis=-1)
        return (self.predictions.argmax(axis=-1) == chosen).sum(axis=0)

    def words(self, description: Description, task: Task, index: int = 0) -> str:
        """Returns a sentence on one example, "" where the answer has no few words."""
        if task.targets == "classes":
            return f"{self.agreeing()[index]} of its {self.members} members say so."
        if task.targets != "amounts" or len(description.amounts) != 1:
            return ""

        unit = description.amounts[0].unit
        low, high = (
            amount_text(float(side[index, 0]), unit, 4) for side in (self.low, self.high)
        )
        return f"Nine of ten of its {self.members} members say {low} to {high}."


def member_spread(predictor: Predictor, *arrays: np.ndarray) -> MemberSpread | None:
    """Returns what each member says of (n, ...) examples as a Dataset keeps them.

    None for a network without members.
    """
    network = predictor.network
    last = network.blocks[network.graph.nodes[-1].name]
    if not isinstance(last, MemberLayersModule) or predictor.task.answers != "values":
        return None

    read: list[torch.Tensor] = []
    handle = last.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    try:
        predictor.predictions(*arrays)
    finally:
        handle.remove()

    with torch.no_grad():
        outputs = last.member_outputs(read[0]).float()
        targets = torch.zeros(outputs.shape[1], dtype=torch.int64)
        each = [
            predictor.task.predictions(predictor.description, output, targets).numpy()
            for output in outputs
        ]

    return MemberSpread(np.stack(each))
