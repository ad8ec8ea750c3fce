"""Where the windows of a long text are kept: in a file of the cache, written as they are cut.

The bytes of an entry: the windows, filled up to a multiple of eight; where each begins in the text;
its fingerprint.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.digests import ArrayDigests
from app.engine.data.fingerprints import SIZE
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.errors import UserError
from app.engine.sources.cache import fits_memory, key_of
from app.engine.sources.cache_entry import INPUTS as FILE
from app.engine.sources.cache_entry import CacheEntry
from app.engine.sources.long_texts.windows import INPUTS, TARGETS, WindowCutter, window_type
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from app.engine.data.verification import MappedCopy
    from app.engine.sources.cache import Cache

SPARE = 256 << 20
"""Bytes of the disk that are left free."""

LOOK_EVERY = 64 << 20
"""After so many bytes it is looked how much of the disk is free."""

DAMAGED = "The stored tokens of the text were damaged; the text was cut into tokens again."


@dataclass(frozen=True, eq=False)
class StoredWindows:
    """All windows of a text.

    windows: (N,) records of `window_type`, in memory or mapped. starts: (N,) int64. fingerprints:
    (N, 16). counts: windows of each part. size: bytes of the text. tokens: how many they are.
    inputs, targets: the digests. copy: what is to be compared while it is learned from.
    """

    windows: np.ndarray
    starts: np.ndarray
    fingerprints: np.ndarray
    counts: tuple[int, ...]
    size: int
    tokens: int
    inputs: ArrayDigests
    targets: ArrayDigests
    preparation: TextPreparation
    encoding: str
    copy: MappedCopy | None = None


def recall(cache: Cache, key: str, remarks: list[str]) -> StoredWindows | None:
    """Returns what was stored by a key; None where there is nothing or it is damaged.

    remarks: gets a sentence for a person where it is damaged.
    """
    entry = cache.find(key, lambda _: remarks.append(DAMAGED))
    try:
        return None if entry is None else _of_entry(entry)
    except (KeyError, TypeError, ValueError):
        return None  # written by another version: cut again


def store(
    cache: Cache | None,
    key: str,
    settings: list[Any],
    preparation: TextPreparation,
    encoding: str,
    parts: Iterable[tuple[int, Iterable[np.ndarray]]],
    finished: Callable[[], None] = lambda: None,
) -> StoredWindows:
    """Cuts the tokens of the parts of a text into windows and keeps them in the cache.

    cache: None to keep them in memory alone. parts: of each, the byte at which it begins and its
    tokens, group by group. finished: is called before they are kept, and may raise. Raises
    UserError where there is no room for them, and whatever the parts raise.
    """
    cutter = WindowCutter(preparation)
    with contextlib.nullcontext() if cache is None else cache.staging_folder() as folder:
        with _Sink(folder) as sink:
            counts = _cut(cutter, parts, sink)

        finished()
        metadata = {
            "preparation": preparation.to_plain(),
            "encoding": encoding,
            "counts": counts,
            "size": cutter.position,
            "tokens": cutter.tokens,
            "inputs": [digest.hex() for digest in cutter.input_digests.digests()],
            "targets": [digest.hex() for digest in cutter.target_digests.digests()],
        }
        content = sink.content()
        if cache is None or folder is None or not len(content):
            return _of_entry(CacheEntry(content, metadata, ()))

        content = content.reshape(1, 1, 1, -1)
        stored = cache.store(folder, key, content, metadata, key_of(settings))
        damage: list[str] = []
        entry = cache.find(key, damage.append) if stored else None
        if damage:
            raise UserError(
                "The disk does not give back the tokens of the text as they were written.",
                "Check the disk that the cache is on.",
                "data.source",
            )

        return _of_entry(entry or CacheEntry(content, metadata, ()))


def _cut(
    cutter: WindowCutter, parts: Iterable[tuple[int, Iterable[np.ndarray]]], sink: _Sink
) -> list[int]:
    """Writes the windows of all parts, and returns how many each has."""
    counts = []
    starts = [np.zeros(0, np.int64)]
    fingerprints = [np.zeros((0, SIZE), np.uint8)]
    for begin, groups in parts:
        cutter.position = begin
        count = 0
        for cut in cutter.cut(groups):
            sink.write(cut.windows)
            starts.append(cut.starts)
            fingerprints.append(cut.fingerprints)
            count += len(cut.windows)

        counts.append(count)

    sink.write(np.zeros(-sink.size % 8, np.uint8))
    sink.write(np.concatenate(starts).astype("<i8"))
    sink.write(np.concatenate(fingerprints))
    return counts


class _Sink:
    """Takes the bytes of an entry: a file in a folder, or memory where there is no folder."""

    def __init__(self, folder: Path | None) -> None:
        self.size = 0
        self._path = None if folder is None else folder / FILE
        self._file = None if self._path is None else self._path.open("wb")
        self._parts: list[np.ndarray] = []
        self._looked = 0

    def __enter__(self) -> _Sink:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if self._file is not None:
                self._file.close()
        except OSError as error:
            if kind is None:
                raise self._no_room() from error

    def write(self, array: np.ndarray) -> None:
        """Raises UserError where there is no room."""
        content = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        self.size += len(content)
        if self._file is None:
            self._parts.append(content)
            if not fits_memory(self.size):
                raise UserError(
                    "The tokens of the text do not fit into memory, and the folder of the cache "
                    "cannot be used.",
                    "Choose a smaller text, or free memory and disk.",
                    "data.source",
                )
            return

        try:
            self._file.write(content.data)
            if self.size - self._looked > LOOK_EVERY:
                self._looked = self.size
                self._require_room()
        except OSError as error:
            raise self._no_room() from error

    def content(self) -> np.ndarray:
        """Returns all bytes that were written: (n,) uint8, mapped where they are in a file."""
        if self._path is None or not self.size:
            return np.concatenate([np.zeros(0, np.uint8), *self._parts])

        return np.memmap(self._path, np.uint8, "r+", shape=(self.size,))

    def _require_room(self) -> None:
        assert self._path is not None
        if shutil.disk_usage(self._path.parent).free < SPARE:
            raise self._no_room()

    def _no_room(self) -> UserError:
        assert self._path is not None
        return UserError(
            f"The disk has no room for the tokens of the text: {bytes_text(self.size)} are "
            f"written so far, to '{self._path.parent.parent}'.",
            "Free some space, or choose a smaller text.",
            "data.source",
        )


def _of_entry(entry: CacheEntry) -> StoredWindows:
    """Raises KeyError, TypeError or ValueError for what is not of this form."""
    plain = entry.metadata
    preparation = TextPreparation.from_plain(plain["preparation"])
    counts = tuple(int(count) for count in plain["counts"])
    count = sum(counts)
    dtype = window_type(preparation)

    content = entry.inputs.reshape(-1)
    begin = count * dtype.itemsize
    begin += -begin % 8
    if len(content) != begin + count * (8 + SIZE):
        raise ValueError("the length does not fit")

    shape = (count, preparation.length)
    return StoredWindows(
        content[: count * dtype.itemsize].view(dtype),
        np.array(content[begin : begin + 8 * count].view("<i8")),
        np.array(content[begin + 8 * count :].reshape(count, SIZE)),
        counts,
        int(plain["size"]),
        int(plain["tokens"]),
        ArrayDigests(INPUTS, shape, tuple(map(bytes.fromhex, plain["inputs"]))),
        ArrayDigests(TARGETS, shape, tuple(map(bytes.fromhex, plain["targets"]))),
        preparation,
        str(plain["encoding"]),
        entry.mapped_copy,
    )
