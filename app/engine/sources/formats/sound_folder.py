"""A folder with a sub-folder of WAV files for each class; train/, val/, test/ are recognised as
with pictures.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import psutil

from app.engine.data import sounds
from app.engine.data.dataset import Skipped
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.data.sounds import Heading, NoSound
from app.engine.learning.tasks import task
from app.engine.sources.class_folders import (
    Listed,
    Listing,
    holds_mostly,
    list_files,
    lost_classes,
    need_classes,
)
from app.engine.sources.format import Format, OpenOptions, encode_classes, unusable
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.signals import SignalPart
from app.engine.sources.targets import labelled
from app.engine.text import bytes_text, number_text

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings

SUFFIXES = (".wav", ".wave")
USUAL = "classification"
LONGEST = 16_000
"""Values of a signal at most, so that a network can be trained on it: two seconds of speech at 8
kHz.
"""

LOWEST = 8_000
"""Samples a second below which a sound is not brought on its own: speech is still understood at it."""


@dataclass(frozen=True)
class Manner:
    """To what rate, length and channels all sounds are brought."""

    rate: int | float
    length: int
    channels: int = 1


class SoundFolder(Format):
    kind = "sound-folder"
    label = "Folder of sounds"
    order = 81

    def matches(self, source: str) -> bool:
        return holds_mostly(source, SUFFIXES)

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        kind = data.task or USUAL
        options.progress("Looking for sounds", 0, 0)
        listing = list_files(source, SUFFIXES, "sound", options.check)
        skipped = list(listing.skipped)

        headings = {}
        for row, file in enumerate(listing.files):
            options.check()
            try:
                headings[row] = sounds.read_heading(file.path)
            except (NoSound, OSError) as error:
                skipped.append(_skipped(file, error))

        need_classes(
            source, listing, [listing.files[row].label for row in headings], skipped, "sound"
        )
        reuse_preparation = options.reuse_preparation

        manner, notes = _manner(list(headings.values()))
        if isinstance(reuse_preparation, SignalPreparation):
            manner = Manner(
                reuse_preparation.rate or manner.rate,
                reuse_preparation.length,
                reuse_preparation.channels,
            )
            notes = []

        needed = len(headings) * manner.length * manner.channels * 4
        if needed > 0.4 * psutil.virtual_memory().available:
            raise unusable(
                source, f"needs {bytes_text(2 * needed)} of memory", "Choose fewer files."
            )

        rows, values = _read(listing, headings, manner, options, skipped)
        labels = [listing.files[row].label for row in rows]
        need_classes(source, listing, labels, skipped, "sound")

        return Examples(
            kind,
            (SignalPart(values, float(manner.rate)),),
            labelled(task(kind), *encode_classes(labels)),
            np.array([listing.files[row].hint for row in rows], np.int8),
            [listing.files[row].name for row in rows],
            listing.groups(data, rows),
            tuple(skipped),
            (*listing.notes, *notes, *lost_classes(listing, labels)),
        )


def _read(
    listing: Listing,
    headings: dict[int, Heading],
    manner: Manner,
    options: OpenOptions,
    skipped: list[Skipped],
) -> tuple[list[int], np.ndarray]:
    """The rows that could be read, and their signals (n, C, L); the others are added to skipped."""
    values = np.empty((len(headings), manner.channels, manner.length), np.float32)
    rows: list[int] = []
    for place, (row, heading) in enumerate(headings.items()):
        options.check()
        options.progress("Reading sounds", place, len(headings))

        try:
            sound, rate = sounds.read_wave(listing.files[row].path, heading)
            if sounds.silent(sound):
                raise NoSound("it is silent from beginning to end")
            if manner.channels not in (1, len(sound)):
                raise NoSound(f"it has {len(sound)} channels, not {manner.channels}")
        except (NoSound, OSError) as error:
            skipped.append(_skipped(listing.files[row], error))
            continue

        mixed = sound.mean(axis=0, keepdims=True) if manner.channels == 1 else sound
        values[len(rows)] = sounds.fitted(sounds.resampled(mixed, rate, manner.rate), manner.length)
        rows.append(row)

    return rows, values[: len(rows)]


def _manner(headings: list[Heading]) -> tuple[Manner, list[str]]:
    """The most frequent rate and the median length, both lowered where a signal would become too
    long; and what a person should know of it.
    """
    notes = []
    common, count = max(
        Counter(heading.rate for heading in headings).items(), key=lambda item: (item[1], item[0])
    )
    if count < len(headings):
        notes.append(
            f"{len(headings) - count:,} of {len(headings):,} sounds have another rate; they were "
            "brought to "
            f"{common:,} samples a second."
        )

    stereo = sum(heading.channels > 1 for heading in headings)
    if stereo:
        notes.append(
            f"The channels of {stereo:,} {'sound' if stereo == 1 else 'sounds'} were mixed into "
            "one."
        )

    seconds = float(np.median([heading.frames / heading.rate for heading in headings]))
    rate = common
    if seconds * common > LONGEST and common > LOWEST:
        parts = min(common // LOWEST, ceil(seconds * common / LONGEST))
        rate = round(common / max(1, parts))
        if rate < common:
            notes.append(
                f"The sounds are long: they were brought from {common:,} to {rate:,} samples a "
                "second, so "
                f"tones above {rate // 2:,} Hz are lost."
            )

    length = int(max(8, min(LONGEST, round(seconds * rate))))
    longer = sum(heading.frames / heading.rate * rate > length + 1 for heading in headings)

    shorter = sum(heading.frames / heading.rate * rate < length - 1 for heading in headings)
    for number, how, so in (
        (longer, "longer", "the middle is used"),
        (shorter, "shorter", "silence stands around"),
    ):
        if number:
            verb = "sound is" if number == 1 else "sounds are"
            notes.append(
                f"{number:,} {verb} {how} than {number_text(length / rate)} seconds: {so}."
            )

    return Manner(rate, length), notes


def _skipped(file: Listed, error: NoSound | OSError) -> Skipped:
    if isinstance(error, NoSound):
        return Skipped(file.name, error.reason)
    return Skipped(file.name, f"it could not be opened ({error.strerror or 'error of the disk'})")


FORMAT = SoundFolder()
