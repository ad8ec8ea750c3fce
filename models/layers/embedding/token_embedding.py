"""Token embedding: a learned vector for each token of the vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from models.layers.block import BLOCKS, Block, text_length
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class TokenEmbedding(Block):
    """Token numbers (L,) -> tokens (L, width), by looking each one up in a table."""

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
        return text_length(inputs[0], self.label), self.width

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return nn.Embedding(self.vocabulary, self.width, padding_idx=0 if self.padding else None)
