"""The files of an entry of the cache: written with digests, and compared with them when read.

about.json: a line with the digest of what follows, then JSON: the key of the entry, its lineage,
the shape, the digest of every block of the inputs, and the metadata. inputs.bin: the bytes of the
array. So an entry whose bytes changed, or that holds the files of another, is known as damaged.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import stat
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.digests import BLOCK, SIZE, block_digest, block_digests
from app.engine.data.verification import MappedCopy
from app.engine.files import json_line, open_regular, read_regular

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ABOUT = "about.json"

INPUTS = "inputs.bin"

MOST_ABOUT = 1 << 30
"""Bytes; a million pictures take about 150 MB."""

SAMPLED_BLOCKS = 16
"""So many blocks of a mapped array, drawn anew each time, are compared when it is opened."""


class Damaged(Exception):
    """The entry is not what was stored."""


@dataclass(frozen=True)
class CacheEntry:
    """Decoded pictures and what belongs to them.

    inputs: (N, C, H, W) uint8 or uint16, read-only, in memory or mapped. metadata: plain data.
    blocks: the digests of the blocks of inputs. mapped_copy: of a mapped array, to compare all of
    it.
    """

    inputs: np.ndarray
    metadata: dict[str, Any]
    blocks: tuple[bytes, ...] = field(repr=False)
    mapped_copy: MappedCopy | None = None


def write(
    folder: Path,
    key: str,
    inputs: np.ndarray,
    metadata: dict[str, Any],
    lineage: str,
    blocks: tuple[bytes, ...] | None = None,
) -> bool:
    """Writes the files of an entry; returns False where there is no room. Raises OSError.

    inputs: is written unless it is the map of the folder's own inputs.bin already.
    """
    path = folder / INPUTS
    if isinstance(inputs, np.memmap):
        inputs.flush()
        os.truncate(path, inputs.nbytes)
    else:
        if shutil.disk_usage(folder).free < 2 * inputs.nbytes:
            return False

        inputs = np.ascontiguousarray(inputs)
        _write(path, inputs.reshape(-1).data)

    content = {
        "key": key,
        "lineage": lineage,
        "shape": list(inputs.shape),
        "bits": 8 * inputs.itemsize,
        "blocks": [digest.hex() for digest in blocks or block_digests(inputs)],
        "metadata": metadata,
    }
    text = json_line(content, ascii_only=True)
    _write(folder / ABOUT, block_digest(text).hex().encode() + b"\n" + text)
    return True


def read(
    folder: Path, key: str, fits_memory: Callable[[int], bool], discard: Callable[[], None]
) -> CacheEntry:
    """Returns the entry of a key, compared with its digests.

    fits_memory: says whether so many bytes are read into memory, else they are mapped. discard: is
    called where a mapped array turns out to be damaged later. Raises Damaged, FileNotFoundError
    where there is no entry, or another OSError.
    """
    if not stat.S_ISDIR(os.lstat(folder).st_mode):
        raise Damaged

    about = _about(folder)
    if about.get("key") != key:
        raise Damaged

    shape, dtype, blocks, metadata = _typed(about)
    size = prod(shape) * dtype.itemsize
    path = folder / INPUTS
    try:
        _require_file(path)
        if os.path.getsize(path) != size:
            raise Damaged

        if fits_memory(size):
            inputs = _read_whole(path, blocks).view(dtype).reshape(shape)
            inputs.flags.writeable = False
            return CacheEntry(inputs, metadata, blocks)

        _compare_some(path, blocks)
        inputs = np.memmap(path, dtype, "r", shape=shape)
        return CacheEntry(inputs, metadata, blocks, MappedCopy(inputs, blocks, discard))
    except FileNotFoundError as error:
        raise Damaged from error


def lineage_of(folder: Path) -> str | None:
    """Returns the lineage of an entry, None where there is no good entry. Raises OSError."""
    try:
        lineage = _about(folder).get("lineage")
    except (FileNotFoundError, Damaged):
        return None

    return lineage if isinstance(lineage, str) else None


def _about(folder: Path) -> dict[str, Any]:
    """Returns the content of about.json. Raises Damaged or OSError."""
    _require_file(folder / ABOUT)
    digest, _, text = read_regular(folder / ABOUT, MOST_ABOUT).partition(b"\n")
    if digest != block_digest(text).hex().encode():
        raise Damaged

    try:
        about = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged from error
    if not isinstance(about, dict):
        raise Damaged

    return about


def _typed(
    about: dict[str, Any],
) -> tuple[tuple[int, ...], np.dtype[Any], tuple[bytes, ...], dict[str, Any]]:
    """Returns shape, type, digests and metadata of about.json. Raises Damaged."""
    shape, blocks, metadata = (about.get(name) for name in ("shape", "blocks", "metadata"))
    if not (isinstance(shape, list) and isinstance(blocks, list) and isinstance(metadata, dict)):
        raise Damaged
    if len(shape) != 4 or not all(type(side) is int and side > 0 for side in shape):
        raise Damaged

    bits = about.get("bits")
    if bits not in (8, 16):
        raise Damaged

    dtype = np.dtype(f"u{bits // 8}")
    try:
        digests = tuple(map(bytes.fromhex, blocks))
    except (TypeError, ValueError) as error:
        raise Damaged from error
    if len(digests) != -(-prod(shape) * dtype.itemsize // BLOCK) or any(
        len(digest) != SIZE for digest in digests
    ):
        raise Damaged

    return tuple(shape), dtype, digests, metadata


def _require_file(path: Path) -> None:
    """Raises Damaged for a link or anything else that is no ordinary file, or OSError."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise Damaged


def _read_whole(path: Path, blocks: tuple[bytes, ...]) -> np.ndarray:
    """Returns the bytes of a file, (N,) uint8. Raises Damaged or OSError."""
    content = np.empty(os.path.getsize(path), np.uint8)
    filled = 0
    with open_regular(path) as file:
        assert isinstance(file, io.BufferedReader)  # only these read into what is there already
        while filled < len(content) and (count := file.readinto(content[filled:].data)):
            filled += count

    if filled != len(content) or block_digests(content) != blocks:
        raise Damaged

    return content


def _compare_some(path: Path, blocks: tuple[bytes, ...]) -> None:
    """Raises Damaged where one of some blocks is not what it was, or OSError."""
    numbers = random.sample(range(len(blocks)), min(SAMPLED_BLOCKS, len(blocks)))
    with open_regular(path) as file:
        for number in sorted(numbers):
            file.seek(number * BLOCK)
            if block_digest(file.read(BLOCK)) != blocks[number]:
                raise Damaged


def _write(path: Path, content: bytes | memoryview) -> None:
    """Writes a file and flushes it to the disk. Raises OSError."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
