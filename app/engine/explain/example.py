"""One example before a network, with the answer that is to be explained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from app.engine.compute.batches import as_batch
from app.engine.errors import UserError
from models.graph import INPUT, OTHER

if TYPE_CHECKING:
    import numpy as np

    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from app.engine.results.predictor import Predictor
    from models.network import Network
    from models.shape import Input

IN_BATCH = "concatenate-in-batch"
"""The kind of block that lays both halves into one batch."""

TOGETHER = ("contrastive-output",)
"""Where the halves meet."""

CHUNK = 32
"""So many changed examples go through the network at once."""


@dataclass(frozen=True)
class Example:
    """An example as the network reads it, and which of its outputs the answer rests on.

    inputs: (1, ...) for each half. outputs: (1, ...) what the network answers. index: see
    Task.answer_index.
    """

    network: Network
    description: Description
    task: Task
    inputs: tuple[torch.Tensor, ...]
    outputs: torch.Tensor
    index: int

    @classmethod
    def of(cls, predictor: Predictor, stored: tuple[np.ndarray, ...]) -> Example:
        """Returns the example before the network of a predictor.

        stored: (...) for each half, as a Dataset keeps them. Raises UserError for a task whose
        answer rests on no single number.
        """
        batch = as_batch([torch.from_numpy(array[None].copy()) for array in stored])
        prepared = predictor.description.preparation.tensor(batch)
        inputs = prepared if isinstance(prepared, tuple) else (prepared,)
        with torch.no_grad():
            outputs = predictor.network(as_batch(inputs)).float()

        index = predictor.task.answer_index(outputs, as_batch(inputs))
        if index is None:
            raise UserError(
                f"'{predictor.task.label}' has no single answer that a map could explain.",
                "Choose a run that answers with classes, tags, amounts or similarities.",
            )

        return cls(predictor.network, predictor.description, predictor.task, inputs, outputs, index)

    def before(self, network: Network) -> Example:
        """Returns the same question to another network of the same graph."""
        return replace(self, network=network)

    def half(self, half: int) -> Input:
        """Returns the form of one half, 0 or 1; 0 is the example itself where there is one."""
        return self.description.preparation.inputs[half]

    def support(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Returns (B,) what speaks for the answer: its logit, its amount, the similarity.

        inputs: (B, ...) for each half. Gradients flow.
        """
        batch = as_batch(inputs)
        return self.task.support(self.network(batch).float(), batch, self.index)

    @torch.no_grad()
    def support_without(self, half: int, changed: torch.Tensor) -> torch.Tensor:
        """Returns (S,) the support where one half is changed: (S, ...)."""
        return torch.cat([self.support(*batch) for batch in self._beside(half, changed)])

    @torch.no_grad()
    def certainty_without(self, half: int, changed: torch.Tensor) -> torch.Tensor:
        """Returns (S,) how much of the answer is left where one half is changed, 0 to 1."""
        parts = []
        for inputs in self._beside(half, changed):
            batch = as_batch(inputs)
            outputs = self.network(batch).float()
            parts.append(self.task.certainty(outputs, batch, self.index, self.outputs))

        return torch.cat(parts)

    def _beside(self, half: int, changed: torch.Tensor) -> list[tuple[torch.Tensor, ...]]:
        """Returns batches of changed examples, with the other half as it is."""
        batches = []
        for first in range(0, len(changed), CHUNK):
            chunk = changed[first : first + CHUNK]
            inputs = [given.expand(len(chunk), *given.shape[1:]) for given in self.inputs]
            inputs[half] = chunk
            batches.append(tuple(inputs))

        return batches

    def blocks_of(self, half: int) -> list[str]:
        """Returns the blocks that read this half, in order, up to where it meets the other one.

        One encoder for both halves reads them as one batch; its blocks are among them.
        """
        reached = self._readers(half)
        met = self._readers(1 - half) & reached if len(self.inputs) > 1 else set()
        found = []
        for node in self.network.graph.nodes:
            if node.name in reached and node.kind in TOGETHER:
                break
            if node.name in reached and (node.name not in met or self.shared):
                found.append(node.name)

        return found

    @property
    def shared(self) -> bool:
        """Whether one encoder reads both halves, the second one behind the first in its batch."""
        return any(node.kind == IN_BATCH for node in self.network.graph.nodes)

    def row_of(self, half: int) -> int:
        """Returns where a half stands in the outputs of its blocks, where there is one example."""
        return half if self.shared else 0

    def rows_of(self, half: int, examples: int) -> slice:
        """Returns where a half of so many examples stands in the outputs of its blocks."""
        first = self.row_of(half) * examples
        return slice(first, first + examples)

    def _readers(self, half: int) -> set[str]:
        """Returns the blocks that read a half, itself or through others."""
        names = {(INPUT, OTHER)[half]}
        for node in self.network.graph.nodes:
            if names.intersection(node.inputs):
                names.add(node.name)

        return names
