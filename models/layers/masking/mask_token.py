"""Mask token: one learned token that stands for everything hidden (He et al. 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, check_masks, token_shape
from models.layers.layer import Layer

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class MaskToken(Block):
    """Tokens (N, D), mask (N,) -> (N, D), with a learned token where the mask is 0.

    As in the masked autoencoder of He et al. 2022, arXiv:2111.06377.
    """

    kind: ClassVar[str] = "mask-token"
    label: ClassVar[str] = "Mask token"
    summary: ClassVar[str] = (
        "Puts one learned token in the place of everything hidden: restore something here."
    )
    arity: ClassVar[tuple[int, int]] = (2, 2)

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        check_masks(count, inputs[1:], self.label)
        return count, width

    def module(self, *inputs: Shape) -> nn.Module:
        return MaskTokenModule(inputs[0][1])


class MaskTokenModule(Layer):
    """Puts a learned token where the mask is 0: (B, N, D), (B, N) -> (B, N, D)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token = nn.Parameter(0.02 * torch.randn(width))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        self.token.normal_(std=0.02, generator=generator)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        visible = mask.to(x.dtype)[:, :, None]
        return x * visible + self.token.to(x.dtype) * (1 - visible)
