"""Squeeze-and-excitation: each channel is made stronger or weaker by what all of them show."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, image_shape
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.receptive_field import ReceptiveField
    from models.shape import Shape


@BLOCKS.register
class SqueezeExcitation(Block):
    """Squeeze-and-excitation (Hu et al. 2018, arXiv:1709.01507): (C, H, W) -> (C, H, W)."""

    kind: ClassVar[str] = "squeeze-excitation"
    label: ClassVar[str] = "Squeeze-and-excitation"
    summary: ClassVar[str] = (
        "Looks at the mean of every channel over the whole picture, and decides from that how "
        "strong each channel shall be."
    )

    reduction: int = setting(
        8,
        label="Reduction",
        unit="times narrower",
        ge=1,
        le=64,
        help="How much narrower than the channels the layer is that decides.",
    )

    def shape(self, *inputs: Shape) -> Shape:
        return image_shape(inputs[0], self.label)

    def module(self, *inputs: Shape) -> nn.Module:
        return SqueezeExcitationModule(inputs[0][0], self._hidden(inputs[0]))

    def multiply_adds(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0] * self._hidden(inputs[0])

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return None

    def _hidden(self, shape: Shape) -> int:
        return max(1, shape[0] // self.reduction)


class SqueezeExcitationModule(Layer):
    """x * sigmoid(expand(relu(reduce(mean of x)))): (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.reduce = nn.Linear(channels, hidden)
        self.expand = nn.Linear(hidden, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = functional.relu(self.reduce(x.mean((2, 3))))
        scale = self.expand(hidden).sigmoid()
        output: torch.Tensor = x * scale[:, :, None, None]
        return output
