"""Class token: a learned token before all others, which gathers what the answer needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, token_shape
from models.layers.layer import Layer

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class ClassToken(Block):
    """Puts a learned token before all others: (N, D) -> (N + 1, D) (Devlin et al. 2019).

    `select-token` takes it out again at the end (arXiv:1810.04805; arXiv:2010.11929, section 3.1).
    """

    kind: ClassVar[str] = "class-token"
    label: ClassVar[str] = "Class token"
    summary: ClassVar[str] = (
        "Puts one learned token before all others. In attention blocks it gathers what the answer "
        "needs; the block 'Select token' takes it out at the end."
    )

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        return count + 1, width

    def module(self, *inputs: Shape) -> nn.Module:
        return ClassTokenModule(inputs[0][1])


class ClassTokenModule(Layer):
    """Puts a learned token before all others: (B, N, D) -> (B, N + 1, D)."""

    undecayed: ClassVar[tuple[str, ...]] = ("token",)

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token = nn.Parameter(0.02 * torch.randn(width))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        self.token.normal_(std=0.02, generator=generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.token.to(x.dtype).expand(x.shape[0], 1, -1)
        return torch.cat([first, x], 1)
