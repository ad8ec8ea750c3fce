"""Texts: cut into tokens, as many as the context holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.data.preparation import Preparation
from app.engine.data.tokens import LONGEST, Tokens, read_tokens
from app.engine.errors import UserError
from models.shape import Input

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch


@dataclass(frozen=True)
class TextPreparation(Preparation):
    """Kept as (N, L) int32, seen as int64; 0 is padding and stands only at the end.

    tokenizer: as JSON (see tokens.LearnedTokens), "" for bytes. vocabulary: tokens there are,
    padding included. length: L, the context; what is longer is cut.
    """

    kind: ClassVar[str] = "text"

    tokenizer: str = field(repr=False)
    vocabulary: int
    length: int

    @property
    def inputs(self) -> tuple[Input, ...]:
        return (Input("text", (self.length,), self.vocabulary),)

    @property
    def tokens(self) -> Tokens:
        """How texts are cut. Kept between calls."""
        return read_tokens(self.tokenizer)

    def to_plain(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "tokenizer": self.tokenizer,
            "vocabulary": self.vocabulary,
            "length": self.length,
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> TextPreparation:
        if not isinstance(data["tokenizer"], str):
            raise TypeError("the tokenizer is no text")
        return cls(data["tokenizer"], int(data["vocabulary"]), int(data["length"]))

    def array(self, raw: str) -> np.ndarray:
        """A text as (L,) int32, cut after the context. Raises UserError for an empty text."""
        if not isinstance(raw, str):
            raise UserError("A text is expected here.", "Type a few words.")
        if not raw.strip():
            raise UserError("The text is empty.", "Type a few words.")

        return self.coded([raw])[0][0]

    def coded(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Texts as (N, L) int32, and which of them were cut: (N,) bool."""
        found = self.tokens.encode([beginning(text, self.length) for text in texts])
        return padded(found, self.length), np.array([len(one) > self.length for one in found], bool)

    def tensor(self, batch: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """(B, L) int32 on any device -> int64."""
        import torch

        return batch.to(torch.int64)

    def shown(self, kept: Any) -> str:
        return self.decode(np.asarray(kept).tolist())

    def tokens_of(self, text: str) -> np.ndarray:
        """All tokens of a text, not cut to the context: (n,) int32."""
        return self.tokens.encode_long(text)

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of tokens, without padding."""
        return self.tokens.decode(numbers)

    def token_bytes(self) -> np.ndarray:
        """Bytes of UTF-8 that each token stands for: (V,) int64, 0 for padding."""
        return self.tokens.sizes

    def pieces(self, text: str) -> list[str]:
        r"""How a text is cut, for a person: a text a token; bytes that are no whole character as
        \\xc3.
        """
        table = self.tokens.bytes_of
        return [
            table[number].decode("utf-8", "backslashreplace")
            for number in self.tokens_of(text).tolist()
        ]

    def left_out(self, raw: str) -> str:
        """A sentence where a text is longer than the context, else ""."""
        count = len(self.tokens_of(raw))
        return (
            f"Only the first {self.length:,} of {count:,} tokens are read."
            if count > self.length
            else ""
        )


def beginning(text: str, length: int) -> str:
    """As much of a text as may hold more than `length` tokens: the rest need not be read to be cut
    off.
    """
    return text[: (length + 1) * LONGEST]


def padded(found: list[np.ndarray], length: int) -> np.ndarray:
    """Tokens of each text as (N, length) int32, cut, or filled with 0."""
    array = np.zeros((len(found), length), np.int32)
    for row, tokens in enumerate(found):
        array[row, : min(len(tokens), length)] = tokens[:length]

    return array


PREPARATION = TextPreparation
