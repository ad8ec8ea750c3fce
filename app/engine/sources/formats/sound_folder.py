"""A folder with a sub-folder of sounds for each class.

Folders train/, val/ and test/ are recognised as with pictures.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data import sounds
from app.engine.data.dataset import Skipped
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.data.sounds import SoundHeader, UnreadableSound
from app.engine.free_memory import require_memory
from app.engine.learning.tasks import task
from app.engine.sources.class_folders import (
    ClassFile,
    FileList,
    holds_mostly,
    list_files,
    lost_classes,
    refuse_one_class,
)
from app.engine.sources.format import Format, OpenOptions
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.signals import SignalPart
from app.engine.sources.targets import encode_classes, targets_for_task
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.engine.experiment.data_settings import DataSettings

SUFFIXES = (*sounds.SUFFIXES, *sounds.FOREIGN)
"""Sounds in formats that are not read are listed too, so that they are told as such."""

DEFAULT_TASK = "classification"
LONGEST = 16_000
"""Values of a signal at most, so that a network can be trained on it.

Two seconds of speech at 8 kHz.
"""

LOWEST_RATE = 8_000
"""Samples a second: no sound is reduced to fewer, for speech is still understood at this rate."""

SHORTEST = 8
"""Values of a signal at least."""

MOST_RATES = 3
"""So many rates are named in a sentence, else the range of them."""

VALUE_BYTES = 10
"""Memory of a value: as it is read, and once more while the examples are divided."""


@dataclass(frozen=True)
class SoundShape:
    """The rate (samples a second), length and channels that all sounds are brought to."""

    rate: int | float
    length: int
    channels: int = 1


class SoundFolder(Format):
    """Reads sounds from a folder for each class."""

    kind = "sound-folder"
    label = "Folder of sounds"
    order = 81

    def matches(self, source: str) -> bool:
        return holds_mostly(source, SUFFIXES)

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        task_kind = data.task or DEFAULT_TASK
        options.progress("Looking for sounds", 0, 0)
        file_list = list_files(source, SUFFIXES, "sound", data, options)
        skipped = list(file_list.skipped)
        headers = _read_headers(file_list, options, skipped)
        refuse_one_class(file_list, [file_list.files[row].label for row in headers], skipped)

        shape, notes = _choose_shape(list(headers.values()))
        trained = options.reuse_preparation
        if isinstance(trained, SignalPreparation):
            shape = SoundShape(trained.rate or shape.rate, trained.length, trained.channels)
            notes = [_note_on_rates(list(headers.values()), shape.rate, " as in training")]

        values = len(headers) * shape.length * shape.channels
        require_memory(values * VALUE_BYTES, source, "sounds")

        rows, signals, note = _read_sounds(file_list, headers, shape, options, skipped)
        labels = [file_list.files[row].label for row in rows]
        refuse_one_class(file_list, labels, skipped)

        return Examples(
            task_kind,
            (SignalPart(signals, float(shape.rate)),),
            targets_for_task(task(task_kind), *encode_classes(labels)),
            np.array([file_list.files[row].split for row in rows], np.int8),
            [file_list.files[row].name for row in rows],
            file_list.groups(data, rows),
            tuple(skipped),
            (
                *file_list.notes,
                *filter(None, (*notes, note)),
                *_remarks(headers.values()),
                *lost_classes(file_list, labels),
            ),
            chosen=file_list.chosen,
            reading=file_list.reading,
        )


def _read_headers(
    file_list: FileList, options: OpenOptions, skipped: list[Skipped]
) -> dict[int, SoundHeader]:
    """Returns the headers of the files by row; files that cannot be read are added to skipped."""
    headers = {}
    for row, file in enumerate(file_list.files):
        options.check()
        try:
            headers[row] = sounds.read_header(file.path)
        except (UnreadableSound, OSError) as error:
            skipped.append(_skipped(file, error))

    return headers


def _read_sounds(
    file_list: FileList,
    headers: dict[int, SoundHeader],
    shape: SoundShape,
    options: OpenOptions,
    skipped: list[Skipped],
) -> tuple[list[int], np.ndarray, str]:
    """Returns the readable rows, their signals (n, C, L), and a sentence on their channels or "".

    Adds the other rows to `skipped`.
    """
    values = np.empty((len(headers), shape.channels, shape.length), np.float32)
    rows: list[int] = []
    turned: list[str] = []
    for number, (row, header) in enumerate(headers.items()):
        options.check()
        options.progress("Reading sounds", number, len(headers))

        try:
            sound, rate = sounds.read_wave(file_list.files[row].path, header)
            if sounds.is_silent(sound):
                raise UnreadableSound("it is silent from beginning to end")
            if shape.channels not in (1, len(sound)):
                raise UnreadableSound(f"it has {len(sound)} channels, not {shape.channels}")
            cancelled = False
            if shape.channels == 1:
                sound, cancelled = sounds.mixed(sound)

            resampled = sounds.resample(sound, rate, shape.rate)
        except (UnreadableSound, OSError) as error:
            skipped.append(_skipped(file_list.files[row], error))
            continue

        values[len(rows)] = sounds.crop_or_pad(resampled, shape.length)
        rows.append(row)
        if cancelled:
            turned.append(file_list.files[row].name)

    return rows, values[: len(rows)], _note_on_cancelled(turned)


def _note_on_cancelled(names: Sequence[str]) -> str:
    """Returns a sentence on the sounds of which one channel alone is read, "" without any."""
    if not names:
        return ""

    sounds_of = "1 sound cancel" if len(names) == 1 else f"{len(names):,} sounds cancel"
    return (
        f"The channels of {sounds_of} each other out, such as those of '{names[0]}': the first "
        "channel is read instead of the mix."
    )


def _choose_shape(headers: list[SoundHeader]) -> tuple[SoundShape, list[str]]:
    """Chooses the most frequent rate and the median length, and says what that does to sounds.

    Both are lowered where a signal would become too long.
    """
    rates = Counter(header.rate for header in headers)
    common = max(rates, key=lambda rate: (rates[rate], rate))
    notes = [_note_on_rates(headers, common)]
    stereo = sum(header.channels > 1 for header in headers)
    if stereo:
        sounds_of = "sound" if stereo == 1 else "sounds"
        notes.append(f"The channels of {stereo:,} {sounds_of} were mixed into one.")

    durations = [header.frames / header.rate for header in headers]
    seconds = float(np.median(durations))
    rate = common
    if seconds * common > LONGEST and common > LOWEST_RATE:
        factor = min(common // LOWEST_RATE, ceil(seconds * common / LONGEST))
        rate = round(common / max(1, factor))
        if rate < common:
            notes.append(
                f"The sounds are long: they were brought from {common:,} to {rate:,} samples a "
                f"second, so tones above {rate // 2:,} Hz are lost."
            )

    length = int(max(SHORTEST, min(LONGEST, round(seconds * rate))))
    longer = sum(duration * rate > length + 1 for duration in durations)
    shorter = sum(duration * rate < length - 1 for duration in durations)
    for number, comparison, treatment in (
        (longer, "longer", "the middle is used"),
        (shorter, "shorter", "silence is added around"),
    ):
        if number:
            verb = "sound is" if number == 1 else "sounds are"
            duration_text = f"{number_text(length / rate)} seconds"
            notes.append(f"{number:,} {verb} {comparison} than {duration_text}: {treatment}.")

    return SoundShape(rate, length), notes


def _note_on_rates(headers: list[SoundHeader], rate: float, why: str = "") -> str:
    """Returns a sentence on the sounds that have another rate, "" where there are none."""
    others = [header.rate for header in headers if header.rate != rate]
    if not others:
        return ""

    rates = sorted(set(others))
    examples = ", ".join(f"{other:,}" for other in rates[:MOST_RATES])
    if len(rates) > MOST_RATES:
        examples = f"{rates[0]:,} to {rates[-1]:,}"

    verb = "has" if len(others) == 1 else "have"
    return (
        f"{len(others):,} of {len(headers):,} sounds {verb} another rate ({examples}); they were "
        f"brought to {number_text(rate)} samples a second{why}."
    )


def _remarks(headers: Iterable[SoundHeader]) -> list[str]:
    """Returns a sentence for each remark on some of the sounds."""
    counts = Counter(header.remark for header in headers if header.remark)
    return [
        f"{count:,} {sounds.REMARKS[remark][count > 1]}."
        for remark, count in sorted(counts.items())
    ]


def _skipped(file: ClassFile, error: UnreadableSound | OSError) -> Skipped:
    if isinstance(error, UnreadableSound):
        return Skipped(file.name, error.reason)

    return Skipped(file.name, f"it could not be opened ({error.strerror or 'disk error'})")


FORMAT = SoundFolder()
