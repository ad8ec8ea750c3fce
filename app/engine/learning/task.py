"""The base class of tasks: what is predicted from what. A task is a file.

Everything else asks the task and knows none by name.
"""

# ruff: noqa: ARG002 - a default may ignore an argument that overrides need
from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from app.engine.learning.loss import LOSSES
from app.engine.learning.metrics import METRICS, Metric
from models.shape import PLURALS, Answers, InputKind, Meaning, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch

Targets = Literal["classes", "tags", "shares", "amounts", "none", "tokens"]
"""What the data give for each example; "none" and "tokens" are derived from the example itself."""


AnswerName = Literal["probabilities", "amounts", "embedding", "restored"]
"""What the answers of an exported network are called."""

SAME_AMOUNT = 1e-4
"""Amounts that differ by at most this share of their deviation in training are the same."""

SAME_DIRECTION = 0.9999
"""Points in space whose cosine is at least this are the same."""


@dataclass(frozen=True)
class TaskCode:
    """What a task does, as code that needs torch and numpy alone.

    targets: what its targets are called: the key of their array; "" where it needs none. answers:
    text that defines `answers(outputs)`, see Task.to_answers. figure: the name of a function of
    targets and predictions, NumPy arrays of n examples, and text that defines it. batch: lines that
    set `inputs` and `targets` as network and loss get them, of {inputs}, {targets} and, where it
    draws, {generator}. predictions: an expression of `outputs` and `targets`. text: defines what
    else they need; arrays: what it needs of numbers, by name; functions: of this program, whose
    source it needs.
    """

    targets: str
    answers: str
    figure: tuple[str, str]
    batch: tuple[str, ...] = ("inputs = {inputs}", "targets = {targets}")
    predictions: str = "answers(outputs)"
    text: str = ""
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    functions: tuple[Callable[..., Any], ...] = ()

    @property
    def draws(self) -> bool:
        """Whether a batch takes random numbers."""
        return any("{generator}" in line for line in self.batch)


class Task(ABC):
    """One task: an object without state, of which TASKS holds one of every kind.

    Its predictions are what is kept of the network's output for one example: probabilities, amounts
    in their own unit, points in space, or sums from which metrics are made. They are the same in
    evaluation, in the run folder and in 'Try it'.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    """What it is, in a sentence."""

    example: ClassVar[str]
    """A question or two that it answers, for a person."""

    order: ClassVar[int] = 100
    view: ClassVar[str]
    """The report on its results (one of results/reports names it), which the window shows too."""

    metrics: ClassVar[tuple[str, ...]]
    """Names in METRICS; the first is the headline."""

    reads: ClassVar[tuple[InputKind, ...]] = ("image", "row", "text", "signal")
    pairs: ClassVar[bool] = False
    yes_or_no: ClassVar[bool] = False
    """Whether the answer is the second class (yes) or the first (no)."""

    answers: ClassVar[Answers] = "values"
    meaning: ClassVar[Meaning] = ""
    """What the values are that the network answers with, for templates that average them."""

    embeds: ClassVar[bool] = False
    """Whether the network answers with points in space, of [training] embedding numbers."""

    draws: ClassVar[bool] = False
    """Whether `batch` takes random numbers."""

    targets: ClassVar[Targets] = "classes"

    best_by: ClassVar[Literal["loss", "metric"]] = "loss"
    """What decides which epoch's weights are kept, unless a person chooses otherwise.

    Where examples are compared, the validation loss rises because similarities get too sure, while
    ever more of the examples are right: there the metric decides.
    """

    answer_name: ClassVar[AnswerName] = "probabilities"
    """What the answers of an exported network are called."""

    probes: ClassVar[int] = 12
    """How many validation examples are kept with every epoch, for scrubbing back."""

    @property
    def losses(self) -> tuple[str, ...]:
        """The kinds of the losses that fit, the usual one first."""
        return tuple(loss.kind for loss in LOSSES.all() if self.kind in loss.tasks)

    @property
    def headline(self) -> Metric:
        """The metric that says in one number how good a network is."""
        return METRICS[self.metrics[0]]

    # --- before training

    def unfit(self, description: Description) -> str:
        """Returns why these data cannot serve this task, in a sentence; "" when they can."""
        inputs = description.preparation.inputs
        if (len(inputs) > 1) != self.pairs:
            return f"{self.label} needs {'pairs' if self.pairs else 'single examples, not pairs'}."
        if any(half.kind not in self.reads for half in inputs):
            return f"{self.label} needs {' or '.join(PLURALS[kind] for kind in self.reads)}."

        return ""

    @abstractmethod
    def outputs(self, description: Description) -> int:
        """Returns how many numbers the network answers with (see Problem.outputs)."""

    def problem(self, description: Description, embedding: int) -> Problem:
        """Returns what the network meets.

        embedding: how many numbers a point in space has, for tasks that embed.
        """
        outputs = embedding if self.embeds else self.outputs(description)
        return Problem.of(
            description.preparation.inputs,
            outputs,
            description.size("training"),
            self.answers,
            self.meaning,
        )

    def epoch_order(
        self,
        order: torch.Tensor,
        targets: torch.Tensor,
    ) -> torch.Tensor:
        """Returns the order of the examples in an epoch, made from a random one.

        order: (n,) int64 indices into targets (n, ...).
        """
        return order

    def fake_targets(
        self,
        problem: Problem,
        batch_size: int,
    ) -> torch.Tensor:
        """Returns targets without meaning, of the shape that the loss gets after `batch`."""
        import torch  # noqa: PLC0415 - it takes seconds to load; the window lists tasks without it

        return torch.zeros(batch_size, dtype=torch.int64)

    # --- with tensors, in training and in evaluation

    def batch(
        self,
        description: Description,
        inputs: Batch,
        targets: torch.Tensor,
        generator: torch.Generator,
    ) -> tuple[Batch, torch.Tensor]:
        """Returns a prepared batch as network and loss get it.

        Tasks standardise amounts here, or damage examples.

        generator: on the CPU or the batch's device; an evaluation seeds it alike for the same
        examples.
        """
        return inputs, targets

    @abstractmethod
    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """Returns what is kept of the outputs: (B, *answer) -> (B, ...) float32.

        targets: as the loss got them.
        """

    # --- how well an example fits its label

    has_margins: ClassVar[bool] = False
    """Whether `margins` says how well an example fits its label."""

    def margins(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Returns margins, losses and what speaks most against each label: (3, B), see margins.

        outputs: (B, *output) float32. targets: as the loss got them. Raises NotImplementedError
        where `has_margins` is not set.
        """
        raise NotImplementedError(f"the task '{self.kind}' has no margins")

    # --- what the answer to one example rests on

    def answer_index(self, outputs: torch.Tensor, inputs: Batch) -> int | None:
        """Returns which of the outputs the answer rests on; None where no single one does.

        outputs: (1, *answer) of one example, which is in inputs: (1, ...).
        """
        return int(outputs[0].argmax())

    def support(self, outputs: torch.Tensor, inputs: Batch, index: int) -> torch.Tensor:
        """Returns what speaks for an answer, before it becomes a probability: (B,).

        outputs: (B, *answer), of inputs (B, ...). index: see `answer_index`.
        """
        return outputs[:, index]

    def certainty(
        self, outputs: torch.Tensor, inputs: Batch, index: int, whole: torch.Tensor
    ) -> torch.Tensor:
        """Returns how much of an answer is left, 0 to 1, where examples were changed: (B,).

        outputs: (B, *answer), of inputs (B, ...). whole: (1, *answer) of the unchanged example.
        """
        return outputs.softmax(dim=1)[:, index]

    # --- outside of this program

    def to_answers(self, description: Description, outputs: torch.Tensor) -> torch.Tensor:
        """Returns what an exported network answers with: (B, *output) -> (B, ...) float32.

        It holds tensor operations alone, so that it can be exported with the network.
        """
        import torch  # noqa: PLC0415 - it takes seconds to load; the window lists tasks without it

        return self.predictions(
            description, outputs, outputs.new_zeros(outputs.shape[:1], dtype=torch.int64)
        )

    def predictions_of_answers(
        self, description: Description, answers: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """Returns what `predictions` would, from the answers of an exported network.

        targets: as the loss got them.
        """
        return answers

    def compared(self, answers: torch.Tensor, inputs: Batch) -> torch.Tensor:
        """Returns the answers (B, ...) without what stands at places that nobody reads.

        inputs: as the network reads them.
        """
        return answers

    @abstractmethod
    def changed(
        self, description: Description, own: torch.Tensor, other: torch.Tensor
    ) -> torch.Tensor:
        """Returns where the answers (B, ...) of two networks tell a person something else: (B,).

        Another class or set of tags, an amount off by more than SAME_AMOUNT of its deviation, a
        direction off by more than SAME_DIRECTION, another likeliest token.
        """

    def code(self, description: Description) -> TaskCode:
        """Returns the task as code, with its headline metric.

        Raises NotImplementedError where nobody has written it.
        """
        raise NotImplementedError(f"the task '{self.kind}' has no code")

    # --- metrics, in NumPy

    @abstractmethod
    def compute_metrics(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Returns the metrics over n examples by name, without those not defined on them.

        targets: (n, ...) as the data have them. predictions: (n, ...) as from `predictions`.
        """

    def confusion(
        self,
        description: Description,
        targets: np.ndarray,
        predictions: np.ndarray,
    ) -> np.ndarray | None:
        """Returns counts (K, K), true class by row, where the task has classes to confuse."""
        return None


def defined_metrics(task: Task, values: dict[str, float]) -> dict[str, float]:
    """Returns the task's metrics among these, in its order, without those not defined (NaN)."""
    return {
        name: float(values[name])
        for name in task.metrics
        if name in values and not np.isnan(values[name])
    }
