"""2-D pooling: neighbouring positions of a picture become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, image_shape
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape

MODES = {"max": "The strongest", "mean": "The mean"}
"""The names on screen, by the values of a block's setting `mode`."""


@BLOCKS.register
class Pooling(Block):
    """Max or mean pooling: (C, H, W) -> (C, H // kernel_size, W // kernel_size)."""

    kind: ClassVar[str] = "pooling"
    label: ClassVar[str] = "Pooling"
    summary: ClassVar[str] = (
        "Several neighbouring places become one: the strongest answer, or the mean."
    )

    mode: Literal["max", "mean"] = setting(
        "max", label="Keeps", choices=MODES, help="What is kept of the places."
    )
    kernel_size: int = setting(
        2,
        label="Size",
        unit="places",
        ge=2,
        le=16,
        help="This many places along each side become one.",
    )

    def title(self) -> str:
        mode = "Max" if self.mode == "max" else "Mean"
        return f"{mode} pooling {self.kernel_size}×{self.kernel_size}"

    def shape(self, *inputs: Shape) -> Shape:
        channels, height, width = image_shape(inputs[0], self.label)
        if self.kernel_size > min(height, width):
            raise BlockError(
                f"It joins {self.kernel_size} × {self.kernel_size} places, but only "
                f"{height} × {width} are left.",
                "Take fewer blocks that halve, or larger pictures.",
            )

        return channels, height // self.kernel_size, width // self.kernel_size

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        if self.mode == "max":
            return nn.MaxPool2d(self.kernel_size)

        return nn.AvgPool2d(self.kernel_size)
