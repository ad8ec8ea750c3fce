"""Losses, optimizers and schedules: what each must say of itself. A member is a file in its folder.

These are declarations; torch is imported only inside the methods that need it, so that the window can show
them before the engine is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from models.spec import Choice, Registry, setting

if TYPE_CHECKING:
    import torch


class Loss(Choice):
    """How wrong an answer is. `tasks` names the tasks it fits."""

    tasks: ClassVar[tuple[str, ...]]
    order: ClassVar[int] = 100
    explanation: ClassVar[str]
    """What the loss punishes, in plain words."""
    picture: ClassVar[Literal["price", "distance", "similarity"]] = "price"
    """How it is drawn: the price of a probability, of a distance (see `curve`), or of similarities."""

    def build(self, counts: tuple[int, ...], device: torch.device, examples: int = 0) -> LossFunction:
        """The loss as a function, for weights that follow the balance. counts: training examples per class or tag.
        examples: of all of them; a tag's counts do not say it."""
        raise NotImplementedError

    def curve(self, error: np.ndarray) -> np.ndarray | None:
        """What each error costs, an array of the same form; None for losses that do not look at a difference.

        error: answer less truth, both in standard deviations of the truth.
        """
        return None

    def gradient(self, error: np.ndarray) -> np.ndarray | None:
        """How strongly each error pulls the answer back: the slope of `curve`; None where that is."""
        return None


class LossFunction:
    """A loss ready to be called, the same in training and in judging. Nothing in it may depend on values in a way that
    changes shapes: it is also run without numbers, to know its memory."""

    compares: ClassVar[bool] = False
    """Whether an example is compared with the others of its batch: then the loss depends on how large and how mixed
    batches are, and judging must make them as training does."""

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Mean loss of a batch, weighted where the loss has weights. Returns a scalar.

        outputs: (B, *Problem.answer), as targets of the task's form: classes (B, K) with (B,) int64; yes/no (B, 1)
        with (B,); tags (B, K) with (B, K); amounts (B, T) with (B, T), both standardised; tokens (B, L, V) with (B, L)
        int64, -100 where there is none; copies as the examples; pairs (B, 2, D) with (B,), equal where two second
        halves are the same; points (B, D) with (B,) classes. It is finite for a batch of one, and where an example
        has nothing to be compared with.
        """
        raise NotImplementedError

    def totals(self, outputs: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum and weight of a batch; their sums over all batches, divided, are the exact mean over a data set. Here
        for losses that weigh every example alike."""
        mean = self(outputs, targets)
        return mean * targets.shape[0], mean.new_tensor(float(targets.shape[0]))


class Optimizer(Choice):
    """A way to go downhill. `state` names the tensors of the weights' size that it keeps, in the ledger's rows."""

    order: ClassVar[int] = 100
    explanation: ClassVar[str]
    state: ClassVar[tuple[str, ...]]
    """Of "first_moment", "second_moment", "other_state": floats kept per parameter beside weight and gradient."""
    state_names: ClassVar[dict[str, str]]
    """PyTorch's name of a state tensor -> ledger row: {"exp_avg": "first_moment", ...}; others are other_state."""
    default_learning_rate: ClassVar[float]

    learning_rate: float | None = setting(
        None,
        label="Learning rate",
        gt=0.0,
        le=100.0,
        logarithmic=True,
        help="How far a step goes, at its peak. Too high and the loss jumps; too low and it crawls.",
    )

    def rate(self) -> float:
        """The peak learning rate: the one chosen, else this optimizer's usual one."""
        return self.learning_rate or self.default_learning_rate

    @staticmethod
    def fused(device: torch.device) -> bool:
        """Whether PyTorch updates all weights in one kernel there."""
        return device.type in ("cpu", "cuda", "mps")

    @classmethod
    def floats_per_parameter(cls) -> int:
        """Weight + gradient + state: 4 for Adam and AdamW (Kingma & Ba 2015; Loshchilov & Hutter 2019)."""
        return 2 + len(cls.state)

    def build(self, groups: Iterable[dict], device: torch.device) -> torch.optim.Optimizer:
        """The optimizer over parameter groups ({"params": [...], "weight_decay": w}), fused where that exists."""
        raise NotImplementedError


class Schedule(Choice):
    """The learning rate over the run, as a factor of the peak. A pure function: it is drawn before training."""

    order: ClassVar[int] = 100
    explanation: ClassVar[str]

    def factor(self, step: int, steps: int) -> float:
        """Factor of the peak learning rate at `step` (0-based) of a run of `steps` steps."""
        raise NotImplementedError


LOSSES: Registry[Loss] = Registry("loss", "app.engine.learning.losses")
OPTIMIZERS: Registry[Optimizer] = Registry("optimizer", "app.engine.learning.optimizers")
SCHEDULES: Registry[Schedule] = Registry("schedule", "app.engine.learning.schedules")
