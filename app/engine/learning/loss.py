"""The base classes of losses: what each declares about itself. A loss is a file."""

# ruff: noqa: ARG002 - a default may ignore an argument that overrides need
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from models.spec import Choice, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import torch


@dataclass(frozen=True)
class LossCode:
    """A loss as code that needs torch alone.

    text: defines `loss(outputs, targets)`, the mean over a batch. total, weight: expressions of
    `outputs` and `targets`, whose sums over all batches, divided, are the mean over a data set.
    totals: an expression of both, where they come together.
    functions: of this program, whose source the text needs.
    """

    text: str
    total: str = "loss(outputs, targets) * len(targets)"
    weight: str = "len(targets)"
    totals: str = ""
    functions: tuple[Callable[..., Any], ...] = ()


class Loss(Choice):
    """A measure of how wrong an answer is, as a person chooses it."""

    tasks: ClassVar[tuple[str, ...]]
    """The kinds of the tasks that it fits."""

    order: ClassVar[int] = 100
    explanation: ClassVar[str]
    """What the loss punishes, in plain words."""

    picture: ClassVar[Literal["price", "distance", "similarity"]] = "price"
    """How it is drawn: the price of a probability, of a distance (`curve`), or of similarities."""

    robust: ClassVar[bool] = False
    """Whether single wild values among the targets change little."""

    def code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        """Returns the loss as code for others, see LossCode; task: the kind of the task.

        counts, examples: see `build`. Raises NotImplementedError where nobody has written it.
        """
        raise NotImplementedError(f"the loss '{self.kind}' has no code")

    def live_code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        """Returns the same code with `loss(outputs, targets, smoothing)`.

        Of a loss with label smoothing, which may be changed while it trains: the argument is it,
        and without it the loss is as it was planned. The sums over a data set are so always.
        """
        return self.code(counts, examples, task)

    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        """Returns the loss as a function; class weights follow the balance of the examples.

        counts: training examples per class or tag. examples: all training examples, which counts of
        tags do not tell.
        """
        raise NotImplementedError

    def curve(self, error: np.ndarray) -> np.ndarray | None:
        """Returns what each error costs, an array of the same shape.

        None for losses that do not look at a difference.

        error: answer less truth, in standard deviations of the truth.
        """
        return None


class LossFunction:
    """A loss ready to be called, the same in training and in evaluation.

    Nothing in it may depend on values in a way that changes shapes: it also runs on fake tensors,
    so that its memory is known beforehand.
    """

    compares: ClassVar[bool] = False
    """Whether an example is compared with the others of its batch.

    The loss then depends on how large and how mixed batches are, and an evaluation must make them
    as training does.
    """

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Returns the mean loss of a batch, a scalar, weighted where the loss has weights.

        It is finite for a batch of one, and where an example has nothing to be compared with.

        outputs: (B, *Problem.output_shape). targets: in the form that the task gives them:

        - classes: (B, K) with (B,) int64; yes or no: (B, 1) with (B,); tags: (B, K) with (B, K)
        - shares of classes: (B, K) with (B, K) that sum to 1
        - amounts: (B, T) with (B, T), both standardised
        - tokens: (B, L, V) with (B, L) int64, NO_TOKEN where there is none
        - reconstruction: both of the shape of the examples
        - pairs: (B, 2, D) with (B,), equal where two second halves are the same
        - points in space: (B, D) with (B,) classes
        """
        raise NotImplementedError

    def with_gradient(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the mean loss of a batch, and its gradient with respect to the outputs.

        Neither has a graph. A loss that is often used on small networks writes the gradient out,
        with the bits of autograd.
        """
        import torch  # noqa: PLC0415 - it takes seconds to load; the window lists losses without it

        # What is computed in inference mode has no gradient, but a copy may.
        with torch.inference_mode(False), torch.enable_grad():
            leaf = outputs.clone().requires_grad_()
            loss = self(leaf, targets)
            (gradient,) = torch.autograd.grad(loss, leaf)

        return loss.detach(), gradient

    def weight(self, targets: torch.Tensor) -> torch.Tensor | float:
        """Returns what a batch with these targets counts in a mean over several batches.

        It is the second value of `totals`, known without outputs.
        """
        return float(targets.shape[0])

    def totals(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the sum of a batch's losses and its weight, both scalars.

        Their sums over all batches, divided, are the exact mean over a data set. This one is for
        losses that weigh every example alike.
        """
        mean = self(outputs, targets)
        return mean * targets.shape[0], mean.new_tensor(float(targets.shape[0]))


def targets_of_members(targets: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    """Returns the targets (B, ...) once for each answer of a network in training.

    outputs: (B, ...), or (members * B, ...) of a network whose members learn together, member after
    member (see models.layers.linear.ensemble_layers).
    """
    examples = targets.shape[0]
    if outputs.shape[0] == examples:
        return targets

    times = outputs.shape[0] // examples
    return targets.repeat(times, *(1,) * (targets.ndim - 1))


def mean_of_members(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Returns one answer for each example of a network in training: the mean of its members'.

    outputs, targets: as in `targets_of_members`. Returns (B, ...).
    """
    examples = targets.shape[0]
    if outputs.shape[0] == examples:
        return outputs

    return outputs.reshape(-1, examples, *outputs.shape[1:]).mean(dim=0)


LOSSES: Registry[Loss] = Registry("loss", "app.engine.learning.losses")
