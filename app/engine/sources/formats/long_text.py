"""One long text, such as a book, which the network learns to continue.

The targets are the text itself, one token on.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.fingerprints import fingerprints_of
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.data.names import readable
from app.engine.data.splits import AUTO_MOST, AUTO_SHARE
from app.engine.data.tokenizer import choose_kind, load_tokenizer, train_tokenizer, utf8
from app.engine.errors import UserError
from app.engine.free_memory import require_memory
from app.engine.learning.losses.cross_entropy import NO_TOKEN
from app.engine.learning.tasks import task
from app.engine.sources.format import Format, OpenOptions, unusable
from app.engine.sources.loaded import Examples, Part
from app.engine.sources.plain_text import UnreadableText, read_text
from app.engine.sources.targets import Targets
from app.engine.text import list_text, number_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings

SUFFIXES = (".txt", ".text", ".md")
DEFAULT_TASK = "language-modelling"
CONTEXT = 256
"""Tokens that a network sees at once, where it is left open; fewer of a short text."""

SHORTEST_CONTEXT = 8
WINDOWS = 32
"""A context that is left open leaves about so many windows to learn from."""

LEAST = 1_000
"""Bytes that a text must have: with fewer, validation and test say nothing."""

BYTES_A_TOKEN = 4
"""About so many bytes of text are a token, as measured; to estimate how many examples there are."""


class LongText(Format):
    """Reads one long text, divided into training, validation and test by position."""

    kind = "long-text"
    label = "One long text"
    order = 60

    def matches(self, source: str) -> bool:
        return source.lower().endswith(SUFFIXES) and Path(source).is_file()

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        path = Path(source)
        task_kind = data.task or DEFAULT_TASK
        if task(task_kind).targets != "tokens":
            raise UserError(
                f"'{readable(path)}' is one long text; it holds no examples for "
                f"'{task(task_kind).label}'.",
                f"Choose '{task(DEFAULT_TASK).label}', or open a table or a folder of texts for "
                "every class.",
                "data.task",
            )

        options.progress("Reading the text", 0, 0)
        try:
            text, encoding = read_text(path, data.encoding)
        except UnreadableText as error:
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
        shares = _choose_shares(len(content), data)
        parts = _cut(content, shares)
        del text  # it may take a good part of the memory
        options.progress("Cutting the text into tokens", 0, 0)
        preparation = (
            options.reuse_preparation
            if isinstance(options.reuse_preparation, TextPreparation)
            else _fit(parts[0], data)
        )

        # Measured: of tokens that are parts of words, and of bytes.
        token_bytes = 15 if preparation.saved_tokenizer else 40
        require_memory(len(content) * token_bytes, path, "tokens")
        tokens = [preparation.tokens_of(part) for part in parts]
        options.check()

        return _examples(path, task_kind, preparation, tokens, shares, encoding)


def _choose_shares(size: int, data: DataSettings) -> tuple[float, float]:
    """Returns the shares of the text for validation and for the test. Raises UserError."""
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


def _cut(content: bytes, shares: tuple[float, float]) -> list[str]:
    """Cuts a text into training, validation and test, one after the other.

    shares: of validation and test. No character is cut in two.
    """
    size = len(content)
    edges = [round(size * (1 - shares[0] - shares[1])), round(size * (1 - shares[1]))]
    for index, edge in enumerate(edges):
        while edge < size and content[edge] & 0xC0 == 0x80:  # inside a character
            edge += 1
        edges[index] = edge

    return [
        part.decode("utf-8")
        for part in (content[: edges[0]], content[edges[0] : edges[1]], content[edges[1] :])
    ]


def _fit(training: str, data: DataSettings) -> TextPreparation:
    """Fits tokenizer and context on the training part alone."""
    kind = choose_kind([training], data.tokens)
    saved = train_tokenizer([training], kind, data.vocabulary)
    tokenizer = load_tokenizer(saved)

    length = data.context
    if length is None:
        longest = len(tokenizer.encode_long(training)) // WINDOWS // 8 * 8
        length = min(CONTEXT, max(SHORTEST_CONTEXT, longest))

    return TextPreparation(saved, tokenizer.vocabulary, length)


@dataclass(frozen=True, eq=False)
class Windows(Part):
    """Windows of one text, fitted already, because the training part is known beforehand.

    inputs: (N, L) int32. starts: (N,) int64, the byte of the text at which each begins.
    """

    inputs: np.ndarray
    starts: np.ndarray
    preparation: TextPreparation

    def __len__(self) -> int:
        return len(self.inputs)

    def fit(
        self,
        training: np.ndarray,  # noqa: ARG002 - the training part was fitted on beforehand
    ) -> tuple[np.ndarray, Preparation]:
        return self.inputs, self.preparation

    def encode(self, preparation: Preparation) -> np.ndarray:
        if preparation != self.preparation:
            raise UserError(
                "These texts are not cut into tokens as in the network's training.",
                "Open the text again.",
                "data.source",
            )
        return self.inputs

    def fingerprints(self) -> np.ndarray:
        """Returns fingerprints of content and position.

        A text may say a thing twice, on both sides of an edge, and that is no copy.
        """
        return fingerprints_of(
            struct.pack("<q", start) + row.tobytes()
            for start, row in zip(self.starts.tolist(), self.inputs, strict=True)
        )


def _examples(
    path: Path,
    task_kind: str,
    preparation: TextPreparation,
    parts: list[np.ndarray],
    shares: tuple[float, float],
    encoding: str,
) -> Examples:
    """Examples of windows, none reaching over an edge between the three parts.

    parts: the tokens of each.
    """
    length = preparation.length
    sizes = preparation.token_bytes()
    inputs = []
    targets = []
    starts = []
    predefined_splits = []

    begin = 0
    for split, tokens in enumerate(parts):
        count = -(-(len(tokens) - 1) // length) if len(tokens) > 1 else 0
        offsets = begin + np.concatenate([[0], np.cumsum(sizes[tokens])])
        inputs.append(_windows(tokens[:-1], count, length, 0, np.int32))
        targets.append(_windows(tokens[1:], count, length, NO_TOKEN, np.int64))
        starts.append(offsets[np.arange(count) * length])
        predefined_splits.append(np.full(count, split, np.int8))
        begin = int(offsets[-1])

    if (
        not len(predefined_splits[0])
        or not len(predefined_splits[1])
        or (shares[1] > 0 and not len(predefined_splits[2]))
    ):
        raise unusable(
            path,
            "is too short to be divided into training, validation and test",
            "Choose a longer text, or change the shares.",
        )

    values = np.concatenate(targets)
    positions = np.concatenate(starts).astype(np.int64)
    total = sum(len(tokens) for tokens in parts)
    unit = "parts of words (tokens)" if preparation.saved_tokenizer else "bytes (tokens)"
    notes = (
        f"{begin:,} bytes of text ({encoding}) are {total:,} {unit}, "
        f"{number_text(begin / total)} bytes each; an example is {length:,} of them in a row.",
    )

    return Examples(
        task_kind,
        (Windows(np.concatenate(inputs), positions, preparation),),
        Targets(values, np.zeros(len(values), np.int64), 1),
        np.concatenate(predefined_splits),
        [f"{readable(path.name)}, byte {start:,}" for start in positions.tolist()],
        notes=notes,
        split_reason=_split_reason(shares),
    )


def _windows(
    tokens: np.ndarray, count: int, length: int, filling: int, dtype: type[np.integer[Any]]
) -> np.ndarray:
    """Tokens (n,) as windows (count, length), the last one filled up."""
    flat = np.full(count * length, filling, dtype)
    flat[: len(tokens)] = tokens
    return flat.reshape(count, length)


def _split_reason(shares: tuple[float, float]) -> str:
    training = percent_text(1 - sum(shares))
    words = [
        f"Divided by position: the first {training} of the text are learned from",
        f"the next {percent_text(shares[0])} judge the training",
    ]
    if shares[1]:
        words.append(f"the last {percent_text(shares[1])} are the test")

    return f"{list_text(words)}."


FORMAT = LongText()
