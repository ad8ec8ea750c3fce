"""The triplet loss, over all triplets of a batch or the hardest ones (Schroff et al. 2015,
arXiv:1503.03832; Hermans et al. 2017, arXiv:1703.07737).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from app.engine.learning.loss import LOSSES, Loss, LossFunction
from app.engine.learning.similarity import ComparingLoss, directions, products
from models.spec import setting

if TYPE_CHECKING:
    import torch

FAR = 8.0
"""Farther than anything within reach: cosine distances end at 2, and the margin too."""


@LOSSES.register
class Triplet(Loss):
    kind: ClassVar[str] = "triplet"
    label: ClassVar[str] = "Triplet"
    summary: ClassVar[str] = (
        "What belongs together must lie nearer than what does not, by a margin."
    )
    explanation: ClassVar[str] = (
        "It looks at three examples at a time: one, another that belongs to it, and one that does "
        "not. The one that "
        "does not belong must be farther away than the one that does, by at least the margin; the "
        "loss is what is "
        "missing, and where nothing is missing nothing more is learned. The hardest triplets teach "
        "fastest, but wrong "
        "labels mislead them and at the start they may draw everything into one point; all "
        "triplets are steadier."
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
        help="By how much farther away the wrong ones must be; distances go from 0 (the same) to 2 "
        "(opposite).",
    )
    triplets: Literal["all", "hardest"] = setting(
        "all",
        label="Triplets",
        choices={"all": "All of the batch", "hardest": "The hardest of each example"},
        help="All: their mean. Hardest: of every example the farthest that belongs and the nearest "
        "that does not.",
    )

    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        return _Triplet(self.margin, self.triplets == "hardest")


class _Triplet(ComparingLoss):
    """The distance is 1 less the cosine.

    An example's loss is the mean over its triplets, or that of the hardest; of pairs, the mean of
    both ways.
    """

    def __init__(self, margin: float, hardest: bool) -> None:
        self.margin = margin
        self.hardest = hardest

    def each(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        alike = targets[:, None] == targets[None, :]
        itself = torch.eye(len(targets), dtype=torch.bool, device=outputs.device)

        points = directions(outputs)
        if outputs.ndim == 2:
            far = 1 - products(points, points)
            return self._anchors(far, alike & ~itself, ~alike)

        far = 1 - products(points[:, 0], points[:, 1])
        there, weight = self._anchors(far, itself, ~alike)
        back, _ = self._anchors(far.T, itself, ~alike)

        return (there + back) / 2, weight

    def _anchors(
        self, far: torch.Tensor, right: torch.Tensor, wrong: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss and weight of every anchor, (n,), (n,).

        far: (n, m) distances. right, wrong: (n, m), which of them belong to the anchor and which do
        not; some may be neither.
        """
        import torch

        rights = right.sum(1)
        wrongs = wrong.sum(1)

        weight = ((rights > 0) & (wrongs > 0)).to(far.dtype)
        if self.hardest:
            farthest = far.masked_fill(~right, -FAR).amax(1)
            nearest = far.masked_fill(~wrong, FAR).amin(1)
            return torch.relu(self.margin + farthest - nearest) * weight, weight

        # All triplets without a cube of them: with the wrong ones sorted by distance, those within
        # reach of a right one stand before a place, and what they miss in sum follows from the sum
        # of their distances up to there.
        far = far.contiguous()
        sorted_far, _ = far.masked_fill(~wrong, FAR).sort(dim=1)
        sums = torch.nn.functional.pad(sorted_far.cumsum(1), (1, 0))
        reach = self.margin + far
        within = torch.searchsorted(sorted_far.detach(), reach.detach())
        missing = (within * reach - sums.gather(1, within)) * right

        return missing.sum(1) / (rights * wrongs).clamp(min=1), weight
