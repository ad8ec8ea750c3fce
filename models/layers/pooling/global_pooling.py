"""Global pooling: all positions of a picture or sequence become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, check_masks
from models.layers.layer import Layer
from models.layers.pooling.pooling import MODES
from models.spec import setting

if TYPE_CHECKING:
    from models.receptive_field import ReceptiveField
    from models.shape import Shape


@BLOCKS.register
class GlobalPooling(Block):
    """Max or mean over all positions: (C, H, W) -> (C,), or tokens (N, D) -> (D,).

    With tokens, a second input (N,) says which of them count: 1 yes, 0 no.
    """

    kind: ClassVar[str] = "global-pooling"
    label: ClassVar[str] = "Global pooling"
    summary: ClassVar[str] = (
        "All places become one number per channel, so that it no longer matters where a thing is. "
        "With a padding mask beside it, padding does not count: a masked mean."
    )
    arity: ClassVar[tuple[int, int]] = (1, 2)

    mode: Literal["max", "mean"] = setting(
        "max", label="Keeps", choices=MODES, help="What is kept of the places."
    )

    def title(self) -> str:
        return f"Global {'max' if self.mode == 'max' else 'mean'} pooling"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) == 3:
            if len(inputs) > 1:
                raise BlockError("Only tokens can be left out in part.", "Remove its second input.")

            return inputs[0][:1]

        if len(inputs[0]) == 2:
            check_masks(inputs[0][0], inputs[1:], self.label)
            return inputs[0][1:]

        raise BlockError(
            "There is nothing left to pool: it is given single values.", "Remove this block."
        )

    def module(self, *inputs: Shape) -> nn.Module:
        if len(inputs) > 1:
            return MaskedGlobalPoolingModule(self.mode)

        return GlobalPoolingModule(self.mode, (2, 3) if len(inputs[0]) == 3 else (1,))

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return None


class GlobalPoolingModule(nn.Module):
    """(B, C, H, W) -> (B, C) or (B, N, D) -> (B, D), over the given dimensions."""

    def __init__(self, mode: str, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.mode = mode
        self.dims = dims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.amax(self.dims) if self.mode == "max" else x.mean(self.dims)

    def code(self, *inputs: str) -> str:
        """Returns the expression that computes the block."""
        dims = self.dims if len(self.dims) > 1 else self.dims[0]
        return f"{inputs[0]}.{'amax' if self.mode == 'max' else 'mean'}({dims})"


class MaskedGlobalPoolingModule(Layer):
    """Pools the tokens that count: (B, N, D), mask (B, N) -> (B, D).

    The mask is 1 for a token that counts, else 0. Where none counts, the output is 0.
    """

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        mask = mask.float()[:, :, None]
        if self.mode == "mean":
            return (x * mask).sum(1) / mask.sum(1).clamp(min=1)

        maximum = x.masked_fill(mask == 0, torch.finfo(x.dtype).min).amax(1)
        return maximum * mask.amax(1)
