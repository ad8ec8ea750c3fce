"""Batch norm: each channel is normalised over the batch (Ioffe & Szegedy 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn
from torch.nn import functional

from models.layers.activation import ACTIVATIONS, activation
from models.layers.block import BLOCKS, Block, BlockError
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


@BLOCKS.register
class BatchNormBlock(Block):
    """Batch norm over (C, H, W) or (C,), then an activation; the shape stays."""

    kind: ClassVar[str] = "batch-norm"
    label: ClassVar[str] = "Batch norm"
    summary: ClassVar[str] = (
        "Brings each channel to mean 0 and spread 1 over the batch, then lets the network choose "
        "its own. Learning gets faster and steadier. ReLU sets what is negative to zero."
    )

    activation: Literal["none", "relu", "gelu"] = setting(
        "relu", label="Then", choices=ACTIVATIONS, help="What is done with each number afterwards."
    )

    def title(self) -> str:
        if self.activation == "none":
            return self.label

        return f"Batch norm · {ACTIVATIONS[self.activation]}"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) not in (1, 3):
            raise BlockError("Batch norm does not suit tokens.", "Use a layer norm here.")

        return inputs[0]

    def module(self, *inputs: Shape) -> nn.Module:
        shape = inputs[0]
        norm = BatchNorm(shape[0]) if len(shape) == 3 else VectorBatchNorm(shape[0])
        return nn.Sequential(norm, activation(self.activation, inplace=True))


class BatchNorm(nn.BatchNorm2d):
    """Batch norm over (B, C, H, W) or (B, C) that no batch can break (arXiv:1502.03167).

    A single value per channel (one example of 1 × 1) has no spread to normalise by, and torch
    refuses it. Such a batch is normalised by the running averages, as in evaluation, and leaves
    them as they are.
    """

    written_as: ClassVar[type[nn.Module]] = nn.BatchNorm2d

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
                training=False,
                momentum=0.0,
                eps=self.eps,
            )

        return super().forward(input)


class VectorBatchNorm(BatchNorm):
    """The same over (B, C)."""

    written_as: ClassVar[type[nn.Module]] = nn.BatchNorm1d
