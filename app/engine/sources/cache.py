"""A cache of decoded pictures on the disk, kept between starts.

An entry is a folder, whole or not there; the least recently used go when it gets too much. It is
renewed by having another key: the key is made of the files' names, sizes and times, and of the
settings they are read with.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from app.engine import folders

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYOUT = 1
"""Part of every key: raise it when decoding or the files below change."""

MAX_BYTES = 8 << 30
"""Older entries are removed beyond this."""

MEMORY_SHARE = 0.25
"""Arrays that need more than this share of the free memory stay on the disk and are mapped."""

STALE_SECONDS = 24 * 3600
"""The age from which on what an interrupted writer left is removed."""


@dataclass(frozen=True)
class CacheEntry:
    """Decoded pictures and what belongs to them.

    inputs: (N, C, H, W) uint8, in memory or mapped. metadata: plain data.
    """

    inputs: np.ndarray
    metadata: dict[str, Any]


def default_root() -> Path:
    """Returns the folder of the cache, which need not be there."""
    return folders.cache() / "pictures"


def key_of(*parts: Any) -> str:
    """Returns the name of an entry, made of plain data."""
    text = json.dumps([LAYOUT, *parts], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def fits_memory(size: int) -> bool:
    """Returns whether an array of so many bytes is held in memory."""
    return bool(size <= MEMORY_SHARE * psutil.virtual_memory().available)


class Cache:
    """A folder of entries.

    Nothing here raises for a folder that cannot be used: then nothing is found or stored.
    """

    def __init__(self, root: Path | None = None, max_bytes: int = MAX_BYTES) -> None:
        self.root = root or default_root()
        self.max_bytes = max_bytes

    def find(self, key: str) -> CacheEntry | None:
        """Returns an entry, None if there is none or it is damaged (then it is removed)."""
        folder = self.root / key
        try:
            metadata = json.loads((folder / "about.json").read_text(encoding="utf-8"))
            shape = tuple(metadata["shape"])

            file = folder / "inputs.bin"
            size = file.stat().st_size
            if size != int(np.prod(shape, dtype=object)):
                raise ValueError("another size than announced")

            if fits_memory(size):
                inputs = np.fromfile(file, np.uint8).reshape(shape)
            else:
                inputs = np.memmap(file, np.uint8, "r", shape=shape)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            shutil.rmtree(folder, ignore_errors=True)
            return None

        with contextlib.suppress(OSError):
            os.utime(folder)

        inputs.flags.writeable = False
        return CacheEntry(inputs, metadata)

    @contextlib.contextmanager
    def staging_folder(self) -> Iterator[Path | None]:
        """Makes a folder for a new entry, removed afterwards unless it was stored.

        None where no folder can be made.
        """
        folder = None
        with contextlib.suppress(OSError):
            self.root.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=".making-", dir=self.root))

        try:
            yield folder
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def store(
        self, staging: Path, key: str, inputs: np.ndarray, metadata: dict[str, Any], lineage: str
    ) -> bool:
        """Makes an entry of the staging folder and returns True, or False where the disk refuses.

        `inputs` is written unless it is the map of the folder's own inputs.bin already. Entries of
        the same lineage, the same files with the same settings, are replaced.
        """
        metadata = {**metadata, "shape": list(inputs.shape), "lineage": lineage}
        try:
            if isinstance(inputs, np.memmap):
                inputs.flush()
                os.truncate(staging / "inputs.bin", inputs.size)
            else:
                if shutil.disk_usage(self.root).free < 2 * inputs.nbytes:
                    return False

                with (staging / "inputs.bin").open("wb") as file:
                    np.ascontiguousarray(inputs).tofile(file)
                    file.flush()
                    os.fsync(file.fileno())

            with (staging / "about.json").open("w", encoding="utf-8") as text:
                json.dump(metadata, text)
                text.flush()
                os.fsync(text.fileno())

            self._make_room(inputs.size, lineage)
            target = self.root / key
            shutil.rmtree(target, ignore_errors=True)
            os.replace(staging, target)
        except OSError:
            return False

        return True

    def _make_room(self, size: int, lineage: str) -> None:
        """Makes room for so many bytes.

        Removes what an interrupted writer left, older entries of this lineage, then the least
        recently used.
        """
        entries = []
        for folder in self.root.iterdir():
            with contextlib.suppress(OSError):
                status = folder.stat()
                if folder.name.startswith(".making-"):
                    if time.time() - status.st_mtime > STALE_SECONDS:
                        shutil.rmtree(folder, ignore_errors=True)
                    continue

                if self._lineage(folder) == lineage:
                    shutil.rmtree(folder, ignore_errors=True)
                    continue

                entry_size = sum(file.stat().st_size for file in folder.iterdir())
                entries.append((status.st_mtime, entry_size, folder))

        total = size + sum(entry_size for _, entry_size, _ in entries)
        for _, entry_size, folder in sorted(entries, key=lambda entry: entry[0]):
            if total <= self.max_bytes:
                break

            shutil.rmtree(folder, ignore_errors=True)
            total -= entry_size

    @staticmethod
    def _lineage(folder: Path) -> str:
        try:
            return str(json.loads((folder / "about.json").read_text(encoding="utf-8"))["lineage"])
        except (OSError, ValueError, KeyError):
            return ""
