"""Dropout: values set to zero at random while training (Srivastava et al. 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class Dropout(Block):
    """Dropout on an input of any shape; of a picture, whole channels are set to zero."""

    kind: ClassVar[str] = "dropout"
    label: ClassVar[str] = "Dropout"
    summary: ClassVar[str] = (
        "Sets a random share to zero in every training step, so that nothing relies on one detail."
    )

    rate: float = setting(
        0.1,
        label="Share",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="The share of numbers that is set to zero while training.",
    )

    def title(self) -> str:
        return f"Dropout · {100 * self.rate:.3g} %"

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.Dropout2d(self.rate) if len(inputs[0]) == 3 else nn.Dropout(self.rate)
