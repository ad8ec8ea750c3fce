"""Tells whether the files of a source changed, without reading them all.

A file's stamp is its path, bytes, time of change and time of its last change of any sort (ctime).
Anybody can set the first time back; nobody can set ctime back on Linux and macOS, so a file whose
bytes were changed, or that was replaced by another, is seen even where bytes and time are the same.
On Windows and FAT ctime is the time of creation: it does no harm. The file's number (inode) is left
out: FAT, exFAT, SMB and FUSE make new numbers at every mount, so everything would be decoded again,
and a replaced file has another ctime anyway. A copy or a backup that is written back is decoded
again once: the price of being sure.

Where ctime says nothing, `sample_digest` still compares bytes: of 32 files, evenly spread, the
beginning, middle and end. It finds what befalls a whole source (another version copied over it
with its times, a drive that returns zeros), not one changed file of thousands. It costs 32 files
however many there are, and the stamps nothing: they are of the walk that lists the files.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.files import open_regular

if TYPE_CHECKING:
    from collections.abc import Sequence

Stamp = tuple[str, int, int, int]
"""Path, bytes, mtime and ctime in nanoseconds; -1 each where the file cannot be asked."""

SAMPLED_FILES = 32

PART = 64 << 10
"""Bytes that are read of the beginning, middle and end of a sampled file."""


def stamp(path: Path) -> Stamp:
    """Returns the stamp of a file. Raises OSError."""
    return stamp_of(str(path), os.stat(path))


def stamp_of(path: str, status: os.stat_result) -> Stamp:
    """Returns the stamp of a file whose status is known."""
    return path, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def sample_digest(paths: Sequence[str | Path], folder: str = "") -> str:
    """Returns a digest of parts of some of these files, in hex; unreadable ones count as such.

    folder: of which paths may be parts.
    """
    state = hashlib.blake2b(digest_size=16)
    count = min(SAMPLED_FILES, len(paths))
    for number in range(count):
        # The first and the last are among them.
        path = Path(folder, paths[number * (len(paths) - 1) // max(1, count - 1)])
        try:
            with open_regular(path) as file:
                size = os.fstat(file.fileno()).st_size
                for start in sorted({0, max(0, (size - PART) // 2), max(0, size - PART)}):
                    file.seek(start)
                    state.update(file.read(PART))
        except OSError:
            state.update(b"unreadable")

        state.update(b";")

    return state.hexdigest()
