"""2-D pooling: neighbouring positions of a picture become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, image_shape
from models.layers.convolution.same_padding import missing, strided, unpadded
from models.receptive_field import ReceptiveField, filter_field
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape

MODES = {"max": "The strongest", "mean": "The mean"}
"""The names on screen, by the values of a block's setting `mode`."""

POOLING_PADDINGS = {"none": "None", "same": "The edge repeated"}
"""The names on screen, by the values of a pooling's setting `padding`."""


@BLOCKS.register
class Pooling(Block):
    """Max or mean pooling: (C, H, W) -> (C, (H - kernel_size) // stride + 1, ...).

    A stride of 0 is the kernel size. With "same" padding the edge is repeated and the
    output has ceil(side / stride) positions a side: at stride 1 the size stays.
    """

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
    stride: int = setting(
        0,
        label="Stride",
        unit="places",
        ge=0,
        le=16,
        advanced=True,
        help="How far it moves; 0 is as far as it is large.",
    )
    padding: Literal["none", "same"] = setting(
        "none",
        label="Padding",
        choices=POOLING_PADDINGS,
        advanced=True,
        help="With the edge repeated, the size stays at stride 1.",
    )

    def title(self) -> str:
        mode = "Max" if self.mode == "max" else "Mean"
        pace = f", by {self.stride}" if self._pace != self.kernel_size else ""
        return f"{mode} pooling {self.kernel_size}×{self.kernel_size}{pace}"

    def shape(self, *inputs: Shape) -> Shape:
        channels, height, width = image_shape(inputs[0], self.label)
        if self.padding == "same":
            return channels, strided(height, self._pace), strided(width, self._pace)

        if self.kernel_size > min(height, width):
            raise BlockError(
                f"It joins {self.kernel_size} × {self.kernel_size} places, but only "
                f"{height} × {width} are left.",
                "Take fewer blocks that halve, or larger pictures.",
            )

        return (
            channels,
            unpadded(height, self.kernel_size, self._pace),
            unpadded(width, self.kernel_size, self._pace),
        )

    def module(self, *inputs: Shape) -> nn.Module:
        pool: nn.Module
        if self.mode == "max":
            pool = nn.MaxPool2d(self.kernel_size, self._pace)
        else:
            pool = nn.AvgPool2d(self.kernel_size, self._pace)

        if self.padding == "none":
            return pool

        down, right = (missing(side, self.kernel_size, self._pace) for side in inputs[0][1:])
        around = (right // 2, right - right // 2, down // 2, down - down // 2)
        return nn.Sequential(nn.ReplicationPad2d(around), pool) if any(around) else pool

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.kernel_size, self._pace)

    @property
    def _pace(self) -> int:
        return self.stride or self.kernel_size
