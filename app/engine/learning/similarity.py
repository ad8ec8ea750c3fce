"""What the losses on points in space share: similarities, and a mean over comparable examples.

Axes: B examples of a batch, D numbers of a point. Nothing here depends on values in a way that
changes shapes.
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists losses without it
from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from app.engine.learning.loss import Loss, LossCode, LossFunction
from models.spec import setting

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

MASKED = -1e4
"""A logit so low that its probability is exactly 0.

Unlike minus infinity it keeps the gradient finite in a row that has no other logit.
"""


def unit_vectors(points: torch.Tensor) -> torch.Tensor:
    """Returns points (..., D) scaled to length 1, in float32."""
    from torch.nn.functional import normalize

    return normalize(points.float(), dim=-1)


def dot_products(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Returns all dot products of (n, D) and (m, D) points: (n, m).

    They are computed in float32 whatever the precision of the training: bfloat16 has only 256
    different cosines.
    """
    import torch

    with torch.autocast(first.device.type, enabled=False):
        return first.float() @ second.float().T


class WithTemperature(Loss):
    """A loss whose temperature a person chooses."""

    temperature: float = setting(
        0.1,
        label="Temperature",
        gt=0.0,
        le=10.0,
        step=0.05,
        help="By what similarities are divided before they become probabilities; lower is sharper.",
    )


def comparing_code(call: str, summary: str, *functions: Callable[..., Any]) -> LossCode:
    """Returns the code of a loss whose examples are compared.

    call: returns the losses and the weights of the examples of a batch. functions: what it
    needs.
    """
    return LossCode(
        "def totals(\n"
        "    outputs: torch.Tensor, targets: torch.Tensor\n"
        ") -> tuple[torch.Tensor, torch.Tensor]:\n"
        '    """The sum of the losses, and how many examples can be compared."""\n'
        f"    losses, weights = {call}\n"
        "    return (losses * weights).sum(), weights.sum()\n\n\n"
        "def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:\n"
        f'    """{summary}"""\n'
        "    total, weight = totals(outputs, targets)\n"
        "    return total / weight.clamp(min=1)\n",
        totals="totals(outputs, targets)",
        functions=functions,
    )


class ComparingLoss(LossFunction):
    """The mean over those examples of a batch that have something to be compared with."""

    compares: ClassVar[bool] = True

    def per_example(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the loss and the weight of every example, (B,), (B,).

        The weight is 1, or 0 where there is nothing to compare the example with.
        """
        raise NotImplementedError

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        total, weight = self.totals(outputs, targets)
        return total / weight.clamp(min=1)

    def totals(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        losses, weights = self.per_example(outputs, targets)
        return (losses * weights).sum(), weights.sum()
