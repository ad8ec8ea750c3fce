"""Group norm: groups of channels are normalised over all positions (Wu & He 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.activation import ACTIVATIONS, with_activation
from models.layers.block import BLOCKS, Block, BlockError
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class GroupNormBlock(Block):
    """Group norm over (C, H, W) or tokens (N, D), then an activation (arXiv:1803.08494).

    Unlike batch norm it works with a batch of one.
    """

    kind: ClassVar[str] = "group-norm"
    label: ClassVar[str] = "Group norm"
    summary: ClassVar[str] = (
        "Brings groups of channels to mean 0 and spread 1 over all places, each example by itself."
    )

    groups: int = setting(
        4, label="Groups", ge=1, le=256, help="How many groups; must divide the channels."
    )
    activation: Literal["none", "relu", "gelu"] = setting(
        "none", label="Then", choices=ACTIVATIONS, help="What is done with each number afterwards."
    )

    def title(self) -> str:
        if self.activation == "none":
            return self.label

        return f"Group norm · {ACTIVATIONS[self.activation]}"

    def shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        if len(shape) not in (2, 3):
            raise BlockError("Group norm needs places to normalise over.", "Use a layer norm here.")

        channels = shape[-1] if len(shape) == 2 else shape[0]
        if channels % self.groups:
            raise BlockError(
                f"{channels} channels cannot be shared by {self.groups} groups evenly.",
                f"Choose groups that divide {channels}.",
            )

        return shape

    def module(self, *inputs: Shape) -> nn.Module:
        shape = inputs[0]
        if len(shape) == 3:
            norm = nn.GroupNorm(self.groups, shape[0])
        else:
            norm = TokenGroupNorm(self.groups, shape[1])

        return with_activation(norm, self.activation)


class TokenGroupNorm(nn.GroupNorm):
    """Group norm over the positions of tokens: (B, N, D) -> (B, N, D)."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input.transpose(1, 2)).transpose(1, 2)
