"""Signals and their classes or amounts as NumPy arrays in one NPZ file.

A file is taken for signals where its name for them says so ("signals", "ecg", "audio" ...), or
where the array could be no picture: (N, L) that is no square, or (N, C, L) in floating point with
few channels and far more values in each. All else is left to the format of pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.numbers import LARGEST
from app.engine.errors import UserError
from app.engine.free_memory import free_memory
from app.engine.learning.tasks import task
from app.engine.sources.format import Check, Format, OpenOptions, unusable
from app.engine.sources.formats.arrays import (
    DAMAGED,
    IMAGE_WORDS,
    LABEL_WORDS,
    NAME_WORDS,
    ArrayHeader,
    class_names,
    match_images_and_labels,
    read_headers,
)
from app.engine.sources.label_arrays import targets_from_array
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.signals import SignalPart
from app.engine.sources.targets import (
    Targets,
    no_targets,
)
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Mapping

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

MEMORY_SHARE = 0.4
"""Of the free memory that the signals may take."""

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
            return bool(find_signals(list(read_headers(path))))
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


def find_signals(headers: list[ArrayHeader]) -> list[LabelledSignals]:
    """Returns the signals of each split with their labels, [] where the file holds no signals."""
    pairs = []
    holds_pictures = bool(match_images_and_labels(headers))
    for split in sorted({header.split for header in headers}):
        own = [header for header in headers if header.split == split]
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
                and header.shape[:1] == signals.shape[:1]
                and len(header.shape) in (1, 2)
                and header.role not in NAME_WORDS | SIGNAL_WORDS | IMAGE_WORDS | RATE_WORDS
            ]
            labels.sort(key=lambda header: (header.role not in LABEL_WORDS, len(header.shape)))

            if labels or signals.role in SIGNAL_WORDS:
                pairs.append(LabelledSignals(signals, labels[0] if labels else None))
                break

    return pairs


def _fits(header: ArrayHeader) -> bool:
    """Returns whether an array may hold signals by its shape and type."""
    return (
        len(header.shape) in (2, 3)
        and header.dtype.kind in "fiu"
        and all(header.shape)
        and header.shape[-1] > 1
    )


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
    headers = list(read_headers(path))
    pairs = find_signals(headers)
    if len({pair.labels is not None for pair in pairs}) > 1:
        raise unusable(path, "holds labels for some of its splits only", REMEDY)

    needed = sum(int(np.prod(pair.signals.shape, dtype=object)) * 4 for pair in pairs)
    if needed > MEMORY_SHARE * free_memory():
        raise unusable(
            path, f"needs {bytes_text(2 * needed)} of memory", "Save it in smaller parts."
        )

    with np.load(path, allow_pickle=False) as file:
        arrays = _read_arrays(path, pairs, file, check)
        known_classes = class_names(headers, file)
        rate = _rate(headers, file)

    valid, reasons = _finite_rows(arrays.values, arrays.labels)
    if not valid.any():
        raise unusable(
            path, "holds no signal of finite numbers only", "Fill in or leave out what is missing."
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


@dataclass(frozen=True)
class _Arrays:
    """The signals of all splits in one array (N, C, L) float32, and their labels (N, K)."""

    values: np.ndarray
    labels: np.ndarray | None
    predefined_splits: np.ndarray
    names: list[str]
    notes: tuple[str, ...]


def _read_arrays(
    path: Path, pairs: list[LabelledSignals], file: Mapping[str, np.ndarray], check: Check
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
        values, channels_last = channels_first(file[key])
        if channels_last:
            notes.append(f"'{key}' has its channels last; they were brought to the front.")

        if arrays and values.shape[1:] != arrays[0].shape[1:]:
            raise unusable(
                path, f"holds '{key}' in another size than '{pairs[0].signals.key}'", REMEDY
            )

        arrays.append(values)
        if pair.labels is not None:
            own_labels = file[pair.labels.key]
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

    if labels is not None and labels.dtype.kind == "f":
        finite = (np.abs(labels) <= LARGEST).all(axis=1)
        for row in np.flatnonzero(~finite).tolist():
            reasons.setdefault(row, "its label is no number")

        valid &= finite

    return valid, reasons


def channels_first(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """Returns signals as (N, C, L) float32, and whether their channels stood last.

    values: (N, L), (N, C, L) or (N, L, C), which has few channels of many values.
    """
    if values.ndim == 2:
        return values[:, None].astype(np.float32), False

    last = values.shape[2] <= MOST_CHANNELS and values.shape[1] >= 4 * values.shape[2]
    return np.ascontiguousarray(values.transpose(0, 2, 1) if last else values, np.float32), last


def _without_labels(path: Path, data: DataSettings, count: int) -> tuple[str, Targets]:
    """Returns the task and targets of signals without labels. Raises UserError if it needs some."""
    task_kind = data.task or NO_LABELS
    requested = task(task_kind)
    if requested.targets != "none" or requested.pairs:
        raise unusable(path, f"holds no labels, which '{requested.label}' needs", REMEDY)

    return task_kind, no_targets(count)


def _rate(headers: list[ArrayHeader], file: Mapping[str, np.ndarray]) -> float | None:
    """Returns the samples a second, where the file says so."""
    for header in headers:
        if (
            header.role in RATE_WORDS
            and int(np.prod(header.shape)) == 1
            and header.dtype.kind in "iuf"
        ):
            rate = float(file[header.key].reshape(-1)[0])
            if np.isfinite(rate) and rate > 0:
                return rate

    return None


FORMAT = Signals()
