"""Reads WAV files (PCM of 8 to 32 bits, floating point), and changes rate and length of signals.

The standard library's `wave` refuses floating point and what recorders write for 24 bits; both are
common.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from app.engine.files import open_regular
from app.engine.free_memory import SMALL, free_memory
from app.engine.text import bytes_text, percent_text

if TYPE_CHECKING:
    from pathlib import Path

PCM = 1
FLOAT = 3
EXTENSIBLE = 0xFFFE
"""Codings of samples; of an extensible one the coding stands further behind in the header."""

UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF)
"""Sizes that programs write which do not know yet how long a recording becomes."""

OTHER_CODINGS = {2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "ADPCM", 0x50: "MPEG", 0x55: "MP3"}
RATES = (100, 1_000_000)
"""Hz, from the slowest logger of vibrations to twice what recorders of ultrasound reach.

A file that announces less would become billions of values at the rate of the others.
"""

LOUDEST = 1e30
"""Floating-point samples beyond this are damage: full scale is 1."""

MOST_CHUNKS = 1_000
"""Parts of a file that are passed over in search of its sound."""

SAMPLE_BYTES = 20
"""Memory of a sample while it is read."""

WAVE_BYTES = 32
"""Memory of a sample, before and after, while its rate is changed."""

LARGEST = 500_000_000
"""Bytes of a file above which it is not read."""

MARGIN = 64
"""Samples, at the lower rate, by which a signal is mirrored at both ends to be resampled."""


class UnreadableSound(Exception):
    """A file that cannot be used as a sound. `reason` continues the sentence "FILE: ..."."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class WavHeader:
    """The header of a WAV file.

    rate: samples a second. bits: of a sample. begin, size: of its data, in bytes.
    """

    coding: int
    channels: int
    rate: int
    bits: int
    begin: int
    size: int

    @property
    def frames(self) -> int:
        """How many samples a channel has."""
        return self.size // (self.channels * self.bits // 8)


def read_header(path: Path) -> WavHeader:
    """Reads the header of a WAV file.

    Raises UnreadableSound for what is no WAV, breaks off, or is coded in a way that is not read,
    and OSError.
    """
    with open_regular(path) as file:
        total = os.fstat(file.fileno()).st_size
        if total > LARGEST:
            raise UnreadableSound(
                f"it has {bytes_text(total)}; at most {bytes_text(LARGEST)} are read"
            )

        start = file.read(12)
        if start[:4] != b"RIFF" or start[8:12] != b"WAVE":
            raise UnreadableSound("it is empty" if not total else "it is no WAV file")

        form: tuple[int, int, int, int] | None = None
        for _ in range(MOST_CHUNKS):
            if len(chunk := file.read(8)) < 8:
                break

            name, size = struct.unpack("<4sI", chunk)
            if name == b"data":
                if form is None:
                    raise UnreadableSound("it is damaged (its format is missing)")

                begin = file.tell()
                return _checked(WavHeader(*form, begin, _data_size(size, total - begin)))

            content = file.read(min(size, 64))
            if name == b"fmt ":
                form = _read_form(content)

            file.seek(size - len(content) + size % 2, 1)

    raise UnreadableSound("it is damaged (it holds no sound)")


def _read_form(content: bytes) -> tuple[int, int, int, int]:
    """Returns coding, channels, rate and bits from a chunk of the file."""
    if len(content) < 16:
        raise UnreadableSound("it is damaged (its format is cut short)")

    coding, channels, rate, _, frame, bits = struct.unpack("<HHIIHH", content[:16])
    if coding in (PCM, FLOAT) and frame not in (0, channels * bits // 8):
        raise UnreadableSound(
            f"it is damaged (samples of {bits} bits in frames of {frame:,} bytes)"
        )
    if coding == EXTENSIBLE and len(content) >= 26:
        coding = struct.unpack("<H", content[24:26])[0]

    return coding, channels, rate, bits


def _data_size(announced: int, available: int) -> int:
    """Returns the bytes of sound in a file. Raises UnreadableSound where it breaks off."""
    if announced in UNKNOWN_SIZES:
        return available
    if announced > available:
        raise UnreadableSound(f"it breaks off after {percent_text(available / announced)}")

    return announced


def _checked(header: WavHeader) -> WavHeader:
    """Returns the header. Raises UnreadableSound where sounds of this form are not read."""
    bits_of_codings = {PCM: (8, 16, 24, 32), FLOAT: (32, 64)}
    if header.coding not in bits_of_codings:
        name = OTHER_CODINGS.get(header.coding, f"coding {header.coding}")
        raise UnreadableSound(f"it is compressed ({name}), which is not read; save it as PCM")

    if header.bits not in bits_of_codings[header.coding]:
        raise UnreadableSound(f"samples of {header.bits} bits are not read; save it with 16 bits")
    if not header.channels or not header.rate:
        raise UnreadableSound("it is damaged (no channels or no rate)")
    if not RATES[0] <= header.rate <= RATES[1]:
        raise UnreadableSound(
            f"it announces {header.rate:,} samples a second; {RATES[0]:,} to {RATES[1]:,} are read"
        )
    if not header.frames:
        raise UnreadableSound("it holds no sound")

    return header


def read_wave(path: Path, header: WavHeader | None = None) -> tuple[np.ndarray, int]:
    """Reads the samples of a WAV file (channels, frames) float32, PCM as -1..1, and its rate.

    Raises UnreadableSound and OSError.
    """
    header = header or read_header(path)
    count = header.frames * header.channels
    _require_memory(count * SAMPLE_BYTES)
    with open_regular(path) as file:
        file.seek(header.begin)
        content = file.read(count * header.bits // 8)

    if len(content) < count * header.bits // 8:
        raise UnreadableSound("it breaks off")

    values = _samples(content, header).reshape(-1, header.channels).T
    if header.coding == FLOAT and not (np.abs(values) <= LOUDEST).all():
        raise UnreadableSound("it holds values that are no numbers")

    return np.ascontiguousarray(values), header.rate


def _samples(content: bytes, header: WavHeader) -> np.ndarray:
    """Returns the samples of all channels in turn, (n,) float32."""
    if header.coding == FLOAT:
        with np.errstate(over="ignore"):  # becomes infinite
            return np.frombuffer(content, f"<f{header.bits // 8}").astype(np.float32)
    if header.bits == 8:
        return (np.frombuffer(content, np.uint8).astype(np.float32) - 128) / 128

    if header.bits == 24:
        parts = np.frombuffer(content, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(parts), 4), np.uint8)
        wide[:, 1:] = parts  # the sample in the upper three bytes: its sign stays

        return (wide.view("<i4").ravel() / 2.0**31).astype(np.float32)

    whole = np.frombuffer(content, f"<i{header.bits // 8}")
    return np.asarray(whole / 2.0 ** (header.bits - 1), np.float32)


def is_silent(values: np.ndarray) -> bool:
    """Returns whether nothing is heard: no channel (..., L) ever changes."""
    return bool((np.ptp(values, axis=-1) == 0).all())


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
