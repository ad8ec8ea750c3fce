"""Flatten: all numbers of an example in one row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block

if TYPE_CHECKING:
    from models.receptive_field import ReceptiveField
    from models.shape import Shape


@BLOCKS.register
class Flatten(Block):
    """Flattens an input of any shape: (C, H, W) -> (C * H * W,)."""

    kind: ClassVar[str] = "flatten"
    label: ClassVar[str] = "Flatten"
    summary: ClassVar[str] = (
        "Puts all numbers side by side, so that linear layers can weigh each of them by its place."
    )

    def shape(self, *inputs: Shape) -> Shape:
        return (math.prod(inputs[0]),)

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return nn.Flatten()

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return None
