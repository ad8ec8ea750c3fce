"""RMS norm: each token or position is divided by its root mean square (Zhang & Sennrich 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class RMSNormBlock(Block):
    """RMS norm over an input of any shape (arXiv:1910.07467).

    Pictures are normalised over their channels, at each position by itself.
    """

    kind: ClassVar[str] = "rms-norm"
    label: ClassVar[str] = "RMS norm"
    summary: ClassVar[str] = (
        "Brings the numbers of each place or token to the same size, without moving their mean: a "
        "simpler layer norm, usual in language models."
    )

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:
        shape = inputs[0]
        if len(shape) == 3:
            return ChannelRMSNormModule(shape[0], eps=_EPSILON)

        return RMSNormModule(shape[-1], eps=_EPSILON)


_EPSILON = 1e-6
"""Added to the mean square. Torch's own default depends on the type of the numbers."""


class RMSNormModule(nn.RMSNorm):
    """RMS norm in the type of its weights, whatever the precision.

    Torch has no fast kernel for a mixture of types, and warns.
    """

    written_as: ClassVar[type[nn.Module]] = nn.RMSNorm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.to(self.weight.dtype)).to(x.dtype)


class ChannelRMSNorm(nn.RMSNorm):
    """RMS norm over the channels of (B, C, H, W), at each position by itself."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ChannelRMSNormModule(ChannelRMSNorm):
    """The same in the type of its weights, as RMSNormModule."""

    written_as: ClassVar[type[nn.Module]] = ChannelRMSNorm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.to(self.weight.dtype)).to(x.dtype)
