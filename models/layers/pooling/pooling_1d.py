"""1-D pooling: neighbouring positions of a sequence become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, token_shape
from models.layers.layer import Layer
from models.layers.pooling.pooling import MODES
from models.receptive_field import ReceptiveField, filter_field
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class Pooling1D(Block):
    """Max or mean pooling along tokens: (N, D) -> (ceil((N - kernel_size) / stride) + 1, D).

    A stride of 0 is the kernel size. At the end of the sequence fewer positions may become
    one.
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
    stride: int = setting(
        0,
        label="Stride",
        unit="places",
        ge=0,
        le=64,
        advanced=True,
        help="How far it moves; 0 is as far as it is large.",
    )

    def title(self) -> str:
        pace = f", by {self.stride}" if self._pace != self.kernel_size else ""
        return f"{'Max' if self.mode == 'max' else 'Mean'} pooling {self.kernel_size}{pace}"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        if count + self._pace <= self.kernel_size:
            raise BlockError(
                f"It joins {self.kernel_size} places, but only {count} are left.",
                "Choose a smaller size, or a longer stride.",
            )

        return _pooled(count, self.kernel_size, self._pace), width

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return Pooling1DModule(self.mode, self.kernel_size, self._pace)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.kernel_size, self._pace)

    @property
    def _pace(self) -> int:
        return self.stride or self.kernel_size


class Pooling1DModule(Layer):
    """Max or mean pooling along tokens: (B, N, D) -> (B, M, D).

    M = ceil((N - kernel_size) / stride) + 1; at the end fewer tokens may become one.
    """

    def __init__(self, mode: str, kernel_size: int, stride: int) -> None:
        super().__init__()
        pool = nn.MaxPool1d if mode == "max" else nn.AvgPool1d
        self.pool = pool(kernel_size, stride, ceil_mode=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled: torch.Tensor = self.pool(x.transpose(1, 2))
        return pooled.transpose(1, 2)


def _pooled(count: int, kernel_size: int, stride: int) -> int:
    """Returns how many positions are left of so many; the last one begins within them."""
    pooled = -(-(count - kernel_size) // stride) + 1
    return pooled if (pooled - 1) * stride < count else pooled - 1
