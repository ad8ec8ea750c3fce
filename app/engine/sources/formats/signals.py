"""NPZ: signals (N, channels, length) and their classes or amounts as NumPy arrays in one file.

A file is taken for signals where its name for them says so ("signals", "ecg", "audio" ...), or
where the array could be no picture: (N, L) that is no square, or (N, C, L) in floating point with
few channels and far more values in each. All else is left to the format of pictures.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from app.engine.data.dataset import Skipped
from app.engine.data.numbers import LARGEST
from app.engine.errors import UserError
from app.engine.learning.tasks import TASKS, task
from app.engine.sources.format import Check, Format, OpenOptions, encode_classes, unusable
from app.engine.sources.formats.arrays import (
    IMAGE_WORDS,
    LABEL_WORDS,
    NAME_WORDS,
    Entry,
    class_names,
    entries_of,
    labels_of,
    pairs_of,
)
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.signals import SignalPart
from app.engine.sources.targets import Targets, amounts_of, labelled, none_of, tagged
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.learning.task import Task

SIGNAL_WORDS = frozenset(
    {
        "signal",
        "signals",
        "series",
        "timeseries",
        "wave",
        "waves",
        "waveform",
        "waveforms",
        "audio",
        "audios",
        "sound",
        "sounds",
        "ecg",
        "ecgs",
        "eeg",
        "emg",
        "sensor",
        "sensors",
        "trace",
        "traces",
        "recording",
        "recordings",
        "sequence",
        "sequences",
        "spectrum",
        "spectra",
    }
)
RATE_WORDS = frozenset({"rate", "fs", "sr", "samplerate", "samplingrate", "hz", "frequency"})
USUAL = ("classification", "regression", "multi-label", "reconstruction")
"""What is predicted unless asked otherwise: of classes, of amounts, of tags, and where nothing is
given.
"""

CHANNELS = 16
SHORTEST = 16
REMEDY = "Save the signals as 'signals' (N, channels, length) and their classes or amounts as 'labels' (N,)."
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    KeyError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True)
class Pair:
    """Signals and what belongs to them, of one split. labels: None where nothing does."""

    signals: Entry
    labels: Entry | None


class Signals(Format):
    kind = "signals"
    label = "NPZ signals"
    order = 35

    def matches(self, source: str) -> bool:
        path = Path(source)
        if path.suffix.lower() != ".npz" or not path.is_file():
            return False

        try:
            return bool(signals_of(entries_of(path)))
        except (*DAMAGED, UserError, OSError):
            return False  # the format of pictures says what is wrong

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        path = Path(source)
        options.progress("Reading signals", 0, 0)

        try:
            return _examples(path, data, options.check)
        except DAMAGED as error:
            raise unusable(
                path, "is not a whole NPZ file", "Save or copy the file again."
            ) from error


def signals_of(entries: list[Entry]) -> list[Pair]:
    """The signals of each split with their labels; none where the file holds no signals."""
    pairs = []
    pictures = bool(pairs_of(entries))
    for hint in sorted({entry.hint for entry in entries}):
        own = [entry for entry in entries if entry.hint == hint]
        named = [entry for entry in own if entry.role in SIGNAL_WORDS and _fits(entry)]

        others = [
            entry
            for entry in own
            if entry.role in IMAGE_WORDS and _fits(entry) and _no_picture(entry, pictures)
        ]
        for signals in (*named, *others):
            labels = [
                entry
                for entry in own
                if entry is not signals
                and entry.shape[:1] == signals.shape[:1]
                and len(entry.shape) in (1, 2)
                and entry.role not in NAME_WORDS | SIGNAL_WORDS | IMAGE_WORDS | RATE_WORDS
            ]
            labels.sort(key=lambda entry: (entry.role not in LABEL_WORDS, len(entry.shape)))

            if labels or signals.role in SIGNAL_WORDS:
                pairs.append(Pair(signals, labels[0] if labels else None))
                break

    return pairs


def _fits(entry: Entry) -> bool:
    return (
        len(entry.shape) in (2, 3)
        and entry.dtype.kind in "fiu"
        and all(entry.shape)
        and entry.shape[-1] > 1
    )


def _no_picture(entry: Entry, pictures: bool) -> bool:
    if len(entry.shape) == 2:
        return not pictures and entry.shape[1] >= SHORTEST

    _, height, width = entry.shape
    few = min(height, width)
    many = max(height, width)

    return entry.dtype.kind == "f" and few <= CHANNELS and many >= 4 * few and many >= SHORTEST


def _examples(path: Path, data: DataSettings, check: Check) -> Examples:
    entries = entries_of(path)
    pairs = signals_of(entries)

    labels = {pair.labels is not None for pair in pairs}
    if len(labels) > 1:
        raise unusable(path, "holds labels for some of its splits only", REMEDY)

    needed = sum(int(np.prod(pair.signals.shape, dtype=object)) * 4 for pair in pairs)
    if needed > 0.4 * psutil.virtual_memory().available:
        raise unusable(
            path, f"needs {bytes_text(2 * needed)} of memory", "Save it in smaller parts."
        )

    found: list[np.ndarray] = []
    given = []
    hints = []
    names = []

    notes = []
    with np.load(path, allow_pickle=False) as file:
        for pair in pairs:
            check()
            values = file[pair.signals.key]

            values, turned = channels_first(values)
            if turned:
                notes.append(
                    f"'{pair.signals.key}' has its channels last; they were brought to the front."
                )

            if found and values.shape[1:] != found[0].shape[1:]:
                raise unusable(
                    path,
                    f"holds '{pair.signals.key}' in another size than '{pairs[0].signals.key}'",
                    REMEDY,
                )

            found.append(values)
            if pair.labels is not None:
                given.append(file[pair.labels.key])

            hints.append(np.full(len(values), pair.signals.hint, np.int8))
            names += [f"{pair.signals.key} #{number}" for number in range(1, len(values) + 1)]

        known = class_names(entries, file)
        rate = _rate(entries, file)

    values = np.concatenate(found) if len(found) > 1 else found[0]
    answers = np.concatenate([part.reshape(len(part), -1) for part in given]) if given else None
    good = np.isfinite(values).all(axis=(1, 2))

    reasons = {int(row): "it holds values that are no numbers" for row in np.flatnonzero(~good)}
    if answers is not None and answers.dtype.kind == "f":
        whole = (np.abs(answers) <= LARGEST).all(axis=1)
        reasons |= {
            int(row): "its label is no number"
            for row in np.flatnonzero(~whole)
            if int(row) not in reasons
        }

        good &= whole

    if not good.any():
        raise unusable(
            path, "holds no signal of finite numbers only", "Fill in or leave out what is missing."
        )

    rows = np.flatnonzero(good)
    label = pairs[0].labels
    kind, targets = _targets(
        path, data, answers[rows] if answers is not None else None, label, known, len(rows)
    )

    return Examples(
        kind,
        (SignalPart(values[rows] if len(rows) < len(values) else values, rate),),
        targets,
        np.concatenate(hints)[rows],
        [names[row] for row in rows.tolist()],
        skipped=tuple(Skipped(names[row], reason) for row, reason in sorted(reasons.items())),
        notes=tuple(notes),
    )


def channels_first(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """(N, L), (N, C, L) or (N, L, C) as (N, C, L) float32, and whether the channels stood last: few
    of many values.
    """
    if values.ndim == 2:
        return values[:, None].astype(np.float32), False

    turned = values.shape[2] <= CHANNELS and values.shape[1] >= 4 * values.shape[2]
    return np.ascontiguousarray(values.transpose(0, 2, 1) if turned else values, np.float32), turned


def _targets(
    path: Path,
    data: DataSettings,
    answers: np.ndarray | None,
    entry: Entry | None,
    known: Sequence[str],
    count: int,
) -> tuple[str, Targets]:
    """The task, as asked for or as the labels suggest, and its targets. answers: (N, K)."""
    classes, amounts, tags, nothing = USUAL
    if answers is None or entry is None:
        kind = data.task or nothing
        if task(kind).targets != "none" or task(kind).pairs:
            raise unusable(path, f"holds no labels, which '{task(kind).label}' needs", REMEDY)

        return kind, none_of(count)

    zeros_and_ones = (
        answers.dtype.kind in "iufb"
        and answers.shape[1] > 1
        and bool(np.isin(answers, (0, 1)).all())
    )
    several = zeros_and_ones and bool((answers.sum(axis=1) != 1).any())
    whole = answers.dtype.kind != "f" or zeros_and_ones or bool((answers == np.rint(answers)).all())
    usual = (
        tags
        if several
        else classes
        if whole and (answers.shape[1] == 1 or zeros_and_ones)
        else amounts
    )

    kind = data.task or usual
    asked: Task = task(kind)
    if asked.targets == "none" and not asked.pairs:
        return kind, none_of(count)

    if asked.targets == "amounts":
        if answers.dtype.kind not in "iuf":
            raise unusable(
                path,
                f"holds texts in '{entry.key}' where amounts are to be predicted",
                f"Choose '{TASKS[classes].label}' as the task.",
            )

        width = answers.shape[1]
        names = (
            list(known)
            if len(known) == width
            else [entry.key]
            if width == 1
            else [f"{entry.key} {number}" for number in range(1, width + 1)]
        )
        return kind, amounts_of(answers, names)

    if asked.targets == "tags" and zeros_and_ones:
        width = answers.shape[1]
        names = list(known) if len(known) == width else [str(number) for number in range(width)]
        return kind, tagged(answers.astype(np.float32), tuple(names))

    if asked.targets in ("classes", "tags") and usual == amounts:
        raise unusable(
            path,
            f"holds amounts in '{entry.key}', not classes",
            f"Choose '{TASKS[amounts].label}' as the task.",
        )

    texts = labels_of(answers)
    if known and all(text.isdigit() and int(text) < len(known) for text in texts):
        return kind, labelled(
            asked, tuple(known), np.array([int(text) for text in texts], np.int64)
        )

    return kind, labelled(asked, *encode_classes(texts))


def _rate(entries: list[Entry], file: Mapping[str, np.ndarray]) -> float | None:
    """Samples a second, where the file says so."""
    for entry in entries:
        if (
            entry.role in RATE_WORDS
            and int(np.prod(entry.shape)) == 1
            and entry.dtype.kind in "iuf"
        ):
            rate = float(file[entry.key].reshape(-1)[0])
            if np.isfinite(rate) and rate > 0:
                return rate

    return None


FORMAT = Signals()
