"""Grad-CAM: what the last map of features holds, weighted by what it does for the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from typing_extensions import override

from app.engine.explain.blocks import last_map, spread
from app.engine.explain.method import Method

if TYPE_CHECKING:
    import numpy as np

    from app.engine.explain.example import Example
    from models.shape import InputKind


class GradCam(Method):
    """Selvaraju et al. 2017 (arXiv:1610.02391), equations 1 and 2.

    The weight of a channel is the mean of the answer's gradient over all places; the map is the
    positive part of the weighted sum of the channels. On signals it has one dimension. The block is
    the last one with at least 16 places, for the last one of all may have four.
    """

    kind: ClassVar[str] = "grad-cam"
    label: ClassVar[str] = "Grad-CAM"
    summary: ClassVar[str] = (
        "Bright places held features, in the last block that still knows places, that spoke for "
        "the answer."
    )
    caution: ClassVar[str] = (
        "It is as coarse as that block, and shows what spoke for the answer, not what spoke "
        "against it."
    )
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "signal")
    order: ClassVar[int] = 20

    @override
    def unfit(self, example: Example, half: int) -> str:
        if reason := super().unfit(example, half):
            return reason
        if last_map(example, half) is None:
            return "This network has no block that knows places, so Grad-CAM has nothing to show."

        return ""

    @override
    def relevance(self, example: Example, half: int) -> np.ndarray:
        block = last_map(example, half)
        assert block is not None
        features, gradient = _features_and_gradient(example, half, block.node.name)

        # Of a picture (C, h, w); tokens of a signal (n, C) are turned, so that channels come first.
        if features.ndim == 2:
            features, gradient = features.T, gradient.T

        weights = gradient.flatten(1).mean(1)
        coarse = torch.einsum("c,c...->...", weights, features).clamp(min=0)
        return spread(coarse, example.half(half).shape).numpy()


def _features_and_gradient(
    example: Example, half: int, name: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the output of a block for one half, and the gradient of the support there."""
    outputs: list[torch.Tensor] = []

    def keep(
        _: torch.nn.Module, __: tuple[torch.Tensor, ...], output: torch.Tensor
    ) -> torch.Tensor:
        outputs.append(output.detach().requires_grad_())
        return outputs[0]

    handle = example.network.blocks[name].register_forward_hook(keep)
    try:
        with torch.enable_grad():
            support = example.support(*example.inputs)
            gradient = torch.autograd.grad(support.sum(), outputs[0])[0]
    finally:
        handle.remove()

    row = example.row_of(half)
    return outputs[0].detach()[row], gradient[row]


METHOD = GradCam()
