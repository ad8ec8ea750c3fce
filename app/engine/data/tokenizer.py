"""Tokenizers: from texts to tokens and back, by bytes or by byte-pair encoding.

Both read every text there is, without unknowns, and give back exactly what was read. Token 0 is
padding and never stands in a text; the others count from 1.
"""

from __future__ import annotations

import codecs
import functools
import itertools
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal

import numpy as np
import tokenizers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BPE_FROM = 50_000
"""From so many bytes of training text on, byte-pair encoding is learned unless chosen otherwise.

Fewer teach too few parts of words.
"""

TRAINING_CHARACTERS = 20_000_000
"""At most so many characters are learned from, evenly spread over the texts.

More change little and take long.
"""

MIN_FREQUENCY = 10
"""A part of a word is learned if it occurs so often.

The network could not learn what a rarer one means.
"""

LONGEST = 32
"""The most bytes of a learned part, so that a ruler of hyphens does not become one."""

PIECE = 4_000
"""Long texts are encoded in pieces of about so many characters.

Measured twice as fast as in large ones, and the library needs some 150 bytes a token meanwhile.
"""

Kind = Literal["bpe", "bytes"]


class Tokenizer(ABC):
    """Cuts texts into tokens.

    bytes_of: what each token stands for, b"" for padding; its length is the vocabulary.
    """

    bytes_of: tuple[bytes, ...]

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Returns the tokens of each text: (n,) int32, 1 to the vocabulary less one."""

    @functools.cached_property
    def byte_counts(self) -> np.ndarray:
        """How many bytes each token stands for: (V,) int64, 0 for padding."""
        counts = np.array([len(content) for content in self.bytes_of], np.int64)
        counts.flags.writeable = False
        return counts

    @property
    def vocabulary(self) -> int:
        """How many tokens there are, padding included."""
        return len(self.bytes_of)

    def encode_long(self, text: str) -> np.ndarray:
        """Returns the tokens of a text of any length: (n,) int32."""
        tokens = list(self.encode_parts([text]))
        return np.concatenate(tokens) if tokens else np.zeros(0, np.int32)

    def encode_parts(self, parts: Iterable[str]) -> Iterator[np.ndarray]:
        """Yields the tokens of a text that comes in parts: (n,) int32, of a million letters each.

        However it is cut into parts, its tokens are the same.
        """
        for group in batches(pieces_of(parts), 256):
            yield np.concatenate(self.encode(group))

    def decode(self, numbers: Iterable[int]) -> str:
        """Returns the text of tokens.

        Padding and a character that is cut off at the end leave nothing.
        """
        content = b"".join(self.bytes_of[number] for number in numbers)
        return codecs.getincrementaldecoder("utf-8")("replace").decode(content)


class ByteTokenizer(Tokenizer):
    """Makes every byte of UTF-8 a token: its value + 1."""

    bytes_of = (b"", *(bytes([value]) for value in range(256)))

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [np.frombuffer(utf8(text), np.uint8).astype(np.int32) + 1 for text in texts]


class BpeTokenizer(Tokenizer):
    """Byte-level byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909).

    On bytes: Radford et al. 2019. saved: the tokenizer as JSON, in the form of the library
    `tokenizers`. Its numbers are moved up by one. Raises ValueError where it is damaged.
    """

    def __init__(self, saved: str) -> None:
        try:
            self._tokenizer = tokenizers.Tokenizer.from_str(saved)
        except Exception as error:  # the library raises bare Exception
            raise ValueError(f"the tokenizer is damaged ({error})") from None

        byte_of = {character: value for value, character in enumerate(_characters())}
        names = sorted(self._tokenizer.get_vocab().items(), key=lambda item: item[1])
        self.bytes_of = (
            b"",
            *(bytes(byte_of[character] for character in name) for name, _ in names),
        )

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        encoded = self._tokenizer.encode_batch_fast(
            [valid(text) for text in texts], add_special_tokens=False
        )
        return [np.array(encoding.ids, np.int32) + 1 for encoding in encoded]


@functools.lru_cache(maxsize=8)
def load_tokenizer(saved: str) -> Tokenizer:
    """Returns the tokenizer that a preparation keeps as JSON; "" is the one of bytes.

    The last ones are kept, because loading one takes milliseconds. Raises ValueError.
    """
    return BpeTokenizer(saved) if saved else ByteTokenizer()


def choose_kind(texts: Iterable[str], requested: Kind | None) -> Kind:
    """Returns the kind that is requested, else "bpe" where there is enough text to learn from."""
    if requested is not None:
        return requested

    size = 0
    for text in texts:
        size += len(utf8(text))
        if size >= BPE_FROM:
            return "bpe"

    return "bytes"


def train_tokenizer(texts: Sequence[str], kind: Kind, vocabulary: int) -> str:
    """Learns a tokenizer from training texts and returns it as JSON, for `load_tokenizer`.

    vocabulary: the most tokens, padding included. The same texts always give the same tokenizer.
    """
    if kind == "bytes":
        return ""

    pieces = (piece for text in texts for piece in pieces_of([text]))
    return train_on_pieces(pieces, sum(len(text) for text in texts), vocabulary)


def train_on_pieces(
    pieces: Iterable[str], characters: int, vocabulary: int, most: int = TRAINING_CHARACTERS
) -> str:
    """Learns byte-pair encoding from pieces of texts and returns it as JSON.

    characters: of all pieces; of more than `most`, every second, third ... piece is learned from.
    vocabulary: as for `train_tokenizer`.
    """
    every = max(1, -(-characters // most))
    learned = (valid(piece) for piece in itertools.islice(pieces, 0, None, every))

    tokenizer = _untrained()
    tokenizer.train_from_iterator(
        learned,
        tokenizers.trainers.BpeTrainer(
            vocab_size=max(256, vocabulary - 1),
            min_frequency=MIN_FREQUENCY,
            show_progress=False,
            max_token_length=LONGEST,
            initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=[],
        ),
    )

    return str(tokenizer.to_str())


def _untrained() -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=True
    )
    tokenizer.decoder = tokenizers.decoders.ByteLevel()

    return tokenizer


def utf8(text: str) -> bytes:
    """Returns a text in UTF-8; half characters, as in file names, become question marks."""
    return text.encode("utf-8", "replace")


def valid(text: str) -> str:
    """Returns the text with question marks for half characters."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return utf8(text).decode("utf-8")

    return text


def pieces_of(parts: Iterable[str]) -> Iterator[str]:
    """Yields a long text in pieces, cut at a line break or a space where there is one near.

    parts: of the text, cut anywhere; the pieces are the same.
    """
    rest = ""
    for part in parts:
        text = rest + part
        start = 0
        while len(text) - start > 2 * PIECE:
            end = _end_of_piece(text, start)
            yield text[start:end]
            start = end

        rest = text[start:]

    if rest:
        yield rest


def _end_of_piece(text: str, start: int) -> int:
    end = start + PIECE
    for mark in ("\n", " "):
        position = text.find(mark, end, end + PIECE)
        if position >= 0:
            return position + (mark == "\n")  # the space belongs to the word behind it

    return end


def batches(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yields lists of so many items, the last one shorter."""
    remaining = iter(items)
    while group := list(itertools.islice(remaining, size)):
        yield group


@functools.cache
def _characters() -> tuple[str, ...]:
    """Returns the character that stands for each byte in the library's tokens (GPT-2's table).

    The byte itself where it can be seen, else the next free character from 256 on.
    """
    visible = {
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    }
    others = itertools.count(256)
    return tuple(chr(value) if value in visible else chr(next(others)) for value in range(256))
