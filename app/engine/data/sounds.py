"""Sounds: WAV files read (PCM of 8 to 32 bits, floating point), and signals brought to another rate
or length.

The standard library's `wave` refuses floating point and what recorders write for 24 bits; both are
common.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from app.engine.text import bytes_text, percent_text

if TYPE_CHECKING:
    from pathlib import Path

PCM = 1
FLOAT = 3
EXTENSIBLE = 0xFFFE
OPEN_ENDED = (0, 0x7FFFFFFF, 0xFFFFFFFF)
"""Sizes that programs write which do not know yet how long a recording becomes."""

NAMES = {2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "ADPCM", 0x50: "MPEG", 0x55: "MP3"}
LARGEST = 500_000_000


class NoSound(Exception):
    """A file that is no sound that can be used.

    `reason` is in a person's words, after the file's name.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Heading:
    """What a WAV file says of itself.

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
        """Samples of a channel."""
        return self.size // (self.channels * self.bits // 8)


def read_heading(path: Path) -> Heading:
    """Raises NoSound for what is no WAV, breaks off, or is coded in a way that is not read;
    OSError.
    """
    total = path.stat().st_size
    if total > LARGEST:
        raise NoSound(f"it has {bytes_text(total)}; at most {bytes_text(LARGEST)} are read")

    with path.open("rb") as file:
        start = file.read(12)
        if start[:4] != b"RIFF" or start[8:12] != b"WAVE":
            raise NoSound("it is empty" if not total else "it is no WAV file")

        form: tuple[int, int, int, int] | None = None
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", head)
            if name == b"data":
                begin = file.tell()
                if form is None:
                    raise NoSound("it is damaged (its format is missing)")
                if size > total - begin and size not in OPEN_ENDED:
                    raise NoSound(f"it breaks off after {percent_text((total - begin) / size)}")

                return _checked(
                    Heading(*form, begin, total - begin if size in OPEN_ENDED else size)
                )

            content = file.read(min(size, 64))
            if name == b"fmt ":
                if len(content) < 16:
                    raise NoSound("it is damaged (its format is cut short)")

                coding, channels, rate, _, _, bits = struct.unpack("<HHIIHH", content[:16])
                if coding == EXTENSIBLE and len(content) >= 26:
                    coding = struct.unpack("<H", content[24:26])[0]

                form = coding, channels, rate, bits

            file.seek(size - len(content) + size % 2, 1)

    raise NoSound("it is damaged (it holds no sound)")


def _checked(heading: Heading) -> Heading:
    fits = {PCM: (8, 16, 24, 32), FLOAT: (32, 64)}
    if heading.coding not in fits:
        name = NAMES.get(heading.coding, f"coding {heading.coding}")
        raise NoSound(f"it is compressed ({name}), which is not read; save it as PCM")

    if heading.bits not in fits[heading.coding]:
        raise NoSound(f"samples of {heading.bits} bits are not read; save it with 16 bits")
    if not heading.channels or not heading.rate:
        raise NoSound("it is damaged (no channels or no rate)")
    if not heading.frames:
        raise NoSound("it holds no sound")

    return heading


def read_wave(path: Path, heading: Heading | None = None) -> tuple[np.ndarray, int]:
    """A file's samples (channels, frames) float32, PCM as -1..1, and its rate.

    Raises NoSound and OSError.
    """
    heading = heading or read_heading(path)
    count = heading.frames * heading.channels
    with path.open("rb") as file:
        file.seek(heading.begin)
        content = file.read(count * heading.bits // 8)

    if len(content) < count * heading.bits // 8:
        raise NoSound("it breaks off")

    values = _samples(content, heading).reshape(-1, heading.channels).T
    if not np.isfinite(values).all():
        raise NoSound("it holds values that are no numbers")

    return np.ascontiguousarray(values), heading.rate


def _samples(content: bytes, heading: Heading) -> np.ndarray:
    """(n,) float32."""
    if heading.coding == FLOAT:
        return np.frombuffer(content, f"<f{heading.bits // 8}").astype(np.float32)
    if heading.bits == 8:
        return (np.frombuffer(content, np.uint8).astype(np.float32) - 128) / 128

    if heading.bits == 24:
        parts = np.frombuffer(content, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(parts), 4), np.uint8)
        wide[:, 1:] = parts  # the sample in the upper three bytes: its sign stays

        return (wide.view("<i4").ravel() / 2.0**31).astype(np.float32)

    return (np.frombuffer(content, f"<i{heading.bits // 8}") / 2.0 ** (heading.bits - 1)).astype(
        np.float32
    )


def silent(values: np.ndarray) -> bool:
    """Whether nothing is heard: every channel stays where it is."""
    return bool((np.ptp(values, axis=-1) == 0).all())


def resampled(values: np.ndarray, rate: float, wanted: float) -> np.ndarray:
    """(C, L) at `rate` -> (C, round(L * wanted / rate)) float32 at `wanted`.

    Through the Fourier transform, so what the new rate cannot hold is left out rather than folded
    into other tones. The ends are mirrored first, for the transform takes a signal to go round in a
    circle.
    """
    if rate == wanted:
        return values.astype(np.float32, copy=False)

    ratio = Fraction(wanted / rate).limit_denominator(1_000)
    up = ratio.numerator
    down = ratio.denominator
    length = values.shape[-1]
    margin = (
        ceil(64 * max(1.0, rate / wanted) / down) * down
    )  # multiples of `down`: old samples fall on new ones
    after = margin + -length % down
    wide = np.pad(
        values.astype(np.float64),
        ((0, 0), (margin, after)),
        mode="reflect" if length > 1 else "edge",
    )

    count = wide.shape[-1] // down * up
    spectrum = np.fft.rfft(wide, axis=-1)
    kept = (min(wide.shape[-1], count) + 1) // 2
    narrow = np.zeros((len(values), count // 2 + 1), complex)
    narrow[:, :kept] = spectrum[:, :kept]
    result = np.fft.irfft(narrow, count, axis=-1) * (count / wide.shape[-1])
    first = margin // down * up
    wanted_length = max(1, round(length * up / down))

    return result[:, first : first + wanted_length].astype(np.float32)


def fitted(values: np.ndarray, length: int) -> np.ndarray:
    """(C, any) -> (C, length): the middle of a longer one; a shorter one in the middle, its own
    mean around it.
    """
    surplus = values.shape[-1] - length
    if surplus >= 0:
        return values[:, surplus // 2 : surplus // 2 + length]

    result = np.repeat(
        values.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32), length, axis=1
    )
    first = -surplus // 2
    result[:, first : first + values.shape[-1]] = values

    return result
