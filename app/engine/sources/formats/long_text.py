"""One long text, such as a book, which the network learns to continue.

The targets are the text itself, one token on. A text of some length is cut into tokens once, when
it is first learned from, and these are kept in the cache; a sample suffices to describe it.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import SPLITS
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.learning.tasks import task
from app.engine.sources.cache import fits_memory, key_of
from app.engine.sources.format import Format, OpenOptions, unusable
from app.engine.sources.loaded import Examples, Sample
from app.engine.sources.long_texts import fitting, token_store
from app.engine.sources.long_texts.fitting import SHOWN_BYTES, TextParts, shares_of
from app.engine.sources.long_texts.text_file import SHOWN, read_through
from app.engine.sources.long_texts.windows import PlaceNames, Windows, window_type
from app.engine.sources.plain_text import UnreadableText
from app.engine.sources.stamps import sample_digest, stamp
from app.engine.sources.targets import Targets
from app.engine.text import list_text, number_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.long_texts.token_store import StoredWindows

SUFFIXES = (".txt", ".text", ".md")
DEFAULT_TASK = "language-modelling"

LEAST = 1_000
"""Bytes that a text must have: with fewer, validation and test say nothing."""

READ_WHOLE = 4_000_000
"""Files of up to so many bytes are cut into tokens at once; that takes about a second."""


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
        is_long = path.stat().st_size > READ_WHOLE
        settings = _settings(path, data, options)
        remarks: list[str] = []
        key = ""
        if is_long:
            key = key_of(settings, stamp(path), sample_digest([path]))
            if (found := token_store.recall(options.cache, key, remarks)) is not None:
                return _examples(path, task_kind, found, shares_of(found.size, data), remarks)

        parts, shares = _read(path, data, options)
        is_sample = is_long and options.sample and options.trained is None
        preparation = _prepared(parts, data, options, is_sample)
        if is_sample:
            return _sample(path, task_kind, parts, preparation, shares, options)

        stored = token_store.store(
            options.cache if is_long else None,
            key,
            settings,
            preparation,
            parts.text_file.coding.encoding,
            [
                (parts.edges[part], _tokens(parts, part, preparation, options))
                for part in range(len(SPLITS))
            ],
            parts.text_file.require_unchanged,
        )
        return _examples(path, task_kind, stored, shares, remarks)


def _settings(path: Path, data: DataSettings, options: OpenOptions) -> list[Any]:
    """Returns what the windows of a text depend on, beside its content."""
    reused = options.reuse_preparation
    return [
        LongText.kind,
        os.path.realpath(path),
        data.encoding,
        data.tokens,
        data.vocabulary,
        data.context,
        data.validation_share,
        data.test_share,
        reused.to_plain() if isinstance(reused, TextPreparation) else None,
    ]


def _read(
    path: Path, data: DataSettings, options: OpenOptions
) -> tuple[TextParts, tuple[float, float]]:
    """Reads the text through once, and returns its parts and the shares. Raises UserError."""
    try:
        text_file = read_through(path, data.encoding, options)
    except UnreadableText as error:
        raise unusable(
            path, f"cannot be used: {error.reason}", "Choose a file of plain text."
        ) from error

    if text_file.size < LEAST:
        raise unusable(
            path,
            f"has only {text_file.size:,} bytes of text",
            f"Choose one of at least {LEAST:,}.",
        )

    shares = shares_of(text_file.size, data)
    return TextParts.of(text_file, shares), shares


def _prepared(
    parts: TextParts, data: DataSettings, options: OpenOptions, is_sample: bool
) -> TextPreparation:
    """Returns the preparation, that of a training or fitted on the training part."""
    options.check()
    options.progress("Learning parts of words", 0, 0)
    if isinstance(options.reuse_preparation, TextPreparation):
        return options.reuse_preparation

    return fitting.fit(parts, data, options, is_sample)


def _tokens(
    parts: TextParts, part: int, preparation: TextPreparation, options: OpenOptions
) -> Iterator[np.ndarray]:
    """Yields the tokens of a part, some at a time, and tells how far it is."""
    position = parts.edges[part]
    total = parts.text_file.size
    sizes = preparation.token_bytes()
    for tokens in preparation.tokenizer.encode_parts(parts.text(part)):
        options.check()
        options.progress(
            "Cutting the text into tokens (MB)", position // SHOWN, max(1, total // SHOWN)
        )
        position += int(sizes[tokens].sum())
        yield tokens


def _examples(
    path: Path,
    task_kind: str,
    stored: StoredWindows,
    shares: tuple[float, float],
    remarks: list[str],
) -> Examples:
    """Returns the examples of all windows. Raises UserError where a split has none."""
    if not stored.counts[0] or not stored.counts[1] or (shares[1] > 0 and not stored.counts[2]):
        raise unusable(
            path,
            "is too short to be divided into training, validation and test",
            "Choose a longer text, or change the shares.",
        )

    inputs = stored.windows["inputs"]
    targets = stored.windows["targets"]
    if stored.copy is None and stored.size <= READ_WHOLE:  # so few need no narrow numbers
        inputs = inputs.astype(np.int32)
        targets = targets.astype(np.int64)

    preparation = stored.preparation
    note = _note(stored.size, f"{stored.tokens:,}", stored.size / stored.tokens, preparation)
    return Examples(
        task_kind,
        (Windows(inputs, stored.fingerprints, preparation, stored.inputs, stored.copy),),
        Targets(targets, np.zeros(len(targets), np.int64), 1, digests=stored.targets),
        np.repeat(np.arange(len(SPLITS), dtype=np.int8), stored.counts),
        PlaceNames(readable(path.name), stored.starts),
        notes=(note.format(encoding=stored.encoding), *remarks),
        split_reason=_split_reason(shares),
    )


def _note(size: int, tokens: str, ratio: float, preparation: TextPreparation) -> str:
    """Returns what a text is cut into, with {encoding} in place of its encoding."""
    unit = "parts of words (tokens)" if preparation.saved_tokenizer else "bytes (tokens)"
    return (
        f"{size:,} bytes of text ({{encoding}}) are {tokens} {unit}, {number_text(ratio)} bytes "
        f"each; an example is {preparation.length:,} of them in a row."
    )


def _sample(
    path: Path,
    task_kind: str,
    parts: TextParts,
    preparation: TextPreparation,
    shares: tuple[float, float],
    options: OpenOptions,
) -> Examples:
    """Returns the first examples of each part, and how many there are in all."""
    text_file = parts.text_file
    encoding = text_file.coding.encoding
    beginnings = [
        (begin, [fitting.first_tokens(text_file, begin, end, most, preparation)])
        for begin, end, most in zip(parts.edges, parts.edges[1:], SHOWN_BYTES, strict=False)
    ]
    stored = token_store.store(None, "", [], preparation, encoding, beginnings)
    examples = _examples(path, task_kind, stored, shares, [])

    judgement = fitting.judge(parts, preparation, options)
    size = text_file.size
    note = _note(size, judgement.tokens_text, judgement.token_bytes, preparation)
    if judgement.how:
        note += f" {judgement.how[:1].upper()}{judgement.how[1:]}."

    later = "All of it is cut into tokens when training begins, once."
    needed = sum(judgement.sizes.values()) * window_type(preparation).itemsize
    return dataclasses.replace(
        examples,
        notes=(note.format(encoding=encoding), later),
        sample=Sample(judgement.how, judgement.sizes, not fits_memory(needed)),
    )


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
