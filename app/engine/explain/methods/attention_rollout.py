"""Attention rollout, weighted by gradients: through which tokens the answer came together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from typing_extensions import override

from app.engine.explain.blocks import blocks_of_half, spread
from app.engine.explain.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from app.engine.explain.example import Example
    from models.network import PlacedBlock
    from models.shape import InputKind

ATTENTION = ("transformer", "self-attention")
CLASS_TOKEN = "class-token"
PATCHES = ("patch-embedding", "patch-embedding-1d")


class AttentionRollout(Method):
    """Chefer et al. 2021 (arXiv:2103.15679), equations 5 and 6, for self-attention.

    Of every head's weights what speaks for the answer is kept, their positive product with its
    gradient; the mean over heads is added up from block to block: R <- R + A R, from R = I.
    """

    kind: ClassVar[str] = "attention-rollout"
    label: ClassVar[str] = "Attention, weighted"
    summary: ClassVar[str] = (
        "Bright places were looked at by the attention heads whose looking spoke for the answer."
    )
    caution: ClassVar[str] = (
        "Attention mixes tokens in every block: a bright place says only roughly where it came "
        "from."
    )
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "signal", "text", "row")
    order: ClassVar[int] = 15

    @override
    def unfit(self, example: Example, half: int) -> str:
        if reason := super().unfit(example, half):
            return reason

        blocks = _attention_blocks(example, half)
        if not blocks:
            return "This network has no attention, so there is nothing to look at."
        if len({block.shape[0] for block in blocks}) > 1:
            return "The number of tokens changes between the attention blocks of this network."
        if _places(example, half) is None:
            return "The tokens of this network do not belong to places of the example."

        return ""

    @override
    def relevance(self, example: Example, half: int) -> np.ndarray:
        names = [block.node.name for block in _attention_blocks(example, half)]
        count = _attention_blocks(example, half)[0].shape[0]
        rollout = torch.eye(count)
        for weights, gradient in _weights_and_gradients(example, half, names):
            spoke_for_it = (weights * gradient).clamp(min=0).mean(0)
            rollout = rollout + spoke_for_it @ rollout

        rollout = rollout - torch.eye(count)
        first = _class_tokens(example, half)
        seen = rollout[0, 1:] if first else _mean_of_tokens(example, half, rollout)
        return _over_example(example, half, seen).numpy()


def _attention_blocks(example: Example, half: int) -> list[PlacedBlock]:
    return [block for block in blocks_of_half(example, half) if block.node.kind in ATTENTION]


def _class_tokens(example: Example, half: int) -> int:
    kinds = [block.node.kind for block in blocks_of_half(example, half)]
    return kinds.count(CLASS_TOKEN)


def _mean_of_tokens(example: Example, half: int, rollout: torch.Tensor) -> torch.Tensor:
    """Returns what all tokens together looked at; padding looks at nothing."""
    if example.half(half).kind != "text":
        return rollout.mean(0)

    there = example.inputs[half][0] != 0
    return rollout[there].mean(0) * there


def _places(example: Example, half: int) -> tuple[int, ...] | None:
    """Returns how the tokens lie over the example: (h, w) or (n,); None where they do not."""
    first = _class_tokens(example, half)
    if first > 1:
        return None

    count = _attention_blocks(example, half)[0].shape[0] - first
    form = example.half(half)
    if form.kind != "image":
        fits = form.kind == "signal" or count == form.shape[0]
        return (count,) if fits else None

    for block in blocks_of_half(example, half):
        if len(block.inputs[0]) == 3 and len(block.shape) == 2:
            _, height, width = block.inputs[0]
            side = getattr(block.block, "patch_size", 1)
            grid = (-(-height // side), -(-width // side))
            return grid if math.prod(grid) == count else None

    return None


def _over_example(example: Example, half: int, seen: torch.Tensor) -> torch.Tensor:
    """Returns what tokens got, laid over the example: (H, W), (L,) or (F,)."""
    places = _places(example, half)
    assert places is not None
    form = example.half(half)
    if form.kind in ("text", "row"):
        return seen

    return spread(seen.reshape(places), form.shape)


def _weights_and_gradients(
    example: Example, half: int, names: list[str]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Returns the attention weights (heads, N, N) of these blocks in order, and their gradients."""
    kept = _KeptAttention()
    handles = []
    for name in names:
        module = example.network.blocks[name]
        handles.append(module.register_forward_pre_hook(lambda *_: kept.begin()))
        handles.append(module.register_forward_hook(lambda *_: kept.end()))

    try:
        with torch.enable_grad(), kept:
            support = example.support(*example.inputs)

        gradients = torch.autograd.grad(support.sum(), kept.probes)
    finally:
        for handle in handles:
            handle.remove()

    row = example.row_of(half)
    return [
        (weights[row], gradient[row])
        for weights, gradient in zip(kept.weights, gradients, strict=True)
    ]


class _KeptAttention(TorchFunctionMode):
    """Computes attention step by step while it is on, in this thread, and keeps its weights.

    A zero is added to the weights, whose gradient is theirs: the way back through earlier blocks
    stays whole.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weights: list[torch.Tensor] = []
        self.probes: list[torch.Tensor] = []
        self._inside = False

    def begin(self) -> None:
        self._inside = True

    def end(self) -> None:
        self._inside = False

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if self._inside and func is functional.scaled_dot_product_attention:
            return self._attend(*args, **(kwargs or {}))

        return func(*args, **(kwargs or {}))

    def _attend(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attn_mask: torch.Tensor | None = None,
        dropout_p: float = 0.0,  # noqa: ARG002 - nothing is dropped in evaluation
        is_causal: bool = False,
    ) -> torch.Tensor:
        scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
        if is_causal:
            ahead = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
            scores = scores.masked_fill(ahead, -math.inf)
        if attn_mask is not None:
            scores = scores + attn_mask

        weights = scores.softmax(-1)
        probe = torch.zeros_like(weights).requires_grad_()
        self.weights.append(weights.detach())
        self.probes.append(probe)
        return (weights + probe) @ value


METHOD = AttentionRollout()
