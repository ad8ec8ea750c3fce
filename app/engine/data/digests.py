"""Digests of the arrays that a network learns from, by which damage and changes are found.

An array is hashed in blocks, so that some of it can be compared without reading all of it, and
several cores share the work. BLAKE2b hashes 1.4 GB/s a core; SHA-256 is faster only where the
processor has instructions for it, and three times slower elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCK = 4 << 20
"""Bytes of a block; the last one may be shorter."""

SIZE = 16
"""Bytes of a digest."""

SHARED_BLOCKS = 8
"""Arrays of more blocks are hashed by several threads."""

MOST_THREADS = 4


def block_digest(content: bytes | bytearray | memoryview) -> bytes:
    """Returns the digest of one block."""
    return hashlib.blake2b(content, digest_size=SIZE).digest()


def block_digests(array: np.ndarray) -> tuple[bytes, ...]:
    """Returns the digests of the blocks of an array's bytes, in C order."""
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    blocks = [content[start : start + BLOCK] for start in range(0, len(content), BLOCK)]
    if len(blocks) <= SHARED_BLOCKS:
        return tuple(map(block_digest, blocks))

    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as pool:
        return tuple(pool.map(block_digest, blocks))


class BlockDigests:
    """Digests of the blocks of an array that comes in parts, which need not fit into memory."""

    def __init__(self) -> None:
        self._state = hashlib.blake2b(digest_size=SIZE)
        self._filled = 0
        self._digests: list[bytes] = []

    def update(self, part: np.ndarray) -> None:
        """Adds the bytes of the next part, in C order."""
        content = np.ascontiguousarray(part).reshape(-1).view(np.uint8).data
        while len(content):
            taken = content[: BLOCK - self._filled]
            content = content[len(taken) :]
            self._state.update(taken)
            self._filled += len(taken)
            if self._filled == BLOCK:
                self._digests.append(self._state.digest())
                self._state = hashlib.blake2b(digest_size=SIZE)
                self._filled = 0

    def digests(self) -> tuple[bytes, ...]:
        """Returns the digests, those of `block_digests` of the whole array."""
        last = (self._state.digest(),) if self._filled else ()
        return (*self._digests, *last)


def in_full_width(array: np.ndarray, dtype: np.dtype[Any]) -> Iterator[np.ndarray]:
    """Yields the rows of an array in another type, so many at a time that they take little room."""
    rows = max(1, BLOCK // max(1, array[:1].size * dtype.itemsize))
    for start in range(0, len(array), rows):
        yield np.ascontiguousarray(array[start : start + rows], dtype)


@dataclass(frozen=True)
class ArrayDigests:
    """The form of an array and the digests of its blocks.

    dtype: as which it is digested; it may be stored in fewer bytes.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    blocks: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, array: np.ndarray) -> ArrayDigests:
        """Digests an array as it is stored."""
        return cls(array.dtype, array.shape, block_digests(array))


def dataset_digest(arrays: Iterable[ArrayDigests]) -> str:
    """Returns a digest of all that is learned from, in hex: of the inputs, then of the targets."""
    state = hashlib.blake2b(digest_size=SIZE)
    for array in arrays:
        state.update(f"{array.dtype.str} {array.shape};".encode())
        state.update(b"".join(array.blocks))

    return state.hexdigest()
