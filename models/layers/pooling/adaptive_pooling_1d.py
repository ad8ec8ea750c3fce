"""1-D adaptive pooling: a sequence of any length becomes one of a chosen length."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, token_shape
from models.layers.layer import Layer
from models.layers.pooling.adaptive_pooling import adaptive_field
from models.layers.pooling.pooling import MODES
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.receptive_field import ReceptiveField
    from models.shape import Shape


@BLOCKS.register
class AdaptivePooling1D(Block):
    """Max or mean pooling along tokens to a fixed number: (N, D) -> (length, D)."""

    kind: ClassVar[str] = "adaptive-pooling-1d"
    label: ClassVar[str] = "1-D adaptive pooling"
    summary: ClassVar[str] = (
        "Brings the sequence to a chosen length: neighbouring places become one, as many as it "
        "takes."
    )

    mode: Literal["max", "mean"] = setting(
        "mean", label="Keeps", choices=MODES, help="What is kept of the places."
    )
    length: int = setting(
        1, label="Places", ge=1, le=1_000_000, help="How many places there are afterwards."
    )

    def title(self) -> str:
        return f"1-D adaptive {self.mode} pooling to {self.length}"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        if self.length > count:
            raise BlockError(
                f"{count} places cannot be pooled to {self.length}.",
                f"Set the places to {count} or less.",
            )

        return self.length, width

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return AdaptivePooling1DModule(self.mode, self.length)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        return adaptive_field(inputs[0][0], self.length)


class AdaptivePooling1DModule(Layer):
    """Max or mean pooling along tokens: (B, N, D) -> (B, length, D)."""

    def __init__(self, mode: str, length: int) -> None:
        super().__init__()
        pool = nn.AdaptiveMaxPool1d if mode == "max" else nn.AdaptiveAvgPool1d
        self.pool = pool(length)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled: torch.Tensor = self.pool(x.transpose(1, 2))
        return pooled.transpose(1, 2)
