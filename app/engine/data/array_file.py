"""Reads NPY and NPZ files: what they announce first, then one array at a time.

Nothing that is announced is believed: an array is read where its file holds exactly the bytes that
its header announces, and where memory is free for them.
"""

from __future__ import annotations

import contextlib
import io
import math
import zipfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.foreign import foreign_reader
from app.engine.free_memory import require_memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")
"""How an archive begins; the second one is empty."""

LONGEST_HEADER = 10_000
"""Bytes; NumPy reads no longer ones either, but only after it has had them all in memory."""

TEXT_BYTES = 100
"""Memory of a text beside its letters, as Python keeps it."""


@dataclass(frozen=True)
class StoredArray:
    """An array of a file, known by its header.

    key: its name in the file. size: bytes of its numbers. member: where an archive keeps it, None
    in an NPY file.
    """

    key: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    size: int
    member: zipfile.ZipInfo | None = field(default=None, repr=False)


class ArrayFile:
    """An NPY or NPZ file that is open.

    setting: the setting that names the file, for errors, "" for none.
    """

    def __init__(self, path: Path, file: IO[bytes], setting: str = "") -> None:
        self.path = path
        self._file = file
        self._setting = setting
        self._archive: zipfile.ZipFile | None = None
        with self._guard():
            if file.read(4) in ARCHIVES:
                self._archive = zipfile.ZipFile(file)

    def headers(self) -> Iterator[StoredArray]:
        """Reads the headers of the arrays one after another, without unpacking the arrays.

        Raises UserError where the file is damaged or holds Python objects, and OSError.
        """
        if self._archive is None:
            self._file.seek(0, io.SEEK_END)
            size = self._file.tell()
            self._file.seek(0)
            yield self._header(self.path.stem, self._file, size)
            return

        for member in self._archive.infolist():
            if member.filename.endswith(".npy"):
                key = member.filename.removesuffix(".npy")
                with self._guard(), self._archive.open(member) as file:
                    header = self._header(key, file, member.file_size, member)
                yield header

    def read(self, array: StoredArray) -> np.ndarray:
        """Returns an array whose header was read before.

        Raises UserError where it is damaged or does not fit into memory, and OSError.
        """
        texts = math.prod(array.shape) * TEXT_BYTES if array.dtype.kind in "US" else 0
        require_memory(array.size + texts, self.path, "numbers" if not texts else "texts")

        with self._guard():
            if array.member is None or self._archive is None:
                self._file.seek(0)
                return np.lib.format.read_array(self._file, allow_pickle=False)

            with self._archive.open(array.member) as file:
                return np.lib.format.read_array(file, allow_pickle=False)

    def _header(
        self, key: str, file: IO[bytes], size: int, member: zipfile.ZipInfo | None = None
    ) -> StoredArray:
        """Returns the header of an array in a file of `size` bytes. Raises UserError, OSError."""
        with self._guard():
            shape, dtype, begin = _read_header(file)

        if dtype.hasobject:
            raise UserError(
                f"'{readable(self.path)}' holds Python objects ('{key}'), which are never opened "
                "because they can run code.",
                "Save plain arrays of numbers or texts.",
                self._setting,
            )

        announced = math.prod(shape) * dtype.itemsize
        if announced != size - begin:
            raise UserError(
                f"'{readable(self.path)}' is cut off or damaged: '{key}' announces "
                f"{announced:,} bytes and holds {size - begin:,}.",
                "Save or copy the file again.",
                self._setting,
            )

        return StoredArray(key, shape, dtype, announced, member)

    def _guard(self) -> AbstractContextManager[None]:
        return foreign_reader(lambda _: self._damaged())

    def _damaged(self) -> UserError:
        return UserError(
            f"'{readable(self.path)}' is not an array file (NPY, NPZ), or a damaged one.",
            "Save or copy the file again.",
            self._setting,
        )


@contextlib.contextmanager
def open_arrays(path: Path, setting: str = "") -> Iterator[ArrayFile]:
    """Opens an NPY or NPZ file. Raises UserError where it is damaged, and OSError."""
    with open_regular(path) as file:
        yield ArrayFile(path, file, setting)


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Returns shape and type of the array, and where its numbers begin.

    Raises whatever NumPy raises, ValueError for what it would believe.
    """
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_2_0
    width = 4
    if version == (1, 0):
        read_header = np.lib.format.read_array_header_1_0
        width = 2

    announced = file.read(width)
    length = int.from_bytes(announced, "little")
    if length > LONGEST_HEADER:
        raise ValueError("the header is too long")

    try:
        shape, _, dtype = read_header(io.BytesIO(announced + file.read(length)))
    except MemoryError as error:  # its parser says so of deep nesting
        raise ValueError("the header is too deep") from error

    # Arrays of nothing, a billion of them, have no bytes and would be a billion texts.
    if min(shape, default=0) < 0 or not dtype.itemsize:
        raise ValueError("the shape is impossible")

    return shape, dtype, np.lib.format.MAGIC_LEN + width + length
