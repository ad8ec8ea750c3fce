"""The triplet loss, over all triplets of a batch or the hardest ones.

Schroff et al. 2015 (arXiv:1503.03832); Hermans et al. 2017 (arXiv:1703.07737).
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists losses without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from typing_extensions import override

from app.engine.learning.loss import LOSSES, Loss, LossCode, LossFunction
from app.engine.learning.similarity import (
    ComparingLoss,
    comparing_code,
    dot_products,
    unit_vectors,
)
from models.spec import setting

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

FAR = 8.0
"""A distance that no margin reaches: cosine distances end at 2, and so does the margin."""


@LOSSES.register
class Triplet(Loss):
    """What belongs together must lie nearer than what does not."""

    kind: ClassVar[str] = "triplet"
    label: ClassVar[str] = "Triplet"
    summary: ClassVar[str] = (
        "What belongs together must lie nearer than what does not, by a margin."
    )
    explanation: ClassVar[str] = (
        "It looks at three examples at a time: one, another that belongs to it, and one that does "
        "not. The one that does not belong must be farther away than the one that does, by at "
        "least the margin; the loss is what is missing, and where nothing is missing nothing more "
        "is learned. The hardest triplets teach fastest, but wrong labels mislead them and at the "
        "start they may draw everything into one point; all triplets are steadier."
    )
    tasks: ClassVar[tuple[str, ...]] = ("matching", "metric-learning")
    order: ClassVar[int] = 90
    picture: ClassVar[Literal["price", "distance", "similarity"]] = "similarity"

    margin: float = setting(
        0.2,
        label="Margin",
        unit="cosine distance",
        gt=0.0,
        le=2.0,
        step=0.05,
        help="How much farther away the wrong ones must be; distances go from 0 (the same) to 2 "
        "(opposite).",
    )
    triplets: Literal["all", "hardest"] = setting(
        "all",
        label="Triplets",
        choices={"all": "All of the batch", "hardest": "The hardest of each example"},
        help="All: their mean. Hardest: of every example the farthest that belongs and the nearest "
        "that does not.",
    )

    @override
    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        return _Triplet(self.margin, self.triplets == "hardest")

    @override
    def code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        pairs = "pair_" if task == "matching" else ""
        which = hardest_triplets if self.triplets == "hardest" else all_triplets
        return comparing_code(
            f"{pairs}triplets(outputs, targets, {self.margin!r}, {which.__name__})",
            "The triplet loss: what belongs together must lie nearer, by a margin.",
            pair_triplets if task == "matching" else triplets,
            which,
        )


class _Triplet(ComparingLoss):
    """The mean over an example's triplets, or the hardest of them; the distance is 1 - cosine.

    For pairs it is the mean of both ways.
    """

    def __init__(self, margin: float, hardest: bool) -> None:
        self.margin = margin
        self.of_anchors = hardest_triplets if hardest else all_triplets

    def per_example(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        function = triplets if outputs.ndim == 2 else pair_triplets
        return function(outputs, targets, self.margin, self.of_anchors)


def triplets(
    outputs: torch.Tensor,
    targets: torch.Tensor,
    margin: float,
    of_anchors: Callable[..., tuple[torch.Tensor, torch.Tensor]],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the loss and the weight of every example, (B,) each. outputs: (B, D)."""
    import torch

    alike = targets[:, None] == targets[None, :]
    itself = torch.eye(len(targets), dtype=torch.bool, device=outputs.device)
    points = unit_vectors(outputs)
    distances = 1 - dot_products(points, points)
    return of_anchors(distances, alike & ~itself, ~alike, margin)


def pair_triplets(
    outputs: torch.Tensor,
    targets: torch.Tensor,
    margin: float,
    of_anchors: Callable[..., tuple[torch.Tensor, torch.Tensor]],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the loss and the weight of every pair, both ways, (B,) each. outputs: (B, 2, D)."""
    import torch

    alike = targets[:, None] == targets[None, :]
    itself = torch.eye(len(targets), dtype=torch.bool, device=outputs.device)
    points = unit_vectors(outputs)
    distances = 1 - dot_products(points[:, 0], points[:, 1])
    there, weight = of_anchors(distances, itself, ~alike, margin)
    back, _ = of_anchors(distances.T, itself, ~alike, margin)
    return (there + back) / 2, weight


def hardest_triplets(
    distances: torch.Tensor, right: torch.Tensor, wrong: torch.Tensor, margin: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the loss and the weight of every anchor, (n,) each, by its hardest triplet.

    distances: (n, m). right, wrong: (n, m) bool, what belongs to the anchor and what does not; some
    may be neither.
    """
    import torch

    weight = (right.any(1) & wrong.any(1)).to(distances.dtype)
    farthest = distances.masked_fill(~right, -FAR).amax(1)
    nearest = distances.masked_fill(~wrong, FAR).amin(1)
    return torch.relu(margin + farthest - nearest) * weight, weight


def all_triplets(
    distances: torch.Tensor, right: torch.Tensor, wrong: torch.Tensor, margin: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the same as the mean over all triplets of an anchor."""
    import torch

    right_count = right.sum(1)
    wrong_count = wrong.sum(1)
    weight = ((right_count > 0) & (wrong_count > 0)).to(distances.dtype)

    # All triplets without a cube of them: with the wrong ones sorted by distance, those within
    # reach of a right one come first, and the sum of what they miss follows from the sum of their
    # distances.
    distances = distances.contiguous()
    sorted_wrong, _ = distances.masked_fill(~wrong, FAR).sort(dim=1)
    sums = torch.nn.functional.pad(sorted_wrong.cumsum(1), (1, 0))
    reach = margin + distances
    within = torch.searchsorted(sorted_wrong.detach(), reach.detach())
    missing = (within * reach - sums.gather(1, within)) * right

    return missing.sum(1) / (right_count * wrong_count).clamp(min=1), weight
