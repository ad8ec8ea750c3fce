"""What the losses on points in space share: directions compared in full precision, and averages
over those examples that have something to be compared with.

Axes: B examples of a batch, D numbers of a point. Nothing here depends on values in a way that
changes shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.learning.loss import Loss, LossFunction
from models.spec import setting

if TYPE_CHECKING:
    import torch

NEVER = -1e4
"""A logit so low that its probability is exactly 0; unlike minus infinity it leaves the gradient of
a row without any other finite.
"""


def directions(points: torch.Tensor) -> torch.Tensor:
    """(..., D) -> the same of length 1, float32."""
    from torch.nn.functional import normalize

    return normalize(points.float(), dim=-1)


def products(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """(n, D) and (m, D) -> (n, m), in float32 whatever the precision of the training: in bfloat16
    there are only 256 different cosines.
    """
    import torch

    with torch.autocast(first.device.type, enabled=False):
        return first.float() @ second.float().T


class Tempered(Loss):
    """A loss whose temperature is chosen by hand."""

    temperature: float = setting(
        0.1,
        label="Temperature",
        gt=0.0,
        le=10.0,
        step=0.05,
        help="By what similarities are divided before they become probabilities; lower is sharper.",
    )


class ComparingLoss(LossFunction):
    """A loss that is the mean over the examples of a batch that have something to be compared with."""

    compares: ClassVar[bool] = True

    def each(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss of every example and its weight, 1 or, where there is nothing to compare it
        with, 0: (B,), (B,).
        """
        raise NotImplementedError

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        total, weight = self.totals(outputs, targets)
        return total / weight.clamp(min=1)

    def totals(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        losses, weights = self.each(outputs, targets)
        return (losses * weights).sum(), weights.sum()
