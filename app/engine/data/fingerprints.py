"""Fingerprints of examples, by which exact copies are found."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIZE = 16
"""Bytes of a fingerprint."""

MIXING = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
"""By how many bits SplitMix64 shifts, and by what it multiplies then."""

ROWS = 16_384
"""Rows that are hashed at a time: so many stay in the processor's cache."""


def fingerprint_of(values: np.ndarray) -> bytes:
    """Returns the fingerprint of one array: SIZE bytes."""
    return hashlib.blake2b(np.ascontiguousarray(values).data, digest_size=SIZE).digest()


def fingerprints_of(contents: Iterable[bytes | memoryview]) -> np.ndarray:
    """Returns a fingerprint of each content (BLAKE2b): (N, 16) uint8."""
    joined = b"".join(hashlib.blake2b(content, digest_size=SIZE).digest() for content in contents)
    return np.frombuffer(joined, np.uint8).reshape(-1, SIZE)


def fingerprints(inputs: np.ndarray) -> np.ndarray:
    """Returns a fingerprint of every example of (N, ...): (N, 16) uint8."""
    if not inputs.flags.c_contiguous:
        return fingerprints_of(np.ascontiguousarray(example).data for example in inputs)

    size = inputs[:1].nbytes
    content = inputs.reshape(-1).view(np.uint8).data
    return fingerprints_of(
        content[begin : begin + size] for begin in range(0, len(content), max(1, size))
    )


def fingerprints_of_rows(count: int, block_of: Callable[[slice], np.ndarray]) -> np.ndarray:
    """Returns a fingerprint of every row of `count` rows: (count, 16) uint8.

    block_of: returns some of the rows, (n, K) uint64; all of them would take much memory.

    Two lanes of 64 bits, each mixed as SplitMix64 does (Steele, Lea & Flood 2014). It is no
    cryptographic hash, as that of `fingerprints`, and takes a fiftieth of the time for short rows.
    """
    found = np.empty((count, 2), np.uint64)
    for start in range(0, count, ROWS):
        block = block_of(slice(start, start + ROWS))
        spare = np.empty(len(block), np.uint64)
        for lane, seed in enumerate((0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)):
            state = np.full(len(block), seed, np.uint64)
            for column in range(block.shape[1]):
                state ^= block[:, column]
                state += np.uint64(seed)
                for shift, factor in MIXING:
                    np.right_shift(state, shift, out=spare)
                    state ^= spare
                    state *= factor

            found[start : start + ROWS, lane] = state ^ (state >> np.uint64(31))

    return found.view(np.uint8)


def number_equals(fingerprints: np.ndarray) -> np.ndarray:
    """Returns a number for every fingerprint of (N, 16) or (N, 32) uint8, the same for equal ones.

    (N,) int64, from 0 without gaps.
    """
    if not len(fingerprints):
        return np.zeros(0, np.int64)

    words = np.ascontiguousarray(fingerprints).view(np.uint64)  # much quicker to sort than bytes
    first = np.sort(words[:, 0])
    if (first[1:] != first[:-1]).all():  # all differ, as is usual
        return np.arange(len(words))

    order = np.argsort(words[:, 0])
    ordered = words[order]
    if (ordered[1:, 0] == ordered[:-1, 0]).any():  # the other words may differ
        order = np.lexsort(words.T)
        ordered = words[order]
    begins = np.r_[False, (ordered[1:] != ordered[:-1]).any(axis=1)]

    numbers = np.empty(len(words), np.int64)
    numbers[order] = np.cumsum(begins)
    return numbers
