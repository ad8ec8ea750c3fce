"""A cache of decoded pictures on the disk, kept between starts.

An entry is a folder, whole or not there; the least recently used go when it gets too much. It is
renewed by having another key: the key is made of the stamps and samples of the files, see
stamps.py, and of the settings they are read with.

What is found is compared with the digests that were written with it, in cache_entry.py. An entry
that is not what was stored is removed, never used.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine import files, folders
from app.engine.data.digests import block_digests
from app.engine.errors import UserError
from app.engine.files import json_key
from app.engine.free_memory import free_memory
from app.engine.sources import cache_entry
from app.engine.sources.cache_entry import CacheEntry, Damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

LAYOUT = 5
"""Part of every key: raise it when decoding or the files of an entry change."""

MAX_BYTES = 8 << 30
"""Older entries are removed beyond this."""

MEMORY_SHARE = 0.25
"""Arrays that need more than this share of the free memory stay on the disk and are mapped."""

STALE_SECONDS = 24 * 3600
"""The age from which on what an interrupted writer left is removed."""

STAGING = ".making-"

ENTRY_NAME = re.compile(r"[0-9a-f]{32}")
"""Folders of other names are not the cache's and are left alone."""

DAMAGED = "The stored copy of the decoded pictures was damaged; they were decoded again."


def default_root() -> Path:
    """Returns the folder of the cache, which need not be there."""
    return folders.cache() / "pictures"


def key_of(*parts: Any) -> str:
    """Returns the name of an entry, made of plain data."""
    text = json_key([LAYOUT, *parts])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def fits_memory(size: int) -> bool:
    """Returns whether an array of so many bytes is held in memory."""
    return bool(size <= MEMORY_SHARE * free_memory())


class Cache:
    """A folder of entries.

    Nothing here raises for a folder that cannot be used: then nothing is found or stored. Links in
    it are not followed: such an entry is none.
    """

    def __init__(self, root: Path | None = None, max_bytes: int = MAX_BYTES) -> None:
        self.root = root or default_root()
        self.max_bytes = max_bytes

    def find(self, key: str, tell: Callable[[str], None] | None = None) -> CacheEntry | None:
        """Returns an entry, None if there is none, it cannot be read, or it is damaged.

        A damaged one is removed; one that cannot be read is replaced when it is stored again. tell:
        is given a sentence for a person where it was damaged. Of a mapped array some blocks
        are compared here, and all while it is learned from.
        """
        folder = self.root / key
        try:
            entry = cache_entry.read(folder, key, fits_memory, lambda: remove(folder))
        except OSError:
            return None
        except Damaged:
            remove(folder)
            if tell is not None:
                tell(DAMAGED)
            return None

        with contextlib.suppress(OSError):
            os.utime(folder)

        return entry

    @contextlib.contextmanager
    def staging_folder(self) -> Iterator[Path | None]:
        """Makes a folder for a new entry, removed afterwards unless it was stored.

        None where no folder can be made.
        """
        folder = None
        with contextlib.suppress(OSError):
            self.root.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=self.root))

        try:
            yield folder
        finally:
            if folder is not None:
                remove(folder)

    def store(
        self,
        staging: Path,
        key: str,
        inputs: np.ndarray,
        metadata: dict[str, Any],
        lineage: str,
        blocks: tuple[bytes, ...] | None = None,
    ) -> bool:
        """Makes an entry of the staging folder and returns True, or False where the disk refuses.

        `inputs` is written unless it is the map of the folder's own inputs.bin already. Entries of
        the same lineage, the same files with the same settings, are replaced. blocks: the digests
        of the inputs, where they are known.
        """
        try:
            if not cache_entry.write(staging, key, inputs, metadata, lineage, blocks):
                return False

            self._make_room(inputs.size, lineage)
            target = self.root / key
            remove(target)
            files.rename(staging, target)
        except (OSError, ValueError):  # a disk that refuses, or numbers that JSON does not know
            return False

        return True

    def _make_room(self, size: int, lineage: str) -> None:
        """Makes room for so many bytes.

        Removes what an interrupted writer or remover left, older entries of this lineage, then the
        least recently used. Raises OSError where the folder cannot be listed.
        """
        entries = []
        for folder in self.root.iterdir():
            with contextlib.suppress(OSError):
                status = folder.lstat()
                if is_link(status) or not stat.S_ISDIR(status.st_mode):
                    continue

                stale = time.time() - status.st_mtime > STALE_SECONDS
                if folder.name.startswith(STAGING):
                    if stale:
                        remove(folder)
                    continue
                if not ENTRY_NAME.fullmatch(folder.name):
                    continue

                known = cache_entry.lineage_of(folder)
                if known == lineage or (known is None and stale):
                    remove(folder)
                    continue

                entry_size = sum(file.lstat().st_size for file in folder.iterdir())
                entries.append((status.st_mtime, entry_size, folder))

        total = size + sum(entry_size for _, entry_size, _ in entries)
        for _, entry_size, folder in sorted(entries, key=lambda entry: entry[0]):
            if total <= self.max_bytes:
                break

            remove(folder)
            total -= entry_size

    def find_stored(self, key: str, inputs: np.ndarray) -> CacheEntry:
        """Returns the entry that was stored just now, with `inputs` where it cannot be opened.

        Raises UserError where the disk does not give back what was written.
        """
        damage: list[str] = []
        entry = self.find(key, damage.append)
        if damage:
            raise UserError(
                "The disk does not give back the decoded pictures as they were written.",
                "Check the disk, or choose smaller pictures, which are kept in memory.",
                "data.height",
            )

        return entry or CacheEntry(inputs, {}, block_digests(inputs))


def remove(folder: Path) -> None:
    """Removes an entry or what is in its place; of a link, the link alone. Never raises.

    What says what the entry is goes first, so that half an entry is none.
    """
    with contextlib.suppress(OSError):
        status = folder.lstat()
        if stat.S_ISDIR(status.st_mode) and not is_link(status):
            with contextlib.suppress(OSError):
                (folder / cache_entry.ABOUT).unlink()
            shutil.rmtree(folder, ignore_errors=True)
        else:
            folder.unlink()


def is_link(status: os.stat_result) -> bool:
    """Returns whether a status of `lstat` is that of a link, or of a junction on Windows."""
    reparse_point = getattr(status, "st_file_attributes", 0) & 0x400
    return stat.S_ISLNK(status.st_mode) or bool(reparse_point)
