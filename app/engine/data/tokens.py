"""How a text becomes tokens and back: byte by byte, or by parts of words that are learned
(byte-pair encoding).

Both read every text there is, without unknowns, and give back exactly what was read. Token 0 is
padding and never stands in a text; the others count from 1. Nothing of the library `tokenizers` is
loaded before a text is read.
"""

from __future__ import annotations

import codecs
import functools
import itertools
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tokenizers import Tokenizer

BPE_FROM = 50_000
"""From so many bytes of training text on, parts of words are learned unless asked otherwise: fewer
teach too few.
"""

LEARNED_FROM = 20_000_000
"""At most so many characters are learned from, evenly spread over the texts: more changes little
and takes long.
"""

SEEN = 10
"""A part of a word is learned if it occurs so often: the network could not learn what a rarer one
means.
"""

LONGEST = 32
"""The most bytes of a learned part, so that a ruler of hyphens does not become one."""

PIECE = 4_000
"""Long texts are taken in pieces of about so many characters: measured twice as fast as in large
ones, and the library needs some 150 bytes a token meanwhile.
"""

Kind = Literal["bpe", "bytes"]


class Tokens(ABC):
    """A way to cut texts.

    bytes_of: what each token stands for, b"" for padding; its length is the vocabulary.
    """

    bytes_of: tuple[bytes, ...]

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Of each text its tokens: (n,) int32, 1 to the vocabulary less one."""

    @functools.cached_property
    def sizes(self) -> np.ndarray:
        """Bytes of each token: (V,) int64, 0 for padding."""
        sizes = np.array([len(one) for one in self.bytes_of], np.int64)
        sizes.flags.writeable = False
        return sizes

    @property
    def vocabulary(self) -> int:
        """Tokens there are, padding included."""
        return len(self.bytes_of)

    def encode_long(self, text: str) -> np.ndarray:
        """A text of any length in pieces that end at a line break where there is one: (n,) int32."""
        found = [tokens for group in batches(pieces_of(text), 256) for tokens in self.encode(group)]
        return np.concatenate(found) if found else np.zeros(0, np.int32)

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of tokens; padding and a character that is cut off at the end leave nothing."""
        content = b"".join(self.bytes_of[number] for number in numbers)
        return codecs.getincrementaldecoder("utf-8")("replace").decode(content)


class ByteTokens(Tokens):
    """A token a byte of UTF-8: its value + 1."""

    bytes_of = (b"", *(bytes([value]) for value in range(256)))

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [np.frombuffer(utf8(text), np.uint8).astype(np.int32) + 1 for text in texts]


class LearnedTokens(Tokens):
    """Byte-level byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909; on bytes: Radford et
    al. 2019).

    saved: the tokenizer as JSON, in the form of the library `tokenizers`. Its numbers are moved up
    by one. Raises ValueError where it is damaged.
    """

    def __init__(self, saved: str) -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_str(saved)
        except Exception as error:  # the library raises bare Exception
            raise ValueError(f"the tokenizer is damaged ({error})") from None

        characters = {character: value for value, character in enumerate(_characters())}
        names = sorted(self._tokenizer.get_vocab().items(), key=lambda item: item[1])
        self.bytes_of = (
            b"",
            *(bytes(characters[character] for character in name) for name, _ in names),
        )

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        encoded = self._tokenizer.encode_batch_fast(
            [valid(text) for text in texts], add_special_tokens=False
        )
        return [np.array(one.ids, np.int32) + 1 for one in encoded]


@functools.lru_cache(maxsize=8)
def read_tokens(saved: str) -> Tokens:
    """The tokens of a preparation: "" are bytes.

    Kept, for to read one takes milliseconds. Raises ValueError.
    """
    return LearnedTokens(saved) if saved else ByteTokens()


def choose(texts: Iterable[str], asked: Kind | None) -> Kind:
    """What was asked for, else parts of words where there is enough text to learn them from."""
    if asked is not None:
        return asked

    size = 0
    for text in texts:
        size += len(utf8(text))
        if size >= BPE_FROM:
            return "bpe"

    return "bytes"


def learn(texts: Sequence[str], kind: Kind, vocabulary: int) -> str:
    """Tokens from the training texts alone, for `read_tokens`.

    vocabulary: the most tokens, padding included.

    The same texts always give the same tokens.
    """
    if kind == "bytes":
        return ""

    from tokenizers import pre_tokenizers, trainers

    size = sum(len(text) for text in texts)
    every = max(1, -(-size // LEARNED_FROM))
    pieces = itertools.islice(
        (valid(piece) for text in texts for piece in pieces_of(text)), 0, None, every
    )
    tokenizer = _untrained()
    tokenizer.train_from_iterator(
        pieces,
        trainers.BpeTrainer(
            vocab_size=max(256, vocabulary - 1),
            min_frequency=SEEN,
            show_progress=False,
            max_token_length=LONGEST,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=[],
        ),
    )

    return str(tokenizer.to_str())


def _untrained() -> Tokenizer:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()

    return tokenizer


def utf8(text: str) -> bytes:
    """The bytes of a text; half characters, which file names may have, become question marks."""
    return text.encode("utf-8", "replace")


def valid(text: str) -> str:
    """The text without half characters."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return utf8(text).decode("utf-8")

    return text


def pieces_of(text: str) -> Iterator[str]:
    """A long text in pieces, each after a line break, or a space, where there is one near."""
    start = 0
    while len(text) - start > 2 * PIECE:
        end = start + PIECE
        for mark in ("\n", " "):
            found = text.find(mark, end, end + PIECE)
            if found >= 0:
                end = found + (mark == "\n")  # the space belongs to the word behind it
                break

        yield text[start:end]
        start = end

    if start < len(text):
        yield text[start:]


def batches(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Lists of so many, the last one shorter."""
    waiting = iter(items)
    while group := list(itertools.islice(waiting, size)):
        yield group


@functools.cache
def _characters() -> tuple[str, ...]:
    """The visible character that stands for each byte in the library's tokens (GPT-2's table):
    itself where it can be seen, else the next free one from 256 on.
    """
    seen = {
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    }
    others = itertools.count(256)
    return tuple(chr(value) if value in seen else chr(next(others)) for value in range(256))
