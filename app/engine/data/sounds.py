"""Reads files of sounds by what they hold, and changes rate and length of signals."""

from __future__ import annotations

import dataclasses
import os
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.sound_files.header import (
    LARGEST,
    RATES,
    REMARKS,
    SoundHeader,
    UnreadableSound,
)
from app.engine.data.sound_files.library import (
    SAMPLE_BYTES,
    is_known,
    read_library_header,
    read_library_samples,
)
from app.engine.data.sound_files.wav import (
    OTHER_CODINGS,
    WavHeader,
    is_wav,
    read_samples,
    read_wav_header,
)
from app.engine.files import open_regular
from app.engine.free_memory import SMALL, free_memory
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RATES", "REMARKS", "SoundHeader", "UnreadableSound"]

SUFFIXES = (
    ".wav",
    ".wave",
    ".flac",
    ".ogg",
    ".oga",
    ".opus",
    ".mp3",
    ".aif",
    ".aiff",
    ".aifc",
    ".au",
    ".snd",
    ".caf",
    ".rf64",
    ".w64",
    ".bwf",
)
FOREIGN = (".m4a", ".aac", ".wma", ".amr", ".ape", ".mka", ".ac3", ".wv")
"""Endings of sounds in formats that are not read, which is worth a word."""

FORMATS = "WAV, FLAC, Ogg, MP3, AIFF or AU"

WAVE_BYTES = 32
"""Memory of a sample, before and after, while its rate is changed."""

CANCELLED = 0.01
"""Channels cancel each other out where their mix has less than this share of their spread."""

MARGIN = 64
"""Samples, at the lower rate, by which a signal is mirrored at both ends to be resampled."""


def read_header(path: Path) -> SoundHeader:
    """Reads the header of a sound, whatever its name says.

    Raises UnreadableSound for what is no sound, breaks off, or is coded in a way that is not read,
    and OSError.
    """
    suffix = path.suffix.lower()
    with open_regular(path) as file:
        total = os.fstat(file.fileno()).st_size
        if total > LARGEST:
            raise UnreadableSound(
                f"it has {bytes_text(total)}; at most {bytes_text(LARGEST)} are read"
            )

        start = file.read(16)
        if not start:
            raise UnreadableSound("it is empty")
        if is_wav(start):
            header = read_wav_header(file)
            return header if header.plain else _compressed_wav(path, header)

    wav = suffix in (".wav", ".wave")
    if is_known(start):
        try:
            return read_library_header(path)
        except UnreadableSound as error:
            if not wav:
                raise
            raise UnreadableSound("it is not a WAV file") from error

    if suffix in FOREIGN:
        raise UnreadableSound(
            f"{suffix[1:].upper()} sounds are not read; save it as WAV, FLAC or Ogg"
        )

    raise UnreadableSound("it is not a WAV file" if wav else f"it is not a {FORMATS} sound")


def _compressed_wav(path: Path, header: WavHeader) -> SoundHeader:
    """Returns the header of a compressed WAV file. Raises UnreadableSound and OSError."""
    try:
        known = read_library_header(path)
    except UnreadableSound as error:
        name = OTHER_CODINGS[header.coding]
        raise UnreadableSound(
            f"it is compressed ({name}) and cannot be read so; save it as PCM"
        ) from error

    return dataclasses.replace(known, remark=header.remark)


def read_wave(path: Path, header: SoundHeader | None = None) -> tuple[np.ndarray, int]:
    """Reads the samples of a sound (channels, frames) float32, PCM as -1..1, and its rate.

    Raises UnreadableSound and OSError.
    """
    header = header or read_header(path)
    if not isinstance(header, WavHeader):
        return read_library_samples(path, header.frames), header.rate

    _require_memory(header.frames * header.channels * SAMPLE_BYTES)
    with open_regular(path) as file:
        return read_samples(file, header), header.rate


def is_silent(values: np.ndarray) -> bool:
    """Returns whether nothing is heard: no channel (..., L) ever changes."""
    return bool((np.ptp(values, axis=-1) == 0).all())


def mixed(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """Returns the channels (C, L) mixed into one (1, L), and whether they cancel each other out.

    Then it is the first channel that varies: of a sound with one channel turned round, hardly
    anything would be left.
    """
    mix = values.mean(axis=0, keepdims=True)
    spread = values.std(axis=-1)
    if len(values) < 2 or mix.std() >= CANCELLED * spread.max():
        return mix, False

    varies = np.ptp(values, axis=-1) > 0
    return values[[int(varies.argmax())]], True


def resample(values: np.ndarray, rate: float, new_rate: float) -> np.ndarray:
    """Returns (C, L) at `rate` as (C, round(L * new_rate / rate)) float32 at `new_rate`.

    Computed with the Fourier transform, so what the new rate cannot hold is left out rather than
    folded into other tones. The ends are mirrored first, because the transform takes a signal to go
    round in a circle. Raises UnreadableSound where it does not fit into memory.
    """
    if rate == new_rate:
        return values.astype(np.float32, copy=False)

    exact = Fraction(new_rate) / Fraction(rate)
    ratio = Fraction(new_rate / rate).limit_denominator(1_000)
    if abs(ratio - exact) > exact / 100:  # where one of them is far lower than the other
        ratio = exact.limit_denominator(ceil(100 / exact))

    up = ratio.numerator
    down = ratio.denominator
    length = values.shape[-1]

    # Multiples of `down`, so that old samples fall on new ones.
    margin = ceil(MARGIN * max(1.0, rate / new_rate) / down) * down
    after = margin + -length % down
    wide_length = margin + length + after
    count = wide_length // down * up
    _require_memory((wide_length + count) * len(values) * WAVE_BYTES)

    wide = np.pad(
        values.astype(np.float64),
        ((0, 0), (margin, after)),
        mode="reflect" if length > 1 else "edge",
    )

    spectrum = np.fft.rfft(wide, axis=-1)
    common = (min(wide.shape[-1], count) + 1) // 2
    new_spectrum = np.zeros((len(values), count // 2 + 1), complex)
    new_spectrum[:, :common] = spectrum[:, :common]
    result = np.fft.irfft(new_spectrum, count, axis=-1) * (count / wide.shape[-1])
    first = margin // down * up
    new_length = max(1, round(length * up / down))

    return np.asarray(result[:, first : first + new_length], np.float32)


def _require_memory(needed: int) -> None:
    """Raises UnreadableSound where so many bytes are not free."""
    if needed > SMALL and needed > free_memory():
        raise UnreadableSound(f"it needs {bytes_text(needed)} of memory")


def crop_or_pad(values: np.ndarray, length: int) -> np.ndarray:
    """Returns a signal (C, any) as (C, length).

    A longer one is cut to its middle; a shorter one gets its own mean on both sides.
    """
    surplus = values.shape[-1] - length
    if surplus >= 0:
        return values[:, surplus // 2 : surplus // 2 + length]

    mean = values.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    result = np.repeat(mean, length, axis=1)
    first = -surplus // 2
    result[:, first : first + values.shape[-1]] = values

    return result
