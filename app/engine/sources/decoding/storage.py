"""Arrays for decoded pictures: in memory, or in a file where they do not fit into it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.errors import UserError
from app.engine.sources.cache import fits_memory
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from pathlib import Path


def allocate(shape: tuple[int, ...], dtype: np.dtype[Any], folder: Path | None) -> np.ndarray:
    """Returns an empty array, in a file of the folder where it does not fit into memory."""
    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if not size or fits_memory(size):
        return np.empty(shape, dtype)

    if folder is None:
        raise UserError(
            f"The pictures take {bytes_text(size)}, more than a quarter of the free memory, and "
            "the folder for temporary files cannot be used.",
            "Choose smaller pictures, or free memory and disk.",
            "data.height",
        )

    return _allocate_on_disk(folder / "inputs.bin", shape, dtype)


def _allocate_on_disk(file: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    """Returns an empty array in a file.

    The room is taken at once: a full disk is an error here, not a crash on writing.
    """
    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    try:
        with file.open("wb") as handle:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle.fileno(), 0, size)
            else:
                handle.truncate(size)
    except OSError as error:
        raise UserError(
            f"The disk has no room for {bytes_text(size)} of decoded pictures.",
            "Free some space, or choose smaller pictures.",
            "data.height",
        ) from error

    return np.memmap(file, dtype, "r+", shape=shape)


def one_channel(inputs: np.ndarray) -> np.ndarray:
    """Returns the first channel alone.

    A mapped array is rewritten in the same file, forwards, which never overtakes what is read.
    """
    if not isinstance(inputs, np.memmap):
        return np.ascontiguousarray(inputs[:, :1])

    assert inputs.filename is not None

    shape = (len(inputs), 1, *inputs.shape[2:])
    grey = np.memmap(inputs.filename, inputs.dtype, "r+", shape=shape)
    for row in range(len(inputs)):
        grey[row] = np.array(inputs[row, :1])

    return grey
