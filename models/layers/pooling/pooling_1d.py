"""1-D pooling: neighbouring positions of a sequence become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block, token_shape
from models.layers.convolution.same_padding import strided
from models.layers.layer import Layer
from models.layers.pooling.pooling import MODES
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class Pooling1D(Block):
    """Max or mean pooling along tokens: (N, D) -> (ceil(N / kernel_size), D).

    At the end of the sequence fewer positions may become one.
    """

    kind: ClassVar[str] = "pooling-1d"
    label: ClassVar[str] = "1-D pooling"
    summary: ClassVar[str] = (
        "Several neighbouring places become one: the strongest answer, or the mean."
    )

    mode: Literal["max", "mean"] = setting(
        "max", label="Keeps", choices=MODES, help="What is kept of the places."
    )
    kernel_size: int = setting(
        2, label="Size", unit="places", ge=2, le=64, help="This many places become one."
    )

    def title(self) -> str:
        return f"{'Max' if self.mode == 'max' else 'Mean'} pooling {self.kernel_size}"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        return strided(count, self.kernel_size), width

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return Pooling1DModule(self.mode, self.kernel_size)


class Pooling1DModule(Layer):
    """Max or mean pooling along tokens: (B, N, D) -> (B, ceil(N / kernel_size), D)."""

    def __init__(self, mode: str, kernel_size: int) -> None:
        super().__init__()
        pool = nn.MaxPool1d if mode == "max" else nn.AvgPool1d
        self.pool = pool(kernel_size, ceil_mode=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled: torch.Tensor = self.pool(x.transpose(1, 2))
        return pooled.transpose(1, 2)
