"""Huber's loss: L2 for small errors, L1 for large ones.

Huber 1964, "Robust estimation of a location parameter".
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists losses without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from typing_extensions import override

from app.engine.learning.loss import LOSSES, Loss, LossCode, LossFunction
from models.spec import setting

if TYPE_CHECKING:
    import torch


@LOSSES.register
class Huber(Loss):
    """Squares small errors and takes large ones in proportion."""

    kind: ClassVar[str] = "huber"
    label: ClassVar[str] = "Huber (between L1 and L2)"
    summary: ClassVar[str] = "Small errors count as in L2, large ones only in proportion, as in L1."
    explanation: ClassVar[str] = (
        "Up to a limit an error costs half its square, so that small ones are corrected gently "
        "and exactly; beyond it the cost grows in proportion, so that a wild value among the "
        "examples cannot drag the answer away. The limit separates errors to be corrected from "
        "mistakes in the data."
    )
    tasks: ClassVar[tuple[str, ...]] = ("regression", "reconstruction")
    order: ClassVar[int] = 50
    picture: ClassVar[Literal["price", "distance", "similarity"]] = "distance"
    robust: ClassVar[bool] = True

    delta: float = setting(
        1.0,
        label="Limit",
        unit="standard deviations",
        gt=0.0,
        le=100.0,
        step=0.1,
        help="Errors beyond it count in proportion only. Small and it is like L1, large and it is "
        "like L2.",
    )

    @override
    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        return _Huber(self.delta)

    @override
    def code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        return LossCode(
            "def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:\n"
            f'    """Huber: half the square up to {self.delta!r}, then in proportion."""\n'
            f"    return functional.huber_loss(outputs.float(), targets, delta={self.delta!r})\n"
        )

    def curve(self, error: np.ndarray) -> np.ndarray:
        size = np.abs(np.asarray(error, dtype=float))
        beyond = self.delta * (size - self.delta / 2)
        cost: np.ndarray = np.where(size <= self.delta, size**2 / 2, beyond)
        return cost


class _Huber(LossFunction):
    """The mean over examples and over the amounts or values of each.

    delta: the limit, in standard deviations of them.
    """

    def __init__(self, delta: float) -> None:
        self.delta = delta

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import huber_loss

        return huber_loss(outputs.float(), targets.float(), delta=self.delta)
