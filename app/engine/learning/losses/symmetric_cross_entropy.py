"""The matching loss of CLIP: cross-entropy over the batch, both ways.

Radford et al. 2021 (arXiv:2103.00020).
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists losses without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from typing_extensions import override

from app.engine.learning.loss import LOSSES, Loss, LossCode, LossFunction
from app.engine.learning.similarity import MASKED, ComparingLoss, comparing_code, dot_products

if TYPE_CHECKING:
    import torch


@LOSSES.register
class SymmetricCrossEntropy(Loss):
    """Each half must find its partner on the other side, with a learned temperature."""

    kind: ClassVar[str] = "symmetric-cross-entropy"
    label: ClassVar[str] = "Symmetric cross-entropy (CLIP)"
    summary: ClassVar[str] = "Which of the batch belongs to which, asked both ways."
    explanation: ClassVar[str] = (
        "All first halves of a batch are compared with all second halves. Each must pick its own "
        "partner out of the batch, as if the partners were classes, and each partner must pick it "
        "back: cross-entropy along the rows and along the columns of the table of similarities, "
        "whose diagonal should win. How sharply similarities become probabilities, the "
        "temperature, is learned. Larger batches make the choice harder and teach more."
    )
    tasks: ClassVar[tuple[str, ...]] = ("matching",)
    order: ClassVar[int] = 60
    picture: ClassVar[Literal["price", "distance", "similarity"]] = "similarity"

    @override
    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        return _SymmetricCrossEntropy()

    @override
    def code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        return comparing_code(
            "symmetric_cross_entropy(outputs, targets)",
            "The loss of CLIP: which of the batch belongs to which, asked both ways.",
            symmetric_cross_entropy,
        )


class _SymmetricCrossEntropy(ComparingLoss):
    """Adds up the probabilities of equal second halves of a batch: each of them is right."""

    def per_example(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return symmetric_cross_entropy(outputs, targets)


def symmetric_cross_entropy(
    outputs: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the loss and the weight of every pair, (B,) each.

    outputs: (B, 2, D). targets: (B,), equal where two second halves are the same: each is right.
    """
    import torch

    # The network has multiplied the first halves by its temperature already.
    logits = dot_products(outputs[:, 0], outputs[:, 1])
    right = targets[:, None] == targets[None, :]
    there = logits.logsumexp(1) - logits.masked_fill(~right, MASKED).logsumexp(1)
    back = logits.logsumexp(0) - logits.masked_fill(~right, MASKED).logsumexp(0)

    return (there + back) / 2, torch.ones_like(there)
