"""Cross-entropy over classes (multinomial logistic loss), or over the next tokens of a text."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists losses without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from typing_extensions import override

from app.engine.learning.loss import LOSSES, Loss, LossCode, LossFunction
from models.spec import setting

if TYPE_CHECKING:
    import torch

NO_TOKEN = -100
"""Stands among targets where there is no next token: it costs nothing and is not counted."""

MEAN = 1
"""Torch's number for a loss that is the mean over a batch."""


TOKENS_CODE = '''\
NO_TOKEN = -100  # stands where no token follows


def token_sum(ARGUMENTS) -> torch.Tensor:
    """The cross-entropy of the next tokens, summed over all places of all texts."""
    return functional.cross_entropy(
        outputs.flatten(0, 1).float(),
        targets.flatten(), SMOOTHING,
        reduction="sum",
        ignore_index=NO_TOKEN,
    )


def loss(ARGUMENTS) -> torch.Tensor:
    """The mean over the tokens that have a next one."""
    return token_sum(outputs, targets, PASSED) / (targets != NO_TOKEN).sum().clamp(min=1)
'''
"""The loss of texts; words in capital letters stand for arguments."""


def balanced_weights(counts: tuple[int, ...]) -> list[float]:
    """Returns a weight for each class, inverse to its count, with mean 1 over the examples.

    It is 0 for a class without examples.
    """
    present = [count for count in counts if count]
    total = sum(present)
    return [total / (len(present) * count) if count else 0.0 for count in counts]


@LOSSES.register
class CrossEntropy(Loss):
    """The price of a confident mistake about one out of several."""

    kind: ClassVar[str] = "cross-entropy"
    label: ClassVar[str] = "Cross-entropy"
    summary: ClassVar[str] = (
        "One out of several, a class or the next token: the cost of a confident mistake."
    )
    explanation: ClassVar[str] = (
        "The network gives each class, or each token that may come next, a probability. The loss "
        "is minus the logarithm of the probability of the true one: 0 when it is sure and right, "
        "and it grows without limit when it is sure and wrong."
    )
    tasks: ClassVar[tuple[str, ...]] = ("classification", "soft-labels", "language-modelling")
    order: ClassVar[int] = 10

    label_smoothing: float | None = setting(
        None,
        label="Label smoothing",
        ge=0.0,
        lt=1.0,
        step=0.05,
        live=True,
        help="Asks for a little less than full certainty; fewer confident mistakes, and weights "
        "stay small.",
    )
    class_weights: Literal["none", "balanced"] = setting(
        "none",
        label="Class weights",
        applies=("classification",),
        choices={"none": "All examples count alike", "balanced": "Rare classes count more"},
        help="With 'balanced' each class weighs the same in the loss, however few examples it has.",
    )

    @override
    def build(
        self, counts: tuple[int, ...], device: torch.device, examples: int = 0
    ) -> LossFunction:
        import torch

        weight = None
        if self.class_weights == "balanced":
            weight = torch.tensor(balanced_weights(counts), dtype=torch.float32, device=device)

        return _CrossEntropy(self.label_smoothing or 0.0, weight)

    @override
    def code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        return self._code(counts, task, live=False)

    @override
    def live_code(self, counts: tuple[int, ...], examples: int, task: str) -> LossCode:
        return self._code(counts, task, live=True)

    def _code(self, counts: tuple[int, ...], task: str, live: bool) -> LossCode:
        """Returns the code; live: `loss` takes the label smoothing as a third argument."""
        planned = f", label_smoothing={self.label_smoothing!r}" if self.label_smoothing else ""
        smoothing = ", label_smoothing=smoothing" if live else planned
        arguments = "outputs: torch.Tensor, targets: torch.Tensor"
        if live:
            arguments = f"{arguments}, smoothing: float = {self.label_smoothing or 0.0!r}"

        if task == "language-modelling":
            text = TOKENS_CODE.replace(", SMOOTHING", smoothing).replace("ARGUMENTS", arguments)
            return LossCode(
                text.replace(", PASSED", ", smoothing" if live else ""),
                "token_sum(outputs, targets)",
                "(targets != NO_TOKEN).sum()",
            )

        constant = weighted = ""
        weight = "len(targets)"
        if self.class_weights == "balanced":
            constant = f"CLASS_WEIGHTS = torch.tensor({balanced_weights(counts)})\n\n\n"
            weighted = ", weight=CLASS_WEIGHTS"
            if task == "classification":
                weight = "CLASS_WEIGHTS[targets].sum()"

        call = f"functional.cross_entropy(outputs.float(), targets{weighted}"
        meaning = "the shares" if task == "soft-labels" else "the true class"
        return LossCode(
            f"{constant}def loss({arguments}) -> torch.Tensor:\n"
            f'    """Cross-entropy of {meaning}, the mean over a batch."""\n'
            f"    return {call}{smoothing})\n",
            f'{call}{planned}, reduction="sum")',
            weight,
        )


class _CrossEntropy(LossFunction):
    """smoothing: of the labels, 0 to 1. class_weights: (K,); tokens and shares have none."""

    def __init__(self, smoothing: float, class_weights: torch.Tensor | None) -> None:
        import torch

        self.smoothing = smoothing
        self.class_weights = class_weights
        # Kernels without a name of their own in torch; to find them takes as long as they do.
        aten = torch.ops.aten
        self._forward = aten.nll_loss_forward.default
        self._backward = aten.nll_loss_backward.default
        self._softmax_backward = torch._log_softmax_backward_data  # noqa: SLF001 - its name
        self._log_softmax = torch.log_softmax
        self._one = torch.ones(())

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        if outputs.ndim == 3:
            total, tokens = self._token_totals(outputs, targets)
            return total / tokens.clamp(min=1)

        return cross_entropy(
            outputs.float(), targets, weight=self.class_weights, label_smoothing=self.smoothing
        )

    def with_gradient(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if self.smoothing or targets.ndim != 1 or outputs.device.type != "cpu":
            return super().with_gradient(outputs, targets)

        logarithms = self._log_softmax(outputs, 1)
        weights = self.class_weights
        loss, total = self._forward(logarithms, targets, weights, MEAN, NO_TOKEN)
        gradient = self._backward(self._one, logarithms, targets, weights, MEAN, NO_TOKEN, total)
        return loss, self._softmax_backward(gradient, logarithms, 1, outputs.dtype)

    def weight(self, targets: torch.Tensor) -> torch.Tensor | float:
        if targets.is_floating_point():  # shares, of which every example has 1
            return float(targets.shape[0])
        if targets.ndim == 2:
            return (targets != NO_TOKEN).sum().clamp(min=1).float()
        if self.class_weights is not None:
            return self.class_weights[targets].sum()

        return super().weight(targets)

    def totals(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the sum and weight over the examples, or over the tokens that there are."""
        from torch.nn.functional import cross_entropy

        if outputs.ndim == 3:
            return self._token_totals(outputs, targets)

        total = cross_entropy(
            outputs.float(),
            targets,
            weight=self.class_weights,
            label_smoothing=self.smoothing,
            reduction="sum",
        )
        if self.class_weights is not None and not targets.is_floating_point():
            return total, self.class_weights[targets].sum()

        return total, total.new_tensor(float(targets.shape[0]))

    def _token_totals(
        self, outputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the sum over the tokens and their number. outputs: (B, L, V). targets: (B, L)."""
        from torch.nn.functional import cross_entropy

        total = cross_entropy(
            outputs.flatten(0, 1).float(),
            targets.flatten(),
            label_smoothing=self.smoothing,
            reduction="sum",
            ignore_index=NO_TOKEN,
        )
        return total, (targets != NO_TOKEN).sum().to(total.dtype)
