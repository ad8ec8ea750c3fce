"""One long text, such as a book: the network learns to go on with it.

Its labels are the text itself, one token on.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.data.names import readable
from app.engine.data.splits import AUTO_MOST, AUTO_SHARE
from app.engine.data.tokens import choose, learn, read_tokens, utf8
from app.engine.errors import UserError
from app.engine.learning.losses.cross_entropy import NO_TOKEN
from app.engine.learning.tasks import task
from app.engine.sources.format import Format, OpenOptions, unusable
from app.engine.sources.loaded import Examples, Part
from app.engine.sources.parts.texts import digests_of
from app.engine.sources.plain_text import NoText, read_text
from app.engine.sources.targets import Targets
from app.engine.text import bytes_text, list_text, number_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings

SUFFIXES = (".txt", ".text", ".md")
USUAL = "language-modelling"
CONTEXT = 256
"""Tokens that a network sees at once, unless asked otherwise; fewer of a short text."""

LEAST = 1_000
"""Bytes that a text must have: below, the parts to judge by say nothing."""


class LongText(Format):
    kind = "long-text"
    label = "One long text"
    order = 60

    def matches(self, source: str) -> bool:
        return source.lower().endswith(SUFFIXES) and Path(source).is_file()

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        path = Path(source)
        kind = data.task or USUAL
        if task(kind).targets != "tokens":
            raise UserError(
                f"'{readable(path)}' is one long text; it holds no examples for "
                f"'{task(kind).label}'.",
                f"Choose '{task(USUAL).label}', or open a table or a folder of texts for every "
                "class.",
                "data.task",
            )

        options.progress("Reading the text", 0, 0)
        try:
            text, encoding = read_text(path, data.encoding)
        except NoText as error:
            raise unusable(
                path, f"cannot be used: {error.reason}", "Choose a file of plain text."
            ) from error

        content = utf8(text)
        if len(content) < LEAST:
            raise unusable(
                path,
                f"has only {len(content):,} bytes of text",
                f"Choose one of at least {LEAST:,}.",
            )

        options.check()
        shares = _shares(len(content), data)
        parts = _cut(content, shares)
        del text
        options.progress("Cutting the text into tokens", 0, 0)
        preparation = (
            options.reuse_preparation
            if isinstance(options.reuse_preparation, TextPreparation)
            else _learned(parts[0], data)
        )

        _refuse_too_much(path, len(content), preparation)
        found = [preparation.tokens_of(part) for part in parts]
        options.check()

        return _examples(path, kind, preparation, found, shares, encoding)


def _refuse_too_much(path: Path, size: int, preparation: TextPreparation) -> None:
    """Raises UserError where the tokens of so many bytes do not fit into memory."""
    needed = size * (15 if preparation.tokenizer else 40)  # measured
    if needed > 0.8 * psutil.virtual_memory().available:
        raise unusable(path, f"needs {bytes_text(needed)} of memory", "Choose a part of it.")


def _shares(size: int, data: DataSettings) -> tuple[float, float]:
    """What share of the text judges the training, and what share is the test. Raises UserError."""
    judging = data.validation_share
    if judging is None:
        judging = min(AUTO_SHARE, AUTO_MOST * CONTEXT * 4 / size)

    if judging + data.test_share > 0.95:
        raise UserError(
            f"Validation and test take {percent_text(judging + data.test_share)} of the text; too "
            "little is left to "
            "learn from.",
            "Lower one of the shares.",
            "data.validation_share",
        )

    return judging, data.test_share


def _cut(content: bytes, shares: tuple[float, float]) -> list[str]:
    """The text for training, for validation and for the test, one after the other; no character is
    cut in two.
    """
    size = len(content)
    edges = [round(size * (1 - shares[0] - shares[1])), round(size * (1 - shares[1]))]
    for place, edge in enumerate(edges):
        while edge < size and content[edge] & 0xC0 == 0x80:  # inside a character
            edge += 1
        edges[place] = edge

    return [
        part.decode("utf-8")
        for part in (content[: edges[0]], content[edges[0] : edges[1]], content[edges[1] :])
    ]


def _learned(training: str, data: DataSettings) -> TextPreparation:
    """Tokens and context from the training part alone."""
    saved = learn([training], choose([training], data.tokens), data.vocabulary)
    tokens = read_tokens(saved)

    length = data.context
    if length is None:  # at least some thirty windows to learn from
        length = min(CONTEXT, max(8, len(tokens.encode_long(training)) // 32 // 8 * 8))

    return TextPreparation(saved, tokens.vocabulary, length)


@dataclass(frozen=True, eq=False)
class Windows(Part):
    """Windows of one text, cut and settled already: what is learned from comes first in the text.

    inputs: (N, L) int32. starts: (N,) int64, the byte of the text at which each begins.
    """

    inputs: np.ndarray
    starts: np.ndarray
    preparation: TextPreparation

    def __len__(self) -> int:
        return len(self.inputs)

    def settle(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        return self.inputs, self.preparation

    def coded(self, preparation: Preparation) -> np.ndarray:
        if preparation != self.preparation:
            raise UserError(
                "These texts are not cut as those of the network's training.",
                "Open the text again.",
                "data.source",
            )
        return self.inputs

    def digests(self) -> np.ndarray:
        """The place counts as well: a text may say a thing twice, on both sides of an edge, and
        that is no copy.
        """
        return digests_of(
            struct.pack("<q", start) + row.tobytes()
            for start, row in zip(self.starts.tolist(), self.inputs, strict=True)
        )


def _examples(
    path: Path,
    kind: str,
    preparation: TextPreparation,
    found: list[np.ndarray],
    shares: tuple[float, float],
    encoding: str,
) -> Examples:
    """Windows of the three parts, none reaching over an edge. found: the tokens of each part."""
    length = preparation.length
    sizes = preparation.token_bytes()
    inputs = []
    targets = []
    starts = []
    hints = []

    begin = 0
    for place, tokens in enumerate(found):
        count = -(-(len(tokens) - 1) // length) if len(tokens) > 1 else 0
        offsets = begin + np.concatenate([[0], np.cumsum(sizes[tokens])])
        inputs.append(_windows(tokens[:-1], count, length, 0, np.int32))
        targets.append(_windows(tokens[1:], count, length, NO_TOKEN, np.int64))
        starts.append(offsets[np.arange(count) * length])
        hints.append(np.full(count, place, np.int8))
        begin = int(offsets[-1])

    if not len(hints[0]) or not len(hints[1]) or (shares[1] > 0 and not len(hints[2])):
        raise unusable(
            path,
            "is too short to be divided into training, validation and test",
            "Choose a longer text, or change the shares.",
        )

    values = np.concatenate(targets)
    places = np.concatenate(starts).astype(np.int64)
    total = sum(len(tokens) for tokens in found)
    sort = "parts of words (tokens)" if preparation.tokenizer else "bytes (tokens)"
    notes = (
        f"{begin:,} bytes of text ({encoding}) are {total:,} {sort}, {number_text(begin / total)} bytes "
        "each; an example is "
        f"{length:,} of them in a row.",
    )

    return Examples(
        kind,
        (Windows(np.concatenate(inputs), places, preparation),),
        Targets(values, np.zeros(len(values), np.int64), 1),
        np.concatenate(hints),
        [f"{readable(path.name)}, byte {start:,}" for start in places.tolist()],
        notes=notes,
        split_reason=_reason(shares),
    )


def _windows(
    tokens: np.ndarray, count: int, length: int, filling: int, dtype: type[np.integer[Any]]
) -> np.ndarray:
    """(count, length), the last one filled up."""
    flat = np.full(count * length, filling, dtype)
    flat[: len(tokens)] = tokens
    return flat.reshape(count, length)


def _reason(shares: tuple[float, float]) -> str:
    words = [
        f"Divided by position: the first {percent_text(1 - sum(shares))} of the text are learned from",
        f"the next {percent_text(shares[0])} judge the training",
    ]
    if shares[1]:
        words.append(f"the last {percent_text(shares[1])} are the test")
    return f"{list_text(words)}."


FORMAT = LongText()
