"""What a loss must say of itself. A loss is a file in `losses`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from models.spec import Choice, Registry

if TYPE_CHECKING:
    import numpy as np
    import torch


class Loss(Choice):
    """How wrong an answer is. `tasks` names the tasks it fits."""

    tasks: ClassVar[tuple[str, ...]]
    order: ClassVar[int] = 100
    explanation: ClassVar[str]
    """What the loss punishes, in plain words."""

    picture: ClassVar[Literal["price", "distance", "similarity"]] = "price"
    """How it is drawn: the price of a probability, of a distance (see `curve`), or of similarities."""

    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        """The loss as a function, for weights that follow the balance.

        counts: training examples per class or tag. examples: of all of them; a tag's counts do not
        say it.
        """
        raise NotImplementedError

    def curve(self, error: np.ndarray) -> np.ndarray | None:
        """What each error costs, an array of the same form; None for losses that do not look at a
        difference.

        error: answer less truth, both in standard deviations of the truth.
        """
        return None


class LossFunction:
    """A loss ready to be called, the same in training and in judging.

    Nothing in it may depend on values in a way that changes shapes: it is also run without numbers,
    to know its memory.
    """

    compares: ClassVar[bool] = False
    """Whether an example is compared with the others of its batch: then the loss depends on how
    large and how mixed batches are, and judging must make them as training does.
    """

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Mean loss of a batch, weighted where the loss has weights. Returns a scalar.

        outputs: (B, *Problem.output_shape), as targets of the task's form: classes (B, K) with (B,)
        int64; yes/no (B, 1) with (B,); tags (B, K) with (B, K); amounts (B, T) with (B, T), both
        standardised; tokens (B, L, V) with (B, L) int64, -100 where there is none; copies as the
        examples; pairs (B, 2, D) with (B,), equal where two second halves are the same; points (B,
        D) with (B,) classes. It is finite for a batch of one, and where an example has nothing to
        be compared with.
        """
        raise NotImplementedError

    def weight(self, targets: torch.Tensor) -> torch.Tensor | float:
        """What a batch with these targets counts in a mean over several: the second of `totals`,
        without outputs.
        """
        return float(targets.shape[0])

    def totals(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum and weight of a batch; their sums over all batches, divided, are the exact mean over
        a data set. Here for losses that weigh every example alike.
        """
        mean = self(outputs, targets)
        return mean * targets.shape[0], mean.new_tensor(float(targets.shape[0]))


LOSSES: Registry[Loss] = Registry("loss", "app.engine.learning.losses")
