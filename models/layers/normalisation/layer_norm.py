"""Layer norm: each token or position is normalised by itself (Ba, Kiros & Hinton 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.activation import ACTIVATIONS, with_activation
from models.layers.block import BLOCKS, Block
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class LayerNormBlock(Block):
    """Layer norm over an input of any shape (arXiv:1607.06450), then an activation.

    Pictures are normalised over their channels, at each position by itself.
    """

    kind: ClassVar[str] = "layer-norm"
    label: ClassVar[str] = "Layer norm"
    summary: ClassVar[str] = (
        "Brings the numbers of each place or token to mean 0 and spread 1, each example by itself."
    )

    activation: Literal["none", "relu", "gelu"] = setting(
        "none", label="Then", choices=ACTIVATIONS, help="What is done with each number afterwards."
    )

    def title(self) -> str:
        if self.activation == "none":
            return self.label

        return f"Layer norm · {ACTIVATIONS[self.activation]}"

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:
        shape = inputs[0]
        norm = ChannelNorm(shape[0]) if len(shape) == 3 else nn.LayerNorm(shape[-1])
        return with_activation(norm, self.activation)


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of (B, C, H, W), at each position by itself.

    It copies nothing where the memory format is channels_last.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
