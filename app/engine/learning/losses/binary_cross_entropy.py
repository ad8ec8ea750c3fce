"""Binary cross-entropy: on one logit for yes/no, on one a tag for several tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from app.engine.learning.loss import LOSSES, Loss, LossFunction
from models.spec import setting

if TYPE_CHECKING:
    import torch


@LOSSES.register
class BinaryCrossEntropy(Loss):
    kind: ClassVar[str] = "binary-cross-entropy"
    label: ClassVar[str] = "Binary cross-entropy"
    summary: ClassVar[str] = "Yes or no, once or for every tag: the price of a confident mistake."
    explanation: ClassVar[str] = (
        "The network answers with one number, for every tag if there are several, turned into the "
        "probability of yes. "
        "The loss is minus the logarithm of the probability it gave to what is true."
    )
    tasks: ClassVar[tuple[str, ...]] = ("binary-classification", "multi-label")
    order: ClassVar[int] = 20

    positive_weight: float | None = setting(
        None,
        label="Weight of yes",
        gt=0.0,
        step=0.5,
        help="How much a missed yes counts against a false alarm; above 1 when yes is rare.",
    )
    class_weights: Literal["none", "balanced"] = setting(
        "none",
        label="Class weights",
        choices={"none": "All examples count alike", "balanced": "Rare classes count more"},
        help="With 'balanced' yes and no weigh the same in the loss, of every tag, however few "
        "examples one has.",
    )

    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        import torch

        yes = 1.0
        tags = [1.0] * len(counts)
        if self.positive_weight is not None:
            yes = self.positive_weight
            tags = [self.positive_weight] * len(counts)
        elif self.class_weights == "balanced":
            if len(counts) == 2 and all(counts):
                yes = counts[0] / counts[1]
            tags = [(examples - count) / count if 0 < count < examples else 1.0 for count in counts]

        return _BinaryCrossEntropy(
            torch.tensor(float(yes), device=device), torch.tensor(tags, device=device)
        )


class _BinaryCrossEntropy(LossFunction):
    """yes: the weight of yes, a scalar. tags: of every tag, (K,)."""

    def __init__(self, yes: torch.Tensor, tags: torch.Tensor) -> None:
        self.yes = yes
        self.tags = tags

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Outputs (B, 1) with (B,) of yes/no, or (B, K) with (B, K) of tags; then the mean over the
        tags too.
        """
        from torch.nn.functional import binary_cross_entropy_with_logits

        if targets.ndim == 1:
            outputs = outputs[:, 0]
            weight = self.yes
        else:
            weight = self.tags

        return binary_cross_entropy_with_logits(outputs.float(), targets.float(), pos_weight=weight)
