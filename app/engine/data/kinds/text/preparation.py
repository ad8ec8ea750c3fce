"""Preparation of texts: cut into tokens, as many as the context holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.data.preparation import Preparation, PreparationCode, RawInput
from app.engine.data.tokenizer import LONGEST, Tokenizer, load_tokenizer
from app.engine.errors import UserError
from models.shape import Input

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch


@dataclass(frozen=True)
class TextPreparation(Preparation):
    """Keeps texts as (N, L) int32, which the network reads as int64.

    0 is padding and stands only at the end. saved_tokenizer: as JSON (see BpeTokenizer), "" for
    bytes. vocabulary: how many tokens there are, padding included. length: L, the context; what is
    longer is cut.
    """

    kind: ClassVar[str] = "text"

    saved_tokenizer: str = field(repr=False)
    vocabulary: int
    length: int

    @property
    def inputs(self) -> tuple[Input, ...]:
        return (Input("text", (self.length,), self.vocabulary),)

    @property
    def tokenizer(self) -> Tokenizer:
        return load_tokenizer(self.saved_tokenizer)

    def to_plain(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "tokenizer": self.saved_tokenizer,
            "vocabulary": self.vocabulary,
            "length": self.length,
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> TextPreparation:
        if not isinstance(data["tokenizer"], str):
            raise TypeError("the tokenizer is no text")
        return cls(data["tokenizer"], int(data["vocabulary"]), int(data["length"]))

    def array(self, raw: str) -> np.ndarray:
        """Encodes a text as (L,) int32, cut to the context. Raises UserError for an empty one."""
        if not isinstance(raw, str):
            raise UserError("A text is expected here.", "Type a few words.")
        if not raw.strip():
            raise UserError("The text is empty.", "Type a few words.")

        tokens = self.tokenizer.encode([beginning(raw, self.length)])
        row: np.ndarray = pad(tokens, self.length)[0]
        return row

    def tensor(self, batch: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """Returns (B, L) int32 as int64, on its device."""
        import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

        return batch.to(torch.int64)

    @property
    def raw_inputs(self) -> tuple[RawInput, ...]:
        tokenizer = self.saved_tokenizer
        return (RawInput("tokens", "int64", (self.length,), tokenizer=tokenizer),)

    def to_raw(self, *stored: np.ndarray) -> tuple[np.ndarray, ...]:
        (tokens,) = stored
        return (tokens.astype(np.int64),)

    def code(self) -> PreparationCode:
        return PreparationCode(
            "tokens",
            "def prepare(tokens: torch.Tensor) -> torch.Tensor:\n"
            f'    """Tokens (B, {self.length}) as numbers that look up a table; 0 is padding."""\n'
            "    return tokens.to(torch.int64)\n",
        )

    def to_display(self, stored: Any) -> str:
        return self.decode(np.asarray(stored).tolist())

    def tokens_of(self, text: str) -> np.ndarray:
        """Returns all tokens of a text, not cut to the context: (n,) int32."""
        return self.tokenizer.encode_long(text)

    def decode(self, numbers: Iterable[int]) -> str:
        """Returns the text of tokens, without padding."""
        return self.tokenizer.decode(numbers)

    def token_bytes(self) -> np.ndarray:
        """Returns how many bytes of UTF-8 each token stands for: (V,) int64, 0 for padding."""
        return self.tokenizer.byte_counts

    def pieces(self, text: str) -> list[str]:
        r"""Returns the tokens of a text as texts; bytes that are no whole character as \xc3."""
        table = self.tokenizer.bytes_of
        return [
            table[number].decode("utf-8", "backslashreplace")
            for number in self.tokens_of(text).tolist()
        ]

    def left_out_note(self, raw: str) -> str:
        """Returns a sentence where a text is longer than the context, else ""."""
        count = len(self.tokens_of(raw))
        if count <= self.length:
            return ""

        return f"Only the first {self.length:,} of {count:,} tokens are read."


def beginning(text: str, length: int) -> str:
    """Returns as much of a text as surely holds more than `length` tokens, if all of it does.

    The rest need not be encoded to be cut off.
    """
    return text[: (length + 1) * LONGEST]


def pad(tokens: list[np.ndarray], length: int) -> np.ndarray:
    """Returns the tokens of each text as (N, length) int32, cut, or filled with 0."""
    array = np.zeros((len(tokens), length), np.int32)
    for row, text in enumerate(tokens):
        array[row, : min(len(text), length)] = text[:length]

    return array


PREPARATION = TextPreparation
