"""Texts: what tokens there are, and how many the network reads, is learned from the training texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from app.engine.data.examples import Part
from app.engine.data.preparation import Preparation
from app.engine.data.preparations.text import TextPreparation, beginning, padded
from app.engine.data.settings import DataSettings
from app.engine.data.tokens import Kind, Tokens, batches, choose, learn, read_tokens, utf8
from app.engine.errors import UserError

MOST = {"bpe": 256, "bytes": 512}
"""The longest context that is chosen without being asked for, in tokens."""
COVERED = 0.95
"""Unless asked otherwise, the context is as long as this share of the training texts, so that a few long ones do not
make every batch long."""
BATCH = 2_000


class TextPart(Part):
    """texts: a text a row. An empty one is read as a line break, which is said: an example must have a token."""

    def __init__(self, texts: Sequence[str], data: DataSettings) -> None:
        self.texts, self.data = list(texts), data
        self._notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def notes(self) -> tuple[str, ...]:
        return self._notes

    def settle(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        learned_from = [self.texts[row] for row in training.tolist()]
        kind = choose(learned_from, self.data.tokens)
        saved = learn(learned_from, kind, self.data.vocabulary)
        tokens = read_tokens(saved)
        found = self._encoded(tokens, self.data.context or MOST[kind])
        length = self.data.context or usual_length([len(found[row]) for row in training.tolist()], kind)
        self._tell([len(one) for one in found], length)
        return padded(found, length), TextPreparation(saved, tokens.vocabulary, length)

    def coded(self, preparation: Preparation) -> np.ndarray:
        if not isinstance(preparation, TextPreparation):
            raise UserError("The network was not trained on texts, but these data are.", "Choose other data.",
                            "data.source")
        found = self._encoded(preparation.tokens, preparation.length)
        self._tell([len(one) for one in found], preparation.length)
        return padded(found, preparation.length)

    def digests(self) -> np.ndarray:
        return digests_of(utf8(text) for text in self.texts)

    def _encoded(self, tokens: Tokens, length: int) -> list[np.ndarray]:
        """The tokens of every text, one more than `length` where there are more."""
        begun = (beginning(text, length) or "\n" for text in self.texts)
        return [found[: length + 1] for group in batches(begun, BATCH) for found in tokens.encode(group)]

    def _tell(self, lengths: list[int], length: int) -> None:
        notes = []
        cut = sum(count > length for count in lengths)
        if cut:
            verb = "is longer than the context and was" if cut == 1 else "are longer than the context and were"
            notes.append(f"{cut:,} {'text' if cut == 1 else 'texts'} {verb} cut after {length:,} tokens.")
        empty = sum(not text for text in self.texts)
        if empty:
            notes.append(f"{empty:,} empty {'text is' if empty == 1 else 'texts are'} read as a line break.")
        self._notes = tuple(notes)


def usual_length(lengths: Sequence[int], kind: Kind) -> int:
    """A context for texts of so many tokens: a multiple of 8 from 8 on."""
    counts = np.array(lengths or [8])
    usual, longest = float(np.quantile(counts, COVERED)), float(counts.max())
    if longest <= 1.25 * usual:  # to cut a few words off is not worth what it saves
        usual = longest
    return int(min(MOST[kind], max(8, -(-usual // 8) * 8)))


def digests_of(contents: Iterable[bytes]) -> np.ndarray:
    """A fingerprint of each: (N, 16) uint8."""
    found = b"".join(hashlib.blake2b(content, digest_size=16).digest() for content in contents)
    return np.frombuffer(found, np.uint8).reshape(-1, 16)
