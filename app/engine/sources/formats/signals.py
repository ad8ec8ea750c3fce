"""Signals and their classes or amounts as NumPy arrays in one NPZ file.

A file is taken for signals where its name for them says so ("signals", "ecg", "audio" ...), or
where the array could be no picture: (N, L) that is no square, or (N, C, L) in floating point with
few channels and far more values in each. All else is left to the format of pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.array_file import ArrayFile, open_arrays
from app.engine.data.dataset import Skipped
from app.engine.errors import UserError
from app.engine.free_memory import require_memory
from app.engine.learning.tasks import task
from app.engine.sources.format import Check, Format, OpenOptions, unusable
from app.engine.sources.formats.arrays import (
    IMAGE_WORDS,
    LABEL_WORDS,
    NAME_WORDS,
    SETTING,
    ArrayHeader,
    class_names,
    match_images_and_labels,
    may_be_labels,
    read_headers,
)
from app.engine.sources.label_arrays import missing_labels, targets_from_array
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.signals import SignalPart
from app.engine.sources.picture_list import ROW_BYTES
from app.engine.sources.targets import Targets, no_targets
from app.engine.text import names_text

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings

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
NO_LABELS = "reconstruction"
"""The task of signals without labels."""

MOST_CHANNELS = 16
SHORTEST = 16
"""Values of a signal at least, where the name of the array does not say that it holds signals."""

RATES = (1e-6, 1e9)
"""Samples a second: from one in a week or two to what the fastest converters reach."""

COPIES = 12
"""Bytes that a value takes beside the one of the file: as float32, and while rows are chosen."""

REMEDY = (
    "Save the signals as 'signals' (N, channels, length) and their classes or amounts as 'labels' "
    "(N,)."
)


@dataclass(frozen=True)
class LabelledSignals:
    """The signals of one split and their labels, None where there are none."""

    signals: ArrayHeader
    labels: ArrayHeader | None


class Signals(Format):
    """Reads signals from an NPZ file."""

    kind = "signals"
    label = "NPZ signals"
    order = 35

    def matches(self, source: str) -> bool:
        path = Path(source)
        if path.suffix.lower() != ".npz" or not path.is_file():
            return False

        try:
            with open_arrays(path) as file:
                return bool(find_signals(read_headers(file)))
        except (UserError, OSError):
            return False  # the format of pictures says what is wrong

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        options.progress("Reading signals", 0, 0)
        return _examples(Path(source), data, options.check)


def find_signals(headers: list[ArrayHeader]) -> list[LabelledSignals]:
    """Returns the signals of each split with their labels, [] where the file holds no signals."""
    pairs = []
    holds_pictures = bool(match_images_and_labels(headers))
    for split in sorted({header.split for header in headers}):
        own = [header for header in headers if header.split == split and 0 not in header.shape]
        named = [header for header in own if header.role in SIGNAL_WORDS and _fits(header)]

        others = [
            header
            for header in own
            if header.role in IMAGE_WORDS
            and _fits(header)
            and _is_no_picture(header, holds_pictures)
        ]
        for signals in (*named, *others):
            labels = [
                header
                for header in own
                if header is not signals
                and may_be_labels(header, examples=signals)
                and header.role not in NAME_WORDS | SIGNAL_WORDS | IMAGE_WORDS | RATE_WORDS
            ]
            labels.sort(key=lambda header: (header.role not in LABEL_WORDS, len(header.shape)))

            if labels or signals.role in SIGNAL_WORDS:
                pairs.append(LabelledSignals(signals, labels[0] if labels else None))
                break

    return pairs


def _fits(header: ArrayHeader) -> bool:
    """Returns whether an array may hold signals by its shape and type."""
    return len(header.shape) in (2, 3) and header.dtype.kind in "fiu" and header.shape[-1] > 1


def _is_no_picture(header: ArrayHeader, holds_pictures: bool) -> bool:
    """Returns whether an array that is named like pictures cannot hold pictures.

    holds_pictures: whether the file has arrays that are pictures with labels.
    """
    if len(header.shape) == 2:
        return not holds_pictures and header.shape[1] >= SHORTEST

    _, height, width = header.shape
    few = min(height, width)
    many = max(height, width)

    return (
        header.dtype.kind == "f" and few <= MOST_CHANNELS and many >= 4 * few and many >= SHORTEST
    )


def _examples(path: Path, data: DataSettings, check: Check) -> Examples:
    with open_arrays(path, SETTING) as file:
        headers = read_headers(file)
        pairs = find_signals(headers)
        _refuse_mixtures(path, pairs)
        require_memory(_needed(pairs), path, "signals")

        arrays = _read_arrays(path, pairs, file, check)
        known_classes = class_names(headers, file)
        rate = _rate(headers, file)

    valid, reasons = _finite_rows(arrays.values, arrays.labels)
    if not valid.any():
        raise unusable(
            path,
            "holds no signal of finite numbers with a label",
            "Fill in or leave out what is missing.",
        )

    rows = np.flatnonzero(valid)
    labels = arrays.labels[rows] if arrays.labels is not None else None
    label_header = pairs[0].labels
    if labels is None or label_header is None:
        task_kind, targets = _without_labels(path, data, len(rows))
    else:
        task_kind, targets = targets_from_array(path, data, labels, label_header.key, known_classes)

    values = arrays.values[rows] if len(rows) < len(arrays.values) else arrays.values
    return Examples(
        task_kind,
        (SignalPart(values, rate),),
        targets,
        arrays.predefined_splits[rows],
        [arrays.names[row] for row in rows.tolist()],
        skipped=tuple(
            Skipped(arrays.names[row], reason) for row, reason in sorted(reasons.items())
        ),
        notes=arrays.notes,
    )


def _refuse_mixtures(path: Path, pairs: list[LabelledSignals]) -> None:
    """Raises UserError where the splits have labels of different sorts, or some have none."""
    labels = [pair.labels for pair in pairs if pair.labels is not None]
    if labels and len(labels) < len(pairs):
        raise unusable(path, "holds labels for some of its splits only", REMEDY)

    sorts = {(header.dtype.kind in "US", math.prod(header.shape[1:])) for header in labels}
    if len(sorts) > 1:
        names = names_text([header.key for header in labels])
        raise unusable(path, f"holds labels of different sorts in {names}", REMEDY)


def _needed(pairs: list[LabelledSignals]) -> int:
    """Returns the bytes of memory that the signals take until they are examples."""
    headers = [pair.signals for pair in pairs]
    values = sum(math.prod(header.shape) for header in headers)
    rows = sum(header.shape[0] for header in headers)
    return sum(header.stored.size for header in headers) + values * COPIES + rows * ROW_BYTES


@dataclass(frozen=True)
class _Arrays:
    """The signals of all splits in one array (N, C, L) float32, and their labels (N, K)."""

    values: np.ndarray
    labels: np.ndarray | None
    predefined_splits: np.ndarray
    names: list[str]
    notes: tuple[str, ...]


def _read_arrays(
    path: Path, pairs: list[LabelledSignals], file: ArrayFile, check: Check
) -> _Arrays:
    """Raises UserError where the splits have signals of different shapes."""
    arrays: list[np.ndarray] = []
    labels = []
    predefined_splits = []
    names = []
    notes = []

    for pair in pairs:
        check()
        key = pair.signals.key
        values, channels_last = channels_first(file.read(pair.signals.stored))
        if channels_last:
            notes.append(f"'{key}' has its channels last; they were brought to the front.")

        if arrays and values.shape[1:] != arrays[0].shape[1:]:
            raise unusable(
                path, f"holds '{key}' in another size than '{pairs[0].signals.key}'", REMEDY
            )

        arrays.append(values)
        if pair.labels is not None:
            own_labels = file.read(pair.labels.stored)
            labels.append(own_labels.reshape(len(own_labels), -1))

        predefined_splits.append(np.full(len(values), pair.signals.split, np.int8))
        names += [f"{key} #{number}" for number in range(1, len(values) + 1)]

    return _Arrays(
        np.concatenate(arrays) if len(arrays) > 1 else arrays[0],
        np.concatenate(labels) if labels else None,
        np.concatenate(predefined_splits),
        names,
        tuple(notes),
    )


def _finite_rows(
    values: np.ndarray, labels: np.ndarray | None
) -> tuple[np.ndarray, dict[int, str]]:
    """Returns which examples are finite, (N,) bool, and why the others are skipped."""
    valid = np.isfinite(values).all(axis=(1, 2))
    reasons = {int(row): "it holds values that are no numbers" for row in np.flatnonzero(~valid)}

    for row, reason in (missing_labels(labels) if labels is not None else {}).items():
        reasons.setdefault(row, reason)
        valid[row] = False

    return valid, reasons


def channels_first(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """Returns signals as (N, C, L) float32, and whether their channels stood last.

    values: (N, L), (N, C, L) or (N, L, C), which has few channels of many values.
    """
    last = (
        values.ndim == 3
        and values.shape[2] <= MOST_CHANNELS
        and values.shape[1] >= 4 * values.shape[2]
    )
    if values.ndim == 2:
        values = values[:, None]
    elif last:
        values = values.transpose(0, 2, 1)

    with np.errstate(over="ignore"):  # becomes infinite, so the signal is left out
        return np.ascontiguousarray(values, np.float32), last


def _without_labels(path: Path, data: DataSettings, count: int) -> tuple[str, Targets]:
    """Returns the task and targets of signals without labels. Raises UserError if it needs some."""
    task_kind = data.task or NO_LABELS
    requested = task(task_kind)
    if requested.targets != "none" or requested.pairs:
        raise unusable(path, f"holds no labels, which '{requested.label}' needs", REMEDY)

    return task_kind, no_targets(count)


def _rate(headers: list[ArrayHeader], file: ArrayFile) -> float | None:
    """Returns the samples a second, where the file says so and they are possible."""
    for header in headers:
        if (
            header.role in RATE_WORDS
            and math.prod(header.shape) == 1
            and header.dtype.kind in "iuf"
        ):
            rate = float(file.read(header.stored).reshape(-1)[0])
            if RATES[0] <= rate <= RATES[1]:
                return rate

    return None


FORMAT = Signals()
