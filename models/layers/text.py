"""Text: token numbers become tokens, and what is padding is known."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, Impossible
from models.shape import Shape, words
from models.spec import setting


@BLOCKS.register
class TokenEmbedding(Block):
    """(L,) token numbers -> (L, width), a learned list of numbers for each token there is."""

    kind: ClassVar[str] = "token-embedding"
    label: ClassVar[str] = "Token embedding"
    summary: ClassVar[str] = (
        "Looks up learned numbers for each piece of text; what is used alike becomes alike."
    )

    vocabulary: int = setting(
        256,
        label="Vocabulary",
        unit="tokens",
        ge=1,
        le=1_000_000,
        help="How many different tokens there are.",
    )
    width: int = setting(
        128, label="Width", unit="numbers", ge=1, le=4096, step=8, help="Numbers per token."
    )
    padding: bool = setting(
        True,
        label="Token 0 is padding",
        advanced=True,
        help="Padding is all zeros and learns nothing.",
    )

    def title(self) -> str:
        return f"Token embedding · {self.width}"

    def shape(self, *inputs: Shape) -> Shape:
        return _text(inputs[0], self.label), self.width

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.Embedding(self.vocabulary, self.width, padding_idx=0 if self.padding else None)


@BLOCKS.register
class PaddingMask(Block):
    """(L,) token numbers -> (L,): 1 for a token, 0 for padding."""

    kind: ClassVar[str] = "padding-mask"
    label: ClassVar[str] = "Padding mask"
    summary: ClassVar[str] = (
        "Says which places hold text and which only fill a short text up to the common length."
    )

    def shape(self, *inputs: Shape) -> Shape:
        return (_text(inputs[0], self.label),)

    def module(self, *inputs: Shape) -> nn.Module:
        return PaddingMaskModule()


class PaddingMaskModule(nn.Module):
    """(B, L) int64 -> (B, L) float32."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x != 0).float()


def _text(shape: Shape, label: str) -> int:
    if len(shape) != 1:
        raise Impossible(
            f"{label} needs a text; it is given {words(shape)}.", "Let it read the text itself."
        )
    return shape[0]
