"""Decoded pictures kept between starts: a folder an entry, whole or not there, the oldest go when
it gets too much.

An entry is renewed by having another key: the key is of the files' names, sizes and times, and of
how they are read.
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

MOST_BYTES = 8 << 30
MEMORY_SHARE = 0.25
"""Of the free memory: arrays larger than this stay on the disk and are mapped."""

STALE = 24 * 3600
"""Seconds after which what an interrupted writer left is removed."""


@dataclass(frozen=True)
class Entry:
    """inputs: (N, C, H, W) uint8, in memory or mapped. about: plain data beside it."""

    inputs: np.ndarray
    about: dict[str, Any]


def default_root() -> Path:
    return folders.cache() / "pictures"


def key_of(*parts: Any) -> str:
    """A name for an entry from plain data."""
    text = json.dumps([LAYOUT, *parts], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def fits_memory(size: int) -> bool:
    """Whether an array of so many bytes is held in memory: at most a share of what is free."""
    return size <= MEMORY_SHARE * psutil.virtual_memory().available


class Cache:
    """A folder of entries.

    Nothing here raises for a folder that cannot be used: then nothing is found or kept.
    """

    def __init__(self, root: Path | None = None, most: int = MOST_BYTES) -> None:
        self.root = root or default_root()
        self.most = most

    def find(self, key: str) -> Entry | None:
        """An entry, or None if there is none or it is damaged (a damaged one is removed)."""
        folder = self.root / key
        try:
            about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
            shape = tuple(about["shape"])

            file = folder / "inputs.bin"
            if file.stat().st_size != int(np.prod(shape, dtype=object)):
                raise ValueError("another size than announced")

            size = file.stat().st_size
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
        return Entry(inputs, about)

    @contextlib.contextmanager
    def workplace(self) -> Iterator[Path | None]:
        """A new folder in which an entry is made; removed unless it was kept.

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

    def keep(
        self, workplace: Path, key: str, inputs: np.ndarray, about: dict[str, Any], lineage: str
    ) -> bool:
        """Makes an entry of the workplace; False where the disk refuses.

        Entries of the same lineage are replaced.

        `inputs` is written unless it is the map of the workplace's own inputs.bin already.
        """
        about = {**about, "shape": list(inputs.shape), "lineage": lineage}
        try:
            if isinstance(inputs, np.memmap):
                inputs.flush()
                os.truncate(workplace / "inputs.bin", inputs.size)
            else:
                if shutil.disk_usage(self.root).free < 2 * inputs.nbytes:
                    return False
                with (workplace / "inputs.bin").open("wb") as file:
                    np.ascontiguousarray(inputs).tofile(file)
                    file.flush()
                    os.fsync(file.fileno())

            with (workplace / "about.json").open("w", encoding="utf-8") as text:
                json.dump(about, text)
                text.flush()
                os.fsync(text.fileno())

            self._make_room(inputs.size, lineage)
            target = self.root / key
            shutil.rmtree(target, ignore_errors=True)
            os.replace(workplace, target)
        except OSError:
            return False

        return True

    def _make_room(self, size: int, lineage: str) -> None:
        """Removes what an interrupted writer left, older entries of this lineage, then the least
        recently used.
        """
        entries = []
        for folder in self.root.iterdir():
            with contextlib.suppress(OSError):
                status = folder.stat()
                if folder.name.startswith(".making-"):
                    if time.time() - status.st_mtime > STALE:
                        shutil.rmtree(folder, ignore_errors=True)
                    continue

                if self._lineage(folder) == lineage:
                    shutil.rmtree(folder, ignore_errors=True)
                    continue

                entries.append(
                    (status.st_mtime, sum(file.stat().st_size for file in folder.iterdir()), folder)
                )

        held = size + sum(entry[1] for entry in entries)
        for _, bytes_held, folder in sorted(entries, key=lambda entry: entry[0]):
            if held <= self.most:
                break

            shutil.rmtree(folder, ignore_errors=True)
            held -= bytes_held

    @staticmethod
    def _lineage(folder: Path) -> str:
        try:
            return str(json.loads((folder / "about.json").read_text(encoding="utf-8"))["lineage"])
        except (OSError, ValueError, KeyError):
            return ""
