"""Reads FLAC, Ogg, MP3, AIFF, AU and compressed WAV by libsndfile (soundfile).

Only files that begin like these are handed to it. It reads from memory: what it does to a file that
it opens itself is not ours to guard, and errors of the disk would be lost in it.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.sound_files.header import (
    LARGEST,
    LEAST_SHARE,
    LOUDEST,
    UNKNOWN_SIZE,
    SoundHeader,
    UnreadableSound,
    require_possible,
)
from app.engine.files import open_regular, read_regular
from app.engine.foreign import foreign_reader
from app.engine.free_memory import SMALL, free_memory
from app.engine.text import bytes_text, percent_text

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = 1 << 16
"""Samples of a channel that are read at once: a file may hold fewer or more than it says."""

SAMPLE_BYTES = 20
"""Memory of a sample while it is read."""

OGG_HEADING = 27
OGG_END = 4
"""Bytes of the heading of a page of an Ogg file, and the bit in it that marks the last page."""

COMM_WITHIN = 1 << 16
"""Bytes of an AIFF file in which the part stands that says how long it is."""


def is_known(start: bytes) -> bool:
    """Returns whether a file with these first 16 bytes is of a format that the library reads."""
    return (
        start[:4] in (b"fLaC", b"OggS", b".snd", b"caff")
        or start[:3] == b"ID3"
        or (start[:1] == b"\xff" and start[1:2] >= b"\xe0")  # MP3 without tags
        or (start[:4] == b"FORM" and start[8:12] in (b"AIFF", b"AIFC"))
    )


def read_library_header(path: Path) -> SoundHeader:
    """Reads the header of a sound. Raises UnreadableSound and OSError."""
    content = _content(path)
    with contextlib.closing(_open(content)) as sound:
        frames = int(sound.frames)
        channels = int(sound.channels)
        rate = int(sound.samplerate)

    require_possible(channels, rate)
    if frames >= UNKNOWN_SIZE:  # a stream that was never closed: its end is found by reading it
        frames = read_library_samples(path, 0).shape[1]
        return SoundHeader(channels, rate, frames, "end")
    if not frames:
        raise UnreadableSound("it is cut off or holds no sound")

    return SoundHeader(channels, rate, frames, _remark(content, frames))


def read_library_samples(path: Path, announced: int) -> np.ndarray:
    """Reads the samples as (channels, frames) float32 in -1..1.

    announced: the samples of a channel that the header says, 0 where it says none. Raises
    UnreadableSound and OSError.
    """
    parts: list[np.ndarray] = []
    frames = 0
    with contextlib.closing(_open(_content(path))) as sound:
        while not announced or frames < announced:
            _require_memory(max(announced, frames + BLOCK) * sound.channels * SAMPLE_BYTES)
            part = _read_block(sound, frames, announced)
            if not len(part):
                break

            parts.append(part)
            frames += len(part)

    if frames < max(1, announced * LEAST_SHARE):
        raise _broken(frames, announced)

    values = np.concatenate(parts)
    if not (np.abs(values) <= LOUDEST).all():
        raise UnreadableSound("it holds values that are not numbers")

    return np.ascontiguousarray(values.T)


def _read_block(sound: Any, frames: int, announced: int) -> np.ndarray:
    """Returns the next samples (n, channels), none at the end. frames: that are read already."""
    with foreign_reader(lambda _: _broken(frames, announced)):
        return np.asarray(sound.read(BLOCK, np.float32, always_2d=True))


class _Memory(io.BytesIO):
    """The content of a file. A place before its beginning is its beginning, not an error.

    Libsndfile goes where a damaged file says, and an error in a call from it would be printed.
    """

    def seek(self, offset: int, whence: int = 0, /) -> int:
        try:
            return super().seek(offset, whence)
        except (ValueError, OverflowError):
            return super().seek(0)


def _content(path: Path) -> bytes:
    """Returns the content of a file that is not too large. Raises UnreadableSound and OSError."""
    with open_regular(path) as file:
        _require_memory(2 * os.fstat(file.fileno()).st_size)

    return read_regular(path, LARGEST)


def _open(content: bytes) -> Any:
    """Opens a sound in memory with the library. Raises UnreadableSound."""
    try:
        import soundfile  # noqa: PLC0415 - 20 ms, which only sounds need
    except (ImportError, OSError) as error:  # it is there, but the library under it is not
        raise UnreadableSound("the library that reads it, libsndfile, is missing") from error

    with foreign_reader(lambda _: UnreadableSound("it is cut off or damaged")):
        return soundfile.SoundFile(_Memory(content))


def _broken(frames: int, announced: int) -> UnreadableSound:
    if not frames or not announced:
        return UnreadableSound("it is cut off or damaged")

    return UnreadableSound(f"it breaks off or is damaged after {percent_text(frames / announced)}")


def _require_memory(needed: int) -> None:
    """Raises UnreadableSound where so many bytes are not free."""
    if needed > SMALL and needed > free_memory():
        raise UnreadableSound(f"it needs {bytes_text(needed)} of memory")


# --- what a file announces, where the library does not say when less is there


def _remark(content: bytes, frames: int) -> str:
    """Returns the key of a remark on a sound of so many frames, or "".

    Raises UnreadableSound where far less is there than the file says.
    """
    if content[:4] == b"OggS":
        return "" if _has_last_page(content) else "end"

    share = _share_there(content, frames)
    if share < LEAST_SHARE:
        raise UnreadableSound(f"it breaks off after {percent_text(share)}")

    return "size" if share != 1 else ""


def _share_there(content: bytes, frames: int) -> float:
    """Returns how much is there of what an AIFF or AU file announces, 1 where it says nothing."""
    if content[:4] == b".snd" and len(content) >= 12:
        begin, announced = struct.unpack(">II", content[4:12])
        there = len(content) - begin
    elif content[:4] == b"FORM" and (place := content.find(b"COMM", 12, COMM_WITHIN)) > 0:
        announced = int.from_bytes(content[place + 10 : place + 14], "big")
        there = frames
    else:
        return 1

    unknown = announced == 0 or announced >= UNKNOWN_SIZE
    return LEAST_SHARE if unknown else min(1.0, there / announced)


def _has_last_page(content: bytes) -> bool:
    """Returns whether an Ogg file ends with the page that says that it is the last one."""
    place = content.rfind(b"OggS")
    heading = content[place : place + OGG_HEADING]
    if len(heading) < OGG_HEADING or not heading[5] & OGG_END:
        return False

    first = place + OGG_HEADING
    sizes = content[first : first + heading[26]]
    return len(sizes) == heading[26] and len(content) >= first + len(sizes) + sum(sizes)
