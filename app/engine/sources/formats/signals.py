"""Signals and their classes or amounts as NumPy arrays, in one NPZ file or a file for each.

A file is taken for signals where its name for them says so ("signals", "ecg", "audio" ...), or
where the array could be no picture: (N, L) that is no square, or (N, C, L) in floating point with
few channels and far more values in each. All else is left to the format of pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.free_memory import require_memory
from app.engine.learning.tasks import task
from app.engine.sources.arrays.files import is_array_source, open_source
from app.engine.sources.arrays.headers import IMAGE_WORDS, ArrayHeader
from app.engine.sources.arrays.labels import targets_from_array
from app.engine.sources.arrays.pictures import FORM as PICTURES
from app.engine.sources.arrays.preview import choices_of, roles_or_none
from app.engine.sources.arrays.reading import (
    chosen_settings,
    class_names,
    read_labels,
    reading_of,
)
from app.engine.sources.arrays.roles import (
    ArrayRoles,
    InputForm,
    LabelledArrays,
    choose_roles,
)
from app.engine.sources.arrays.trained import with_trained_arrays
from app.engine.sources.format import Check, Format, OpenOptions, unusable
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.signals import SignalPart
from app.engine.sources.picture_list import ROW_BYTES
from app.engine.sources.targets import Targets, no_targets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.sources.arrays.choices import ArrayChoice

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


class Signals(Format):
    """Reads signals from NPZ and NPY files."""

    kind = "signals"
    label = "NumPy signals"
    order = 35

    def matches(self, source: str) -> bool:
        if not is_array_source(source):
            return False

        try:
            with open_source(source) as (files, headers):
                own = files.with_own(DataSettings(), headers).inputs
                roles = find_signals(files.path, headers, DataSettings())
                return roles is not None and own in (None, roles.inputs.names[0])
        except (UserError, OSError):
            return False  # the format of pictures says what is wrong

    def array_choices(self, source: str, data: DataSettings) -> tuple[ArrayChoice, ...]:
        with open_source(source) as (files, headers):
            free = data.replace(inputs=None, target=None)

            def find(settings: DataSettings) -> ArrayRoles | None:
                return find_signals(files.path, headers, files.with_own(settings, headers))

            return choices_of(headers, data, roles_or_none(find, free), roles_or_none(find, data))

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        options.progress("Reading signals", 0, 0)
        data = with_trained_arrays(source, data, options.trained)
        return _examples(source, data, options)


def find_signals(path: Path, headers: list[ArrayHeader], data: DataSettings) -> ArrayRoles | None:
    """Returns which arrays are the signals and their labels, None where there are no signals.

    Raises UserError where arrays are chosen that are not there.
    """
    holds_pictures = choose_roles(path, headers, PICTURES, DataSettings()) is not None

    def rank(header: ArrayHeader) -> int | None:
        if header.role in SIGNAL_WORDS and _fits(header):
            return 0
        named = header.role in IMAGE_WORDS and _fits(header)
        return 1 if named and _is_no_picture(header, holds_pictures) else None

    form = InputForm(rank, _fits, lambda header: header.role in SIGNAL_WORDS)
    others = [header for header in headers if header.role not in RATE_WORDS]
    return choose_roles(path, others, form, data)


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


def _examples(source: str, data: DataSettings, options: OpenOptions) -> Examples:
    with open_source(source) as (files, headers):
        path = files.path
        roles = find_signals(path, headers, files.with_own(data, headers))
        if roles is None or not roles.pairs:
            raise unusable(path, "holds no signals with labels of the same number", REMEDY)

        require_memory(_needed(roles.pairs), path, "signals")
        known = class_names(path, headers) if roles.is_likely else ()
        labels, reasons = (
            read_labels(path, roles, known, data) if roles.target.names else (None, [])
        )
        arrays = _read_arrays(path, roles.pairs, options.check)
        rate = _rate(headers)

    valid, reasons_by_row = _finite_rows(arrays, reasons)
    if not valid.any():
        raise unusable(
            path,
            "holds no signal of finite numbers with a label",
            "Fill in or leave out what is missing.",
        )

    rows = np.flatnonzero(valid)
    notes: tuple[str, ...] = ()
    if labels is None:
        task_kind, targets = _without_labels(path, data, len(rows))
    else:
        trained = options.trained
        names = trained.reading.label_names if trained is not None else ()
        task_kind, targets, notes = targets_from_array(path, data, labels.take(rows), names)

    values = arrays.values[rows] if len(rows) < len(arrays.values) else arrays.values
    reading = reading_of(roles, known, arrays.channels_last)
    return Examples(
        task_kind,
        (SignalPart(values, rate),),
        targets,
        arrays.predefined_splits[rows],
        [arrays.names[row] for row in rows.tolist()],
        skipped=tuple(
            Skipped(arrays.names[row], reason) for row, reason in sorted(reasons_by_row.items())
        ),
        notes=(*arrays.notes, *roles.notes, *notes),
        chosen=chosen_settings(data, reading),
        reading=reading,
    )


def _needed(pairs: Sequence[LabelledArrays]) -> int:
    """Returns the bytes of memory that the signals take until they are examples."""
    headers = [pair.examples for pair in pairs]
    values = sum(math.prod(header.shape) for header in headers)
    rows = sum(header.shape[0] for header in headers)
    return sum(header.stored.size for header in headers) + values * COPIES + rows * ROW_BYTES


@dataclass(frozen=True)
class _Arrays:
    """The signals of all splits in one array (N, C, L) float32."""

    values: np.ndarray
    predefined_splits: np.ndarray
    names: list[str]
    notes: tuple[str, ...]
    channels_last: bool
    lengths: tuple[int, ...]


def _read_arrays(path: Path, pairs: Sequence[LabelledArrays], check: Check) -> _Arrays:
    """Raises UserError where the splits have signals of different shapes."""
    arrays: list[np.ndarray] = []
    predefined_splits = []
    names = []
    notes = []
    channels_last = False

    for pair in pairs:
        check()
        key = pair.examples.key
        values, channels_last = channels_first(pair.examples.read())
        if channels_last:
            notes.append(f"'{key}' has its channels last; they were brought to the front.")

        if arrays and values.shape[1:] != arrays[0].shape[1:]:
            raise unusable(
                path, f"holds '{key}' in another size than '{pairs[0].examples.key}'", REMEDY
            )

        arrays.append(values)
        predefined_splits.append(np.full(len(values), pair.examples.split, np.int8))
        names += [f"{key} #{number}" for number in range(1, len(values) + 1)]

    return _Arrays(
        np.concatenate(arrays) if len(arrays) > 1 else arrays[0],
        np.concatenate(predefined_splits),
        names,
        tuple(notes),
        channels_last,
        tuple(map(len, arrays)),
    )


def _finite_rows(
    arrays: _Arrays, reasons: list[dict[int, str]]
) -> tuple[np.ndarray, dict[int, str]]:
    """Returns which examples can be used, (N,) bool, and why the others cannot.

    reasons: of each split the rows that cannot be used for their labels.
    """
    valid = np.isfinite(arrays.values).all(axis=(1, 2))
    by_row = {int(row): "it holds values that are not numbers" for row in np.flatnonzero(~valid)}

    firsts = np.cumsum([0, *arrays.lengths])
    for first, own in zip(firsts.tolist(), reasons, strict=False):
        for row, reason in own.items():
            by_row.setdefault(first + row, reason)
            valid[first + row] = False

    return valid, by_row


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


def _rate(headers: list[ArrayHeader]) -> float | None:
    """Returns the samples a second, where the file says so and they are possible."""
    for header in headers:
        if (
            header.role in RATE_WORDS
            and math.prod(header.shape) == 1
            and header.dtype.kind in "iuf"
        ):
            rate = float(header.read().reshape(-1)[0])
            if RATES[0] <= rate <= RATES[1]:
                return rate

    return None


FORMAT = Signals()
