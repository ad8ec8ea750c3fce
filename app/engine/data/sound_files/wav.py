"""Reads WAV files and their relatives for long recordings, RF64, BW64 and W64.

PCM of 8 to 32 bits and floating point are read here. The standard library's `wave` refuses floating
point and what recorders write for 24 bits; both are common.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from app.engine.data.sound_files.header import (
    LEAST_SHARE,
    LOUDEST,
    SLIPS,
    UNKNOWN_SIZE,
    SoundHeader,
    UnreadableSound,
    require_possible,
)
from app.engine.text import percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator

PCM = 1
FLOAT = 3
EXTENSIBLE = 0xFFFE
"""Codings of samples; of an extensible one the coding stands further behind in the header."""

OTHER_CODINGS = {2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "ADPCM", 0x50: "MPEG", 0x55: "MP3"}

MOST_CHUNKS = 1_000
"""Parts of a file that are passed over in search of its sound."""

RIFF_NAMES = (b"RIFF", b"RF64", b"BW64")
W64_NAME = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"

IN_DS64 = 0xFFFFFFFF
"""The size of a part whose real size, of 64 bits, stands in the part "ds64"."""


@dataclass(frozen=True)
class WavHeader(SoundHeader):
    """The header of a WAV file.

    bits: of a sample. begin, size: of its data, in bytes.
    """

    coding: int = PCM
    bits: int = 16
    begin: int = 0
    size: int = 0

    @property
    def plain(self) -> bool:
        """Whether it is not compressed, so that it is read here."""
        return self.coding in (PCM, FLOAT)


@dataclass(frozen=True)
class _Chunk:
    """A part of the file. size: as it says."""

    name: bytes
    begin: int
    size: int


def is_wav(start: bytes) -> bool:
    """Returns whether a file with these first 16 bytes is a WAV file or a relative of it."""
    return (start[:4] in RIFF_NAMES and start[8:12] == b"WAVE") or start == W64_NAME


def read_wav_header(file: BinaryIO) -> WavHeader:
    """Reads the header of a file that `is_wav`, from its beginning.

    Raises UnreadableSound for what breaks off or cannot be, and OSError.
    """
    total = os.fstat(file.fileno()).st_size
    file.seek(0)
    start = file.read(16)
    chunks = _w64_chunks(file) if start == W64_NAME else _riff_chunks(file)
    announced_file = _announced_file(start, file, total)

    form: tuple[int, int, int, int] | None = None
    long_size = 0
    for _, chunk in zip(range(MOST_CHUNKS), chunks, strict=False):
        if chunk.name == b"data":
            if form is None:
                raise UnreadableSound("it is damaged (its format is missing)")

            size = long_size if long_size and chunk.size == IN_DS64 else chunk.size
            return _header(form, chunk.begin, size, file, announced_file == total)

        if chunk.name == b"ds64":
            content = file.read(16)
            long_size = struct.unpack("<8xQ", content)[0] if len(content) == 16 else 0
        elif chunk.name == b"fmt ":
            form = _read_form(file.read(min(chunk.size, 64)))

    raise UnreadableSound("it is damaged (it holds no sound)")


def read_samples(file: BinaryIO, header: WavHeader) -> np.ndarray:
    """Reads the samples of a plain one as (channels, frames) float32, PCM as -1..1.

    Raises UnreadableSound and OSError.
    """
    needed = header.frames * header.channels * header.bits // 8
    file.seek(header.begin)
    content = file.read(needed)
    if len(content) < needed:
        raise UnreadableSound("it breaks off")

    values = _samples(content, header).reshape(-1, header.channels).T
    if header.coding == FLOAT and not (np.abs(values) <= LOUDEST).all():
        raise UnreadableSound("it holds values that are not numbers")

    return np.ascontiguousarray(values)


# --- parts


def _riff_chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """Yields the parts of a RIFF file; the file stands at the content of each."""
    place = 12
    file.seek(place)
    while len(heading := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", heading)
        yield _Chunk(name, place + 8, size)
        place += 8 + size + size % 2
        file.seek(place)


def _w64_chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """Yields the parts of a W64 file, whose sizes count their headings, in steps of 8 bytes."""
    place = 40
    file.seek(place)
    while len(heading := file.read(24)) == 24:
        name, size = struct.unpack("<4s12xQ", heading)
        if size < 24 or size >= 1 << 62:
            size = 24 if name != b"data" else UNKNOWN_SIZE

        yield _Chunk(name, place + 24, size - 24 if size < UNKNOWN_SIZE else size)
        place += -(-size // 8) * 8
        file.seek(place)


def _announced_file(start: bytes, file: BinaryIO, total: int) -> int:
    """Returns how large the file says that it is, in bytes; an odd size counts as even."""
    if start == W64_NAME:
        file.seek(16)
        heading = file.read(8)
        return struct.unpack("<Q", heading)[0] if len(heading) == 8 else 0

    size = int(struct.unpack("<I", start[4:8])[0]) + 8
    return total if size in (total - 1, total + 1) else size


def _header(
    form: tuple[int, int, int, int], begin: int, announced: int, file: BinaryIO, whole: bool
) -> WavHeader:
    """Returns the header. Raises UnreadableSound where sounds of this form are not read.

    announced: the bytes of sound that the file says. whole: whether the file is as long as it says.
    """
    coding, channels, rate, bits = form
    total = os.fstat(file.fileno()).st_size
    size, remark = _size(announced, total - begin, whole)
    if size == announced and (rest := total - begin - size) and _is_sound(file, begin + size, rest):
        size = total - begin
        remark = "size"

    require_possible(channels, rate)
    frames = _frames(coding, channels, bits, size)
    if not frames:
        raise UnreadableSound("it holds no sound")

    return WavHeader(channels, rate, frames, remark, coding, bits, begin, size)


def _size(announced: int, available: int, whole: bool) -> tuple[int, str]:
    """Returns the bytes of sound in a file and a remark. Raises UnreadableSound if it breaks off.

    whole: whether the file is as long as it says itself, so that nothing of it is lost.
    """
    if announced == 0 or announced >= UNKNOWN_SIZE:
        return available, "size"
    if announced <= available:
        return announced, ""

    least = min(announced * LEAST_SHARE, announced - SLIPS)
    if whole or available >= least > 0:
        return available, "size"

    raise UnreadableSound(f"it breaks off after {percent_text(available / announced)}")


def _is_sound(file: BinaryIO, place: int, rest: int) -> bool:
    """Returns whether what stands behind the announced end is more of the sound.

    Other parts of the file begin with a name; tags and zeros at the end are no sound either.
    """
    if rest <= 2 * SLIPS:
        return False

    file.seek(place)
    content = file.read(1 << 12)
    if not any(content):
        return False

    # A part begins at an even place, where programs keep to that.
    return not any(_is_name(content[first : first + 4]) for first in (0, place % 2))


def _is_name(content: bytes) -> bool:
    return all(32 <= letter < 127 for letter in content) or content[:3] in (b"ID3", b"TAG")


# --- form


def _read_form(content: bytes) -> tuple[int, int, int, int]:
    """Returns coding, channels, rate and bits from a part of the file."""
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


def _frames(coding: int, channels: int, bits: int, size: int) -> int:
    """Returns the samples of a channel. Raises UnreadableSound for samples that are not read.

    Of a compressed one it is about as many; a library knows.
    """
    bits_of_codings = {PCM: (8, 16, 24, 32), FLOAT: (32, 64)}
    if coding not in bits_of_codings:
        if coding not in OTHER_CODINGS:
            raise UnreadableSound(f"it is in coding {coding}, which is not read; save it as PCM")

        return size // channels

    if bits not in bits_of_codings[coding]:
        raise UnreadableSound(f"samples of {bits} bits are not read; save it with 16 bits")

    return size // (channels * bits // 8)


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
