"""Texts as inputs.

The tokenizer, and how many tokens the network reads, are fitted on the training texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.fingerprints import fingerprints_of
from app.engine.data.kinds.text.preparation import TextPreparation, beginning, pad
from app.engine.data.tokenizer import (
    Kind,
    Tokenizer,
    batches,
    choose_kind,
    load_tokenizer,
    train_tokenizer,
    utf8,
)
from app.engine.errors import UserError
from app.engine.sources.loaded import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings

LONGEST_CONTEXT = {"bpe": 256, "bytes": 512}
"""The longest context, in tokens, where the settings leave it open."""

COVERED = 0.95
"""Where it is left open, the context holds this share of the training texts as a whole.

So a few long ones do not make every batch long.
"""

BATCH = 2_000
"""Texts that are encoded at once."""


class TextPart(Part):
    """Texts that are read and not fitted, one a row.

    An empty one is read as a line break, which is noted: an example must have a token.
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

    def fit(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        (tokens,), preparation = _fit_together([self], training)
        return self.pad(tokens, preparation.length), preparation

    def fit_pair(
        self, other: Part, training: np.ndarray
    ) -> tuple[tuple[np.ndarray, Preparation], tuple[np.ndarray, Preparation]]:
        """Gives two texts one tokenizer and one context, so that one encoder can read both."""
        if not isinstance(other, TextPart):
            return super().fit_pair(other, training)

        (first, second), preparation = _fit_together([self, other], training)
        length = preparation.length
        return (self.pad(first, length), preparation), (other.pad(second, length), preparation)

    def encode(self, preparation: Preparation) -> np.ndarray:
        if not isinstance(preparation, TextPreparation):
            raise UserError(
                "The network was not trained on texts, but these data are.",
                "Choose other data.",
                "data.source",
            )

        tokens = self.tokenize(preparation.tokenizer, preparation.length)
        return self.pad(tokens, preparation.length)

    def fingerprints(self) -> np.ndarray:
        return fingerprints_of(utf8(text) for text in self.texts)

    def tokenize(self, tokenizer: Tokenizer, length: int) -> list[np.ndarray]:
        """Returns the tokens of every text, cut to one more than `length`."""
        beginnings = (beginning(text, length) or "\n" for text in self.texts)
        return [
            tokens[: length + 1]
            for group in batches(beginnings, BATCH)
            for tokens in tokenizer.encode(group)
        ]

    def pad(self, tokens: list[np.ndarray], length: int) -> np.ndarray:
        """Returns the tokens of every text as (N, length) int32, and notes what was cut."""
        self._note_cuts([len(text) for text in tokens], length)
        return pad(tokens, length)

    def _note_cuts(self, lengths: list[int], length: int) -> None:
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


def _fit_together(
    parts: Sequence[TextPart], training: np.ndarray
) -> tuple[list[list[np.ndarray]], TextPreparation]:
    """Fits one tokenizer and one context on the training texts of all parts.

    Returns the tokens of every text of each part, and the preparation.
    """
    data = parts[0].data
    rows = training.tolist()
    training_texts = [part.texts[row] for part in parts for row in rows]
    kind = choose_kind(training_texts, data.tokens)
    saved = train_tokenizer(training_texts, kind, data.vocabulary)
    tokenizer = load_tokenizer(saved)

    tokens = [part.tokenize(tokenizer, data.context or LONGEST_CONTEXT[kind]) for part in parts]
    lengths = [len(texts[row]) for texts in tokens for row in rows]
    length = data.context or usual_length(lengths, kind)

    return tokens, TextPreparation(saved, tokenizer.vocabulary, length)


def usual_length(lengths: Sequence[int], kind: Kind) -> int:
    """Returns a context for texts of so many tokens: a multiple of 8, at least 8."""
    counts = np.array(lengths or [8])
    usual = float(np.quantile(counts, COVERED))
    longest = float(counts.max())
    if longest <= 1.25 * usual:  # cutting a few words off is not worth what it saves
        usual = longest

    return int(min(LONGEST_CONTEXT[kind], max(8, -(-usual // 8) * 8)))
