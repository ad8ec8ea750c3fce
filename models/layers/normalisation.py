"""Norms: they keep numbers at a size at which learning works.

And the activations that go with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, Impossible
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape

ACTIVATIONS = {"none": "None", "relu": "ReLU", "gelu": "GELU"}


def activation(kind: str, inplace: bool = False) -> nn.Module:
    """ReLU (Nair & Hinton 2010) or GELU (Hendrycks & Gimpel 2016); "none" changes nothing."""
    if kind == "relu":
        return nn.ReLU(inplace=inplace)

    return nn.GELU() if kind == "gelu" else nn.Identity()


class BatchNorm(nn.BatchNorm2d):
    """Batch norm for (B, C, H, W) or (B, C) (Ioffe & Szegedy 2015, arXiv:1502.03167) that no batch
    can break.

    A single value per channel (one example of 1 × 1) has no spread to normalise by, and torch
    refuses it; such a batch is normalised by the running averages, as in evaluation, and leaves
    them as they are.
    """

    def _check_input_dim(self, input: torch.Tensor) -> None:
        if input.dim() not in (2, 4):
            raise ValueError(f"expected (B, C, H, W) or (B, C), got {tuple(input.shape)}")

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if self.training and input.numel() == input.shape[1]:
            return functional.batch_norm(
                input,
                self.running_mean,
                self.running_var,
                self.weight,
                self.bias,
                False,
                0.0,
                self.eps,
            )
        return super().forward(input)


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of (B, C, H, W), at each place by itself; free of copies in
    channels_last.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


@BLOCKS.register
class BatchNormBlock(Block):
    """Any (C, ...) -> the same, then an activation."""

    kind: ClassVar[str] = "batch-norm"
    label: ClassVar[str] = "Batch norm"
    summary: ClassVar[str] = (
        "Brings each channel to mean 0 and spread 1 over the batch, then lets the network choose "
        "its own. "
        "Learning gets faster and steadier. ReLU sets what is negative to zero."
    )

    activation: Literal["none", "relu", "gelu"] = setting(
        "relu", label="Then", choices=ACTIVATIONS, help="What is done with each number afterwards."
    )

    def title(self) -> str:
        return (
            self.label
            if self.activation == "none"
            else f"Batch norm · {ACTIVATIONS[self.activation]}"
        )

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) not in (1, 3):
            raise Impossible("Batch norm does not suit tokens.", "Use a layer norm here.")
        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.Sequential(BatchNorm(inputs[0][0]), activation(self.activation, inplace=True))


@BLOCKS.register
class LayerNormBlock(Block):
    """Any shape -> the same (Ba, Kiros & Hinton 2016, arXiv:1607.06450).

    Pictures are normed over their channels.
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
        return (
            self.label
            if self.activation == "none"
            else f"Layer norm · {ACTIVATIONS[self.activation]}"
        )

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:
        shape = inputs[0]
        norm = ChannelNorm(shape[0]) if len(shape) == 3 else nn.LayerNorm(shape[-1])
        return (
            nn.Sequential(norm, activation(self.activation)) if self.activation != "none" else norm
        )


@BLOCKS.register
class GroupNormBlock(Block):
    """(C, H, W) or tokens (N, D) -> the same: groups of channels are normed over all places (Wu &
    He 2018, arXiv:1803.08494). Unlike batch norm it does not mind a batch of one.
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
        return (
            self.label
            if self.activation == "none"
            else f"Group norm · {ACTIVATIONS[self.activation]}"
        )

    def shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        if len(shape) not in (2, 3):
            raise Impossible("Group norm needs places to norm over.", "Use a layer norm here.")

        channels = shape[-1] if len(shape) == 2 else shape[0]
        if channels % self.groups:
            raise Impossible(
                f"{channels} channels cannot be shared by {self.groups} groups evenly.",
                f"Choose groups that divide {channels}.",
            )

        return shape

    def module(self, *inputs: Shape) -> nn.Module:
        shape = inputs[0]
        norm = (
            nn.GroupNorm(self.groups, shape[0])
            if len(shape) == 3
            else TokenGroupNorm(self.groups, shape[1])
        )
        return (
            nn.Sequential(norm, activation(self.activation)) if self.activation != "none" else norm
        )


class TokenGroupNorm(nn.GroupNorm):
    """Group norm over the places of tokens: (B, N, D) -> (B, N, D)."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input.transpose(1, 2)).transpose(1, 2)
