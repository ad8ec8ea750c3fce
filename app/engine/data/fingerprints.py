"""Fingerprints of examples, by which exact copies are found."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

SIZE = 16
"""Bytes of a fingerprint."""


def fingerprint_of(values: np.ndarray) -> bytes:
    """Returns the fingerprint of one array: SIZE bytes."""
    return hashlib.blake2b(np.ascontiguousarray(values).data, digest_size=SIZE).digest()


def fingerprints_of(contents: Iterable[bytes | memoryview]) -> np.ndarray:
    """Returns a fingerprint of each content (BLAKE2b): (N, 16) uint8."""
    joined = b"".join(hashlib.blake2b(content, digest_size=SIZE).digest() for content in contents)
    return np.frombuffer(joined, np.uint8).reshape(-1, SIZE)


def fingerprints(inputs: np.ndarray) -> np.ndarray:
    """Returns a fingerprint of every example of (N, ...): (N, 16) uint8."""
    return fingerprints_of(np.ascontiguousarray(example).data for example in inputs)
