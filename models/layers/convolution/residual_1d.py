"""1-D residual block with layer norm, over a sequence of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, token_shape
from models.layers.convolution.convolution_1d import Convolution1DModule
from models.layers.layer import Layer
from models.receptive_field import ReceptiveField, filter_field
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class Residual1D(Block):
    """1-D residual block (pre-activation, He et al. 2016, arXiv:1603.05027): (N, D) -> (N, D).

    x + convolution(relu(convolution(norm(x)))); the norm works at each token by itself.
    """

    kind: ClassVar[str] = "residual-1d"
    label: ClassVar[str] = "1-D residual block"
    summary: ClassVar[str] = (
        "Two convolutions along the sequence, whose result is added to what came in."
    )

    kernel_size: int = setting(
        5, label="Filter size", unit="places", ge=1, le=255, help="How many places a filter covers."
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Share of what is added that is set to zero while training.",
    )

    def title(self) -> str:
        return f"1-D residual block {self.kernel_size}"

    def shape(self, *inputs: Shape) -> Shape:
        return token_shape(inputs[0], self.label)

    def module(self, *inputs: Shape) -> nn.Module:
        return Residual1DModule(inputs[0][1], self.kernel_size, self.dropout)

    def multiply_adds(self, *inputs: Shape) -> int:
        count, width = inputs[0]
        return 2 * count * width * width * self.kernel_size

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.kernel_size).then(filter_field(self.kernel_size))


class Residual1DModule(Layer):
    """x + convolution(relu(convolution(norm(x)))): (B, N, D) -> (B, N, D)."""

    def __init__(self, width: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first = Convolution1DModule(width, width, kernel_size)
        self.second = Convolution1DModule(width, width, kernel_size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch = functional.relu(self.first(self.norm(x)))
        branch = self.dropout(self.second(branch))
        output: torch.Tensor = x + branch
        return output
