"""The matching loss of CLIP: cross-entropy over the batch, both ways (Radford et al. 2021,
arXiv:2103.00020).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from app.engine.learning.loss import LOSSES, Loss, LossFunction
from app.engine.learning.similarity import NEVER, ComparingLoss, products

if TYPE_CHECKING:
    import torch


@LOSSES.register
class SymmetricCrossEntropy(Loss):
    kind: ClassVar[str] = "symmetric-cross-entropy"
    label: ClassVar[str] = "Symmetric cross-entropy (CLIP)"
    summary: ClassVar[str] = "Which of the batch belongs to which, asked both ways."
    explanation: ClassVar[str] = (
        "All first halves of a batch are compared with all second halves. Each must pick its own "
        "partner out of the "
        "batch, as if the partners were classes, and each partner must pick it back: cross-entropy "
        "along the rows and "
        "along the columns of the table of similarities, whose diagonal should win. How sharply "
        "similarities become "
        "probabilities, the temperature, is learned. Larger batches make the choice harder and "
        "teach more."
    )
    tasks: ClassVar[tuple[str, ...]] = ("matching",)
    order: ClassVar[int] = 60
    picture: ClassVar[Literal["price", "distance", "similarity"]] = "similarity"

    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        return _SymmetricCrossEntropy()


class _SymmetricCrossEntropy(ComparingLoss):
    """Where the same second half stands in a batch twice, both are right: their probabilities are
    added up.
    """

    def each(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        logits = products(outputs[:, 0], outputs[:, 1])  # the temperature is in the first halves
        right = targets[:, None] == targets[None, :]
        there = logits.logsumexp(1) - logits.masked_fill(~right, NEVER).logsumexp(1)
        back = logits.logsumexp(0) - logits.masked_fill(~right, NEVER).logsumexp(0)

        return (there + back) / 2, torch.ones_like(there)
