"""Binary cross-entropy, on one logit for yes or no, or on one logit for each tag."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists losses without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from app.engine.learning.loss import LOSSES, Loss, LossCode, LossFunction
from models.spec import setting

if TYPE_CHECKING:
    import torch


@LOSSES.register
class BinaryCrossEntropy(Loss):
    """The price of a confident mistake about yes or no."""

    kind: ClassVar[str] = "binary-cross-entropy"
    label: ClassVar[str] = "Binary cross-entropy"
    summary: ClassVar[str] = "Yes or no, once or for every tag: the cost of a confident mistake."
    explanation: ClassVar[str] = (
        "The network answers with one number, for every tag if there are several, turned into the "
        "probability of yes. The loss is minus the logarithm of the probability it gave to what is "
        "true."
    )
    tasks: ClassVar[tuple[str, ...]] = ("binary-classification", "multi-label")
    order: ClassVar[int] = 20

    positive_weight: float | None = setting(
        None,
        label="Weight of yes",
        gt=0.0,
        le=1e6,
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

        yes_weight, tag_weights = self._weights(counts, examples)
        return _BinaryCrossEntropy(
            torch.tensor(yes_weight, device=device), torch.tensor(tag_weights, device=device)
        )

    def _weights(self, counts: tuple[int, ...], examples: int) -> tuple[float, list[float]]:
        """Returns how much a yes counts, of the only answer and of every tag."""
        if self.positive_weight is not None:
            return self.positive_weight, [self.positive_weight] * len(counts)
        if self.class_weights == "none":
            return 1.0, [1.0] * len(counts)

        yes_weight = counts[0] / counts[1] if len(counts) == 2 and all(counts) else 1.0
        return yes_weight, [
            (examples - count) / count if 0 < count < examples else 1.0 for count in counts
        ]

    def code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        yes_weight, tag_weights = self._weights(counts, examples)
        if task == "multi-label":
            weights = "" if set(tag_weights) == {1.0} else repr(tag_weights)
            arguments, meaning = "outputs.float(), targets", "the mean over all tags"
        else:
            weights = "" if yes_weight == 1.0 else repr(yes_weight)
            arguments, meaning = "outputs[:, 0].float(), targets.float()", "of yes or no"

        constant = f"YES_WEIGHT = torch.tensor({weights})\n\n\n" if weights else ""
        weighted = ", pos_weight=YES_WEIGHT" if weights else ""
        return LossCode(
            f"{constant}def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:\n"
            f'    """Binary cross-entropy, {meaning}."""\n'
            "    return functional.binary_cross_entropy_with_logits("
            f"{arguments}{weighted})\n"
        )


class _BinaryCrossEntropy(LossFunction):
    """yes_weight: how much a yes counts, a scalar. tag_weights: the same of every tag, (K,)."""

    def __init__(self, yes_weight: torch.Tensor, tag_weights: torch.Tensor) -> None:
        self.yes_weight = yes_weight
        self.tag_weights = tag_weights

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Returns the mean over the examples, and over their tags if they have several.

        outputs: (B, 1) with targets (B,) of yes or no, or (B, K) with targets (B, K) of tags.
        """
        from torch.nn.functional import binary_cross_entropy_with_logits

        if targets.ndim == 1:
            outputs = outputs[:, 0]
            weight = self.yes_weight
        else:
            weight = self.tag_weights

        return binary_cross_entropy_with_logits(outputs.float(), targets.float(), pos_weight=weight)
