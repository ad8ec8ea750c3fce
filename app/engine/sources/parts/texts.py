"""Texts: what tokens there are, and how many the network reads, is learned from the training texts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.kinds.text.preparation import TextPreparation, beginning, padded
from app.engine.data.tokens import Kind, Tokens, batches, choose, learn, read_tokens, utf8
from app.engine.errors import UserError
from app.engine.sources.loaded import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings

MOST = {"bpe": 256, "bytes": 512}
"""The longest context that is chosen without being asked for, in tokens."""

COVERED = 0.95
"""Unless asked otherwise, the context is as long as this share of the training texts, so that a few
long ones do not make every batch long.
"""

BATCH = 2_000


class TextPart(Part):
    """texts: a text a row.

    An empty one is read as a line break, which is predictions: an example must have a token.
    """

    def __init__(self, texts: Sequence[str], data: DataSettings) -> None:
        self.texts = list(texts)
        self.data = data
        self._notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def notes(self) -> tuple[str, ...]:
        return self._notes

    def settle(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        (found,), preparation = _learned([self], training)
        return self._kept(found, preparation.length), preparation

    def settle_with(
        self, other: Part, training: np.ndarray
    ) -> tuple[tuple[np.ndarray, Preparation], tuple[np.ndarray, Preparation]]:
        """Two texts get one set of tokens and one context, so that one encoder can read both."""
        if not isinstance(other, TextPart):
            return super().settle_with(other, training)

        (first, second), preparation = _learned([self, other], training)
        length = preparation.length
        return (self._kept(first, length), preparation), (other._kept(second, length), preparation)

    def coded(self, preparation: Preparation) -> np.ndarray:
        if not isinstance(preparation, TextPreparation):
            raise UserError(
                "The network was not trained on texts, but these data are.",
                "Choose other data.",
                "data.source",
            )
        return self._kept(self._encoded(preparation.tokens, preparation.length), preparation.length)

    def digests(self) -> np.ndarray:
        return digests_of(utf8(text) for text in self.texts)

    def _encoded(self, tokens: Tokens, length: int) -> list[np.ndarray]:
        """The tokens of every text, one more than `length` where there are more."""
        begun = (beginning(text, length) or "\n" for text in self.texts)
        return [
            found[: length + 1] for group in batches(begun, BATCH) for found in tokens.encode(group)
        ]

    def _kept(self, found: list[np.ndarray], length: int) -> np.ndarray:
        """(N, length) int32, and a note of what was cut."""
        self._tell([len(one) for one in found], length)
        return padded(found, length)

    def _tell(self, lengths: list[int], length: int) -> None:
        notes = []
        cut = sum(count > length for count in lengths)
        if cut:
            verb = (
                "is longer than the context and was"
                if cut == 1
                else "are longer than the context and were"
            )
            notes.append(
                f"{cut:,} {'text' if cut == 1 else 'texts'} {verb} cut after {length:,} tokens."
            )

        empty = sum(not text for text in self.texts)
        if empty:
            notes.append(
                f"{empty:,} empty {'text is' if empty == 1 else 'texts are'} read as a line break."
            )

        self._notes = tuple(notes)


def _learned(
    parts: Sequence[TextPart], training: np.ndarray
) -> tuple[list[list[np.ndarray]], TextPreparation]:
    """Tokens and context from the training texts of all parts together, and the tokens of every
    text of each part.
    """
    data = parts[0].data
    rows = training.tolist()
    learned_from = [part.texts[row] for part in parts for row in rows]
    kind = choose(learned_from, data.tokens)
    saved = learn(learned_from, kind, data.vocabulary)
    tokens = read_tokens(saved)
    found = [part._encoded(tokens, data.context or MOST[kind]) for part in parts]
    length = data.context or usual_length([len(one[row]) for one in found for row in rows], kind)

    return found, TextPreparation(saved, tokens.vocabulary, length)


def usual_length(lengths: Sequence[int], kind: Kind) -> int:
    """A context for texts of so many tokens: a multiple of 8 from 8 on."""
    counts = np.array(lengths or [8])
    usual = float(np.quantile(counts, COVERED))

    longest = float(counts.max())
    if longest <= 1.25 * usual:  # to cut a few words off is not worth what it saves
        usual = longest

    return int(min(MOST[kind], max(8, -(-usual // 8) * 8)))


def digests_of(contents: Iterable[bytes]) -> np.ndarray:
    """A fingerprint of each: (N, 16) uint8."""
    found = b"".join(hashlib.blake2b(content, digest_size=16).digest() for content in contents)
    return np.frombuffer(found, np.uint8).reshape(-1, 16)
