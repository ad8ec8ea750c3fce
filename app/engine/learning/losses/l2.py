"""L2: the mean squared error."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists losses without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from typing_extensions import override

from app.engine.learning.loss import LOSSES, Loss, LossCode, LossFunction

if TYPE_CHECKING:
    import torch

MEAN = 1
"""Torch's number for a loss that is the mean over all numbers."""


@LOSSES.register
class L2(Loss):
    """Errors cost the square of their size."""

    kind: ClassVar[str] = "l2"
    label: ClassVar[str] = "L2 (squared error, MSE)"
    summary: ClassVar[str] = "How far off, squared: large errors matter most, small ones hardly."
    explanation: ClassVar[str] = (
        "The square of the distance between answer and truth. An error twice as large costs "
        "four times as much and pulls twice as hard: the answer settles at the mean, and large "
        "errors are corrected first. Take it when large errors matter most. One wild value "
        "among the examples weighs as much as many good ones: then L1 or Huber is better."
    )
    tasks: ClassVar[tuple[str, ...]] = ("regression", "reconstruction")
    order: ClassVar[int] = 30
    picture: ClassVar[Literal["price", "distance", "similarity"]] = "distance"

    @override
    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        return _L2()

    @override
    def code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        return LossCode(
            "def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:\n"
            '    """The mean squared error."""\n'
            "    return functional.mse_loss(outputs.float(), targets)\n"
        )

    def curve(self, error: np.ndarray) -> np.ndarray:
        return np.asarray(error, dtype=float) ** 2


class _L2(LossFunction):
    """The mean over examples and over the amounts or values of each."""

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import mse_loss

        return mse_loss(outputs.float(), targets.float())

    def with_gradient(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        loss = self(outputs, targets)
        gradient: torch.Tensor = torch.ops.aten.mse_loss_backward.default(
            torch.ones_like(loss), outputs, targets.float(), MEAN
        )
        return loss, gradient
