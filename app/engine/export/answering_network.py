"""A network as other programs use it: raw inputs in, answers that mean something out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from models.network import Network


class AnsweringNetwork(nn.Module):
    """The preparation, the network and what its task makes of the outputs, in one module.

    It takes one tensor (B, ...) for each of Preparation.raw_inputs, and returns (B, ...) float32:
    probabilities, amounts in their own units, points of length 1, or restored examples. In eval
    mode, without gradients.
    """

    def __init__(self, network: Network, description: Description, task: Task) -> None:
        super().__init__()
        self.network = network
        self._description = description
        self._task = task
        self.eval().requires_grad_(False)

    def forward(self, *raw: torch.Tensor) -> torch.Tensor:
        preparation = self._description.preparation
        outputs = self.network(preparation.tensor(preparation.of_raw(*raw)))
        return self._task.to_answers(self._description, outputs)
