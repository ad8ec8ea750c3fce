"""Pairs: one encoder for both halves, and how near the halves come to each other."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, Impossible
from models.shape import Shape, words


def _alike(inputs: tuple[Shape, ...], label: str) -> Shape:
    if len(set(inputs)) > 1:
        raise Impossible(
            f"{label} needs two halves of one form; it is given "
            f"{' and '.join(words(one) for one in inputs)}.",
            "Bring both to one form first.",
        )
    return inputs[0]


@BLOCKS.register
class CombinedOptimizer(Block):
    """A, A -> A: both halves go on as examples of their own, all first halves before all second, so
    that one encoder with one set of weights sees both. `match` parts them again. Behind it a
    batch has twice as many examples.
    """

    kind: ClassVar[str] = "together"
    label: ClassVar[str] = "Both halves"
    summary: ClassVar[str] = (
        "Lines both halves of the pairs up, so that one encoder learns from both."
    )
    arity: ClassVar[tuple[int, int]] = (2, 2)

    def shape(self, *inputs: Shape) -> Shape:
        return _alike(inputs, self.label)

    def module(self, *inputs: Shape) -> nn.Module:
        return TogetherModule()


class TogetherModule(nn.Module):
    """(B, *shape), (B, *shape) -> (2 B, *shape)."""

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return torch.cat([first, second])


@BLOCKS.register
class Match(Block):
    """(D,), (D,) -> (2, D): points of length 1, the first times a learned factor (Radford et al.
    2021, arXiv:2103.00020). It may be given one input in which `together` lined up both halves.
    """

    kind: ClassVar[str] = "match"
    label: ClassVar[str] = "Match"
    summary: ClassVar[str] = (
        "Compares directions only: what belongs together shall point the same way. "
        "A learned temperature says how sharp the comparison is."
    )
    arity: ClassVar[tuple[int, int]] = (1, 2)

    def shape(self, *inputs: Shape) -> Shape:
        shape = _alike(inputs, self.label)
        if len(shape) != 1:
            raise Impossible(
                f"{self.label} needs one list of values for each half; it is given {words(shape)}.",
                "Put a global pooling before it.",
            )

        return 2, shape[0]

    def module(self, *inputs: Shape) -> nn.Module:
        return MatchModule() if len(inputs) == 2 else PartedMatch()


class MatchModule(nn.Module):
    """(B, D), (B, D) -> (B, 2, D) float32, so that answer[:, 0] @ answer[:, 1].T are the logits of
    B x B pairs.

    The factor is exp(log_scale): 1 / 0.07 at first, never above 100, whatever is learned.
    """

    undecayed: ClassVar[tuple[str, ...]] = ("log_scale",)
    most: ClassVar[float] = 100.0

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.full((1,), _FIRST))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        self.log_scale.fill_(_FIRST)

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        scale = self.log_scale.float().clamp(max=math.log(self.most)).exp()
        return torch.stack([scale * _direction(first), _direction(second)], dim=1)


class PartedMatch(MatchModule):
    """(2 B, D), first halves before second -> (B, 2, D)."""

    def forward(self, both: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        first, second = both.chunk(2)
        return super().forward(first, second)


_FIRST = math.log(1 / 0.07)


def _direction(x: torch.Tensor) -> torch.Tensor:
    """To length 1.

    What is shorter than the limit stays shorter: its direction is chance, and its gradient would be
    without bounds.
    """
    return functional.normalize(x.float(), dim=-1, eps=1e-4)
