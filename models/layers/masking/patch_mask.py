"""Patch mask: which patches of a picture or signal are visible, and which are hidden."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from torch.nn import functional

from models.layers.block import BLOCKS, Block, BlockError
from models.layers.embedding.patch_embedding import patch_padding
from models.layers.layer import Layer
from models.receptive_field import ReceptiveField, filter_field
from models.shape import Shape, words
from models.spec import setting

if TYPE_CHECKING:
    import torch
    from torch import nn


@BLOCKS.register
class PatchMask(Block):
    """A damaged picture (C, H, W) or signal (C, L) -> mask (N,) with a mark for each patch.

    The mark is 0 where all values of the patch are exactly 0, else 1.
    """

    kind: ClassVar[str] = "patch-mask"
    label: ClassVar[str] = "Patch mask"
    summary: ClassVar[str] = (
        "Says which patches are to be seen; one that holds nothing but zeros was hidden."
    )
    channels_first: ClassVar[tuple[bool, bool]] = (True, False)

    patch_size: int = setting(
        4, label="Patch size", unit="pixels or values", ge=1, le=4096, help="Side of each patch."
    )

    def shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        if len(shape) not in (2, 3):
            raise BlockError(
                f"{self.label} needs a picture or a signal; it is given {words(shape)}.",
                "Let it read the example itself.",
            )

        return (math.prod(-(-side // self.patch_size) for side in shape[1:]),)

    def module(self, *inputs: Shape) -> nn.Module:
        return PatchMaskModule(inputs[0], self.patch_size)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.patch_size, self.patch_size)


class PatchMaskModule(Layer):
    """Marks visible patches: (B, C, H, W) or (B, C, L) -> (B, N).

    One is visible if it holds a value other than 0.
    """

    def __init__(self, shape: Shape, patch_size: int) -> None:
        super().__init__()
        self.patch_size = patch_size
        self.is_picture = len(shape) == 3
        self.padding = (
            patch_padding(shape, patch_size) if self.is_picture else (0, -shape[1] % patch_size)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        visible = functional.pad((x != 0).any(1, keepdim=True).float(), self.padding)
        if self.is_picture:
            return functional.max_pool2d(visible, self.patch_size).flatten(1)

        return functional.max_pool1d(visible, self.patch_size).flatten(1)
