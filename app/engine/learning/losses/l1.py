"""L1: the mean absolute error."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists losses without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from typing_extensions import override

from app.engine.learning.loss import LOSSES, Loss, LossCode, LossFunction

if TYPE_CHECKING:
    import torch


@LOSSES.register
class L1(Loss):
    """Errors cost in proportion to their size."""

    kind: ClassVar[str] = "l1"
    label: ClassVar[str] = "L1 (absolute error)"
    summary: ClassVar[str] = (
        "How far off, in proportion: one wild value among the examples changes little."
    )
    explanation: ClassVar[str] = (
        "The distance between answer and truth. An error twice as large costs twice as much, and "
        "every error pulls with the same force: the answer settles at the middle value (the "
        "median), and a wild value among the examples cannot drag it away. Take it when errors "
        "matter in proportion, or when some of the amounts may be wrong."
    )
    tasks: ClassVar[tuple[str, ...]] = ("regression", "reconstruction")
    order: ClassVar[int] = 40
    picture: ClassVar[Literal["price", "distance", "similarity"]] = "distance"
    robust: ClassVar[bool] = True

    @override
    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        return _L1()

    @override
    def code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        return LossCode(
            "def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:\n"
            '    """The mean absolute error."""\n'
            "    return functional.l1_loss(outputs.float(), targets)\n"
        )

    def curve(self, error: np.ndarray) -> np.ndarray:
        size: np.ndarray = np.abs(np.asarray(error, dtype=float))
        return size


class _L1(LossFunction):
    """The mean over examples and over the amounts or values of each."""

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import l1_loss

        return l1_loss(outputs.float(), targets.float())
