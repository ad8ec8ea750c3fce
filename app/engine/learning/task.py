"""What a task must say of itself: what is predicted from what.

Everything else asks the task and knows none by name.

Tasks are declarations like losses and optimizers; torch is imported only inside the methods that
are given tensors.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from app.engine.learning.loss import LOSSES
from app.engine.learning.metrics import METRICS, Metric
from models.shape import PLURALS, Answers, InputKind, Problem

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch

View = Literal["classes", "yes-no", "tags", "amounts", "matching", "space", "language", "restored"]
"""How results are reported and shown, and what 'Try it' answers: results/reports,
pages/results/views, pages/tryit.
"""


class Task(ABC):
    """One task. An object without state: one of each kind stands in TASKS.

    `predictions` is what is kept of the network's answer on one example, the same in judging, in
    the run folder and in 'Try it': probabilities, amounts in their own unit, points in space, or
    sums from which figures are made.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    """What it is, in a sentence."""

    example: ClassVar[str]
    """A few words of what one could do with it."""

    order: ClassVar[int] = 100
    view: ClassVar[View]
    metrics: ClassVar[tuple[str, ...]]
    """Names in METRICS; the first is the headline."""

    reads: ClassVar[tuple[InputKind, ...]] = ("image", "row", "text", "signal")
    pairs: ClassVar[bool] = False
    answers: ClassVar[Answers] = "values"
    embeds: ClassVar[bool] = False
    """Whether the network answers with points in space, of [training] embedding numbers."""

    targets: ClassVar[Literal["classes", "tags", "amounts", "none", "tokens"]] = "classes"
    """What the data must give for each example; "none" and "tokens" are derived from the example
    itself.
    """

    best_by: ClassVar[Literal["loss", "metric"]] = "loss"
    """What decides whose weights are kept, unless a person says otherwise.

    Where examples are compared the loss of validation rises, for answers get too sure, while ever
    more of them are right.
    """

    probes: ClassVar[int] = 12
    """How many validation examples are kept with every epoch, for scrubbing back."""

    @property
    def losses(self) -> tuple[str, ...]:
        """The losses that fit, the usual one first."""
        return tuple(loss.kind for loss in LOSSES.all() if self.kind in loss.tasks)

    @property
    def headline(self) -> Metric:
        return METRICS[self.metrics[0]]

    # --- before training

    def fits(self, description: Description) -> str:
        """Why these data cannot serve this task, in a sentence; "" when they can."""
        inputs = description.preparation.inputs
        if (len(inputs) > 1) != self.pairs:
            return f"{self.label} needs {'pairs' if self.pairs else 'single examples, not pairs'}."
        if any(one.kind not in self.reads for one in inputs):
            return f"{self.label} needs {' or '.join(PLURALS[kind] for kind in self.reads)}."

        return ""

    @abstractmethod
    def outputs(self, description: Description) -> int:
        """How many numbers the network answers with (see Problem.outputs)."""

    def problem(self, description: Description, embedding: int) -> Problem:
        """What the network meets. embedding: numbers of a point in space, for tasks that embed."""
        outputs = embedding if self.embeds else self.outputs(description)
        return Problem.of(
            description.preparation.inputs, outputs, description.size("training"), self.answers
        )

    def order_of(self, order: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The order of an epoch, given a random one: (n,) int64 places in targets (n, ...)."""
        return order

    def fake_targets(self, problem: Problem, batch_size: int) -> torch.Tensor:
        """Targets without meaning, of the form that the loss gets after `batch`."""
        import torch

        return torch.zeros(batch_size, dtype=torch.int64)

    # --- with tensors, in training and in judging

    def batch(
        self,
        description: Description,
        inputs: Batch,
        targets: torch.Tensor,
        generator: torch.Generator,
    ) -> tuple[Batch, torch.Tensor]:
        """A prepared batch as network and loss get it: amounts brought to one scale, examples
        damaged ...

        generator: on the CPU or the batch's device; in judging the same dice fall for the same
        examples.
        """
        return inputs, targets

    @abstractmethod
    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """(B, *answer) outputs -> (B, ...) float32, what is kept of them.

        targets: as the loss got them.
        """

    # --- figures, in NumPy

    @abstractmethod
    def figures(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """The metrics by name, over n examples; one that is not defined on these is left out.

        targets: (n, ...) as the data have them. predictions: (n, ...) see `predictions`.
        """

    def confusion(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> np.ndarray | None:
        """Counts (K, K), true class by row, where the task has classes to confuse."""
        return None


def named(task: Task, values: dict[str, float]) -> dict[str, float]:
    """The task's metrics among these, in its order, without what is not defined (NaN)."""
    return {
        name: float(values[name])
        for name in task.metrics
        if name in values and not np.isnan(values[name])
    }
