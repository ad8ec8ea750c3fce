"""What a long text tells before all of it is cut into tokens: its parts, a tokenizer, a sample."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import SPLITS
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.data.splits import AUTO_MOST, AUTO_SHARE
from app.engine.data.tokenizer import (
    BPE_FROM,
    PIECE,
    load_tokenizer,
    pieces_of,
    train_on_pieces,
    utf8,
)
from app.engine.errors import UserError
from app.engine.text import bytes_text, percent_text, rounded_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import OpenOptions
    from app.engine.sources.long_texts.text_file import TextFile

CONTEXT = 256
"""Tokens that a network sees at once, where it is left open; fewer of a short text."""

SHORTEST_CONTEXT = 8
WINDOWS = 32
"""A context that is left open leaves about so many windows to learn from."""

BYTES_A_TOKEN = 4
"""About so many bytes of text are a token, as measured; to estimate how many examples there are."""

JUDGED_PIECES = 100
"""So many pieces from all over each part tell how many bytes a token has on average: 400 KB."""

SAMPLE_CHARACTERS = 5_000_000
"""At most so many characters are learned from to describe a text; that takes half a second."""

SHOWN_BYTES = (1_000_000, 100_000, 100_000)
"""Bytes of the beginnings of training, validation and test that are the examples of a sample."""


def shares_of(size: int, data: DataSettings) -> tuple[float, float]:
    """Returns the shares of a text of so many bytes for validation and test. Raises UserError."""
    validation = data.validation_share
    if validation is None:
        validation = min(AUTO_SHARE, AUTO_MOST * CONTEXT * BYTES_A_TOKEN / size)

    if validation + data.test_share > 0.95:
        raise UserError(
            f"Validation and test take {percent_text(validation + data.test_share)} of the text; "
            "too little is left to learn from.",
            "Lower one of the shares.",
            "data.validation_share",
        )

    return validation, data.test_share


@dataclass(frozen=True)
class TextParts:
    """A text divided into training, validation and test, one after the other.

    edges: the positions where the parts begin and end, four of them; no character is cut in two.
    characters: of the training part.
    """

    text_file: TextFile
    edges: tuple[int, ...]
    characters: int

    @classmethod
    def of(cls, text_file: TextFile, shares: tuple[float, float]) -> TextParts:
        size = text_file.size
        first, characters = text_file.boundary(round(size * (1 - shares[0] - shares[1])))
        second, _ = text_file.boundary(round(size * (1 - shares[1])))
        return cls(text_file, (0, first, second, size), characters)

    def sizes(self) -> tuple[int, ...]:
        """Returns the bytes of each part."""
        return tuple(end - begin for begin, end in itertools.pairwise(self.edges))

    def text(self, part: int) -> Iterator[str]:
        """Yields the text of a part. Raises like `TextFile.stretch`."""
        return self.text_file.stretch(self.edges[part], self.edges[part + 1])


def fit(
    parts: TextParts, data: DataSettings, options: OpenOptions, sample: bool = False
) -> TextPreparation:
    """Fits tokenizer and context on the training part alone.

    sample: whether a tokenizer of the same size will do in place of the one that is trained with.
    """
    size = parts.edges[1]
    kind = data.tokens or ("bpe" if size >= BPE_FROM else "bytes")
    saved = ""
    if kind == "bpe":
        saved = _learned(parts, data.vocabulary, options, SAMPLE_CHARACTERS if sample else None)

    tokenizer = load_tokenizer(saved)
    length = data.context
    if length is None:
        tokens = _count(tokenizer.encode_parts(parts.text(0)), CONTEXT * WINDOWS)
        length = min(CONTEXT, max(SHORTEST_CONTEXT, tokens // WINDOWS // 8 * 8))

    return TextPreparation(saved, tokenizer.vocabulary, length)


def _learned(parts: TextParts, vocabulary: int, options: OpenOptions, most: int | None) -> str:
    """Returns a tokenizer that was learned from at most so many characters, see train_on_pieces.

    Where these give fewer tokens than are asked for, more would give more: it is learned from as
    much as for a training.
    """
    pieces = _checked(pieces_of(parts.text(0)), options)
    if most is None:
        return train_on_pieces(pieces, parts.characters, vocabulary)

    saved = train_on_pieces(pieces, parts.characters, vocabulary, most)
    if load_tokenizer(saved).vocabulary < vocabulary and most < parts.characters:
        return _learned(parts, vocabulary, options, None)

    return saved


def _checked(pieces: Iterator[str], options: OpenOptions) -> Iterator[str]:
    """Yields pieces, and asks now and then whether to go on."""
    for number, piece in enumerate(pieces):
        if number % JUDGED_PIECES == 0:
            options.check()

        yield piece


def _count(groups: Iterator[np.ndarray], enough: int) -> int:
    """Returns how many tokens there are, or a larger number than enough."""
    count = 0
    for group in groups:
        count += len(group)
        if count > enough:
            break

    return count


def first_tokens(
    text_file: TextFile, begin: int, end: int, most: int, preparation: TextPreparation
) -> np.ndarray:
    """Returns the first tokens of a part: whole windows of about `most` bytes, and one token."""
    last, _ = text_file.boundary(min(end, begin + most))
    groups = list(preparation.tokenizer.encode_parts(text_file.stretch(begin, last)))
    tokens = np.concatenate(groups) if groups else np.zeros(0, np.int32)
    whole = (len(tokens) - 1) // preparation.length * preparation.length
    return tokens[: whole + 1] if last < end and whole > 0 else tokens


@dataclass(frozen=True)
class Judgement:
    """What a sample tells of a whole text.

    sizes: windows of each part. token_bytes: of a token on average. tokens_text: how many there
    are. how: by what it is judged, "" where each byte is a token, so that all is exact.
    """

    sizes: dict[str, int]
    token_bytes: float
    tokens_text: str
    how: str = ""


def judge(parts: TextParts, preparation: TextPreparation, options: OpenOptions) -> Judgement:
    """Judges how many tokens and windows a text has by some pieces of each of its parts."""
    length = preparation.length
    sizes = parts.sizes()
    if not preparation.saved_tokenizer:
        exact = {split: _windows(size, length) for split, size in zip(SPLITS, sizes, strict=True)}
        return Judgement(exact, 1.0, f"{parts.text_file.size:,}")

    counts = {}
    judged = tokens = 0
    for part, split in enumerate(SPLITS):
        every = max(1, sizes[part] // (PIECE * JUDGED_PIECES))
        pieces = _checked(pieces_of(parts.text(part)), options)
        chosen = list(itertools.islice(pieces, 0, None, every))
        own = sum(len(utf8(piece)) for piece in chosen)
        own_tokens = sum(len(group) for group in preparation.tokenizer.encode_parts(chosen))

        whole = round(sizes[part] * own_tokens / max(1, own))
        counts[split] = rounded_count(_windows(whole, length))
        judged += own
        tokens += whole

    size = parts.text_file.size
    how = f"judged by {bytes_text(judged)} from all over the text"
    return Judgement(counts, size / max(1, tokens), f"about {rounded_count(tokens):,}", how)


def _windows(tokens: int, length: int) -> int:
    """Returns how many windows so many tokens give."""
    return max(0, -(-(tokens - 1) // length))
