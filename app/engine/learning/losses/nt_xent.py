"""NT-Xent, the loss of SimCLR: a fixed temperature, all halves against all.

Chen et al. 2020 (arXiv:2002.05709).
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists losses without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from typing_extensions import override

from app.engine.learning.loss import LOSSES, LossCode, LossFunction
from app.engine.learning.similarity import (
    MASKED,
    ComparingLoss,
    WithTemperature,
    comparing_code,
    dot_products,
    unit_vectors,
)

if TYPE_CHECKING:
    import torch


@LOSSES.register
class NTXent(WithTemperature):
    """Each half must find its partner among all other halves of both sides."""

    kind: ClassVar[str] = "nt-xent"
    label: ClassVar[str] = "NT-Xent (SimCLR)"
    summary: ClassVar[str] = (
        "Like the symmetric cross-entropy, but halves of the same side must keep apart too."
    )
    explanation: ClassVar[str] = (
        "Both halves of all pairs of a batch are put into one heap, and each must pick its own "
        "partner out of all the others: out of the second halves and out of the first. So two "
        "pictures of different things must lie apart as well. The temperature is fixed: low, and "
        "only the nearest wrong ones count; high, and all do."
    )
    tasks: ClassVar[tuple[str, ...]] = ("matching",)
    order: ClassVar[int] = 70
    picture: ClassVar[Literal["price", "distance", "similarity"]] = "similarity"

    @override
    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        return _NTXent(self.temperature)

    @override
    def code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        return comparing_code(
            f"nt_xent(outputs, targets, {self.temperature!r})",
            "NT-Xent: each half must find its partner among all others of the batch.",
            nt_xent,
        )


class _NTXent(ComparingLoss):
    """Leaves out other pairs with the same second half: they are neither right nor wrong."""

    def __init__(self, temperature: float) -> None:
        self.temperature = temperature

    def per_example(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return nt_xent(outputs, targets, self.temperature)


def nt_xent(
    outputs: torch.Tensor, targets: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the loss and the weight of every pair, (B,) each.

    outputs: (B, 2, D). targets: (B,), equal where two second halves are the same; such pairs are
    left out, as they are neither right nor wrong.
    """
    import torch

    count = outputs.shape[0]
    points = unit_vectors(torch.cat([outputs[:, 0], outputs[:, 1]]))
    logits = dot_products(points, points) / temperature
    pair = torch.arange(count, device=outputs.device).repeat(2)
    partner = torch.cat([torch.diagonal(logits, count), torch.diagonal(logits, -count)])

    alike = targets.repeat(2)[:, None] == targets.repeat(2)[None, :]
    left_out = alike & (pair[:, None] != pair[None, :])
    left_out = left_out | torch.eye(2 * count, dtype=torch.bool, device=outputs.device)
    costs = logits.masked_fill(left_out, MASKED).logsumexp(1) - partner

    return (costs[:count] + costs[count:]) / 2, torch.ones_like(costs[:count])
