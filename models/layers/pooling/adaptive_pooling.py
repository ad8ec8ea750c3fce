"""Adaptive pooling: a picture of any size becomes one of a chosen size."""

from __future__ import annotations

from fractions import Fraction
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, image_shape
from models.layers.pooling.pooling import MODES
from models.receptive_field import ReceptiveField
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class AdaptivePooling(Block):
    """Max or mean pooling to a fixed size: (C, H, W) -> (C, height, width).

    Position i of a side of n joins the positions from floor(i * n / size) to ceil((i + 1) * n /
    size).
    """

    kind: ClassVar[str] = "adaptive-pooling"
    label: ClassVar[str] = "Adaptive pooling"
    summary: ClassVar[str] = (
        "Brings the picture to a chosen size: neighbouring places become one, as many as it takes."
    )

    mode: Literal["max", "mean"] = setting(
        "mean", label="Keeps", choices=MODES, help="What is kept of the places."
    )
    height: int = setting(
        1, label="Height", unit="places", ge=1, le=4096, help="Height afterwards."
    )
    width: int = setting(1, label="Width", unit="places", ge=1, le=4096, help="Width afterwards.")

    def title(self) -> str:
        mode = "max" if self.mode == "max" else "mean"
        return f"Adaptive {mode} pooling to {self.height}×{self.width}"

    def shape(self, *inputs: Shape) -> Shape:
        channels, height, width = image_shape(inputs[0], self.label)
        if self.height > height or self.width > width:
            raise BlockError(
                f"{height} × {width} places cannot be pooled to {self.height} × {self.width}.",
                f"Set the height to {min(height, self.height)} and the width to "
                f"{min(width, self.width)} or less.",
            )

        return channels, self.height, self.width

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        size = (self.height, self.width)
        return nn.AdaptiveMaxPool2d(size) if self.mode == "max" else nn.AdaptiveAvgPool2d(size)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        _, height, width = inputs[0]
        return max(
            adaptive_field(height, self.height),
            adaptive_field(width, self.width),
            key=attrgetter("positions"),
        )


def adaptive_field(before: int, after: int) -> ReceptiveField:
    """Returns what a position sees where `before` positions become `after`, at the most."""
    stride = Fraction(before, after)
    whole, rest = divmod(stride.numerator, stride.denominator)
    return ReceptiveField.of(whole + min(rest, 2), stride)
