"""How well a run's training examples fitted their labels: margins of every epoch, and their sums.

    results/margins.npz              of every training example: sums over all epochs, see MarginSums
    epochs/margins-0001-0016.npy     (epochs, n) float16, the margins of each epoch, where kept

The sums are kept of every run whose task has margins. The margins of each epoch are kept where all
of them together stay within `most_bytes`.
"""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from app.engine.foreign import foreign_reader
from app.engine.runs.epoch_records import read_arrays, write_arrays
from app.engine.runs.storage import manifest

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

SUMS = "results/margins.npz"

LEAST_BYTES = 20 * 10**6
SHARE = 0.05
MOST_BYTES = 200 * 10**6
"""What is kept for looking back takes LEAST_BYTES, or SHARE of the data, never MOST_BYTES."""

CHUNK_BYTES = 1 << 20
CHUNK_EPOCHS = 16
"""A file holds the margins of so many epochs, or fewer where these are more bytes."""

LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True, eq=False)
class MarginSums:
    """Of every training example (n,), in the order of the data, over all whole epochs.

    rows: int64, rows of the data set. total: float32, the sum of the margins. epochs: how many.
    forgotten: uint16, how often the answer was right in one epoch and wrong in the next (Toneva et
    al. 2019, arXiv:1812.05159). learned: bool, whether it was right in any. loss: float32, in the
    last epoch. other: float32, what spoke most against the label when the answer was wrong last,
    see learning.margins; NaN where it never was.
    """

    rows: np.ndarray
    total: np.ndarray
    forgotten: np.ndarray
    learned: np.ndarray
    loss: np.ndarray
    other: np.ndarray
    epochs: int

    @property
    def area(self) -> np.ndarray:
        """The area under the margin of each example: the mean over the epochs, (n,) float32."""
        mean: np.ndarray = self.total / np.float32(max(1, self.epochs))
        return mean


def most_bytes(dataset: Dataset) -> int:
    """Returns the bytes that a run may keep on the disk for looking back at its epochs.

    The margins of every epoch come first; what the network looked like has the rest.
    """
    size = sum(array.nbytes for array in dataset.arrays)
    return int(min(MOST_BYTES, max(LEAST_BYTES, SHARE * size)))


def fit(dataset: Dataset, epochs: int) -> bool:
    """Returns whether the margins of so many epochs of a data set are kept one by one."""
    return 2 * len(dataset.indices["training"]) * epochs <= most_bytes(dataset)


def write_sums(folder: Path, sums: MarginSums) -> None:
    """Writes the sums of a run that ends. Raises UserError."""
    arrays = {field.name: np.asarray(getattr(sums, field.name)) for field in fields(sums)}
    write_arrays(folder, SUMS, arrays)


def read_sums(folder: Path) -> MarginSums | None:
    """Returns the sums of a run; None where it kept none, as older ones.

    Raises RunFileError where they are damaged.
    """
    arrays = read_arrays(folder, SUMS)
    if not arrays:
        return None

    try:
        sums = MarginSums(
            arrays["rows"],
            arrays["total"],
            arrays["forgotten"],
            arrays["learned"],
            arrays["loss"],
            arrays["other"],
            int(arrays["epochs"]),
        )
        lengths = {len(values) for name, values in arrays.items() if name != "epochs"}
    except (KeyError, TypeError, ValueError) as error:
        raise manifest.damaged(folder, SUMS, "it holds other arrays") from error
    if len(lengths) != 1:
        raise manifest.damaged(folder, SUMS, "its arrays do not go together")

    return sums


# --- every epoch


def epochs_a_file(examples: int) -> int:
    """Returns how many epochs share a file."""
    return max(1, min(CHUNK_EPOCHS, CHUNK_BYTES // max(1, 2 * examples)))


def chunk_name(epoch: int, examples: int) -> str:
    """Returns the file that holds the margins of an epoch (from 1), in the run's folder."""
    count = epochs_a_file(examples)
    first = (epoch - 1) // count * count + 1
    return f"epochs/margins-{first:04d}-{first + count - 1:04d}.npy"


def write_chunks(folder: Path, chunks: dict[str, np.ndarray]) -> None:
    """Writes the margins of some epochs, (epochs, n) float16 each: all of a file. Raises UserError.

    They are not packed, which would take longer than the epochs of a small network.
    """
    contents = {}
    for name, margins in chunks.items():
        content = io.BytesIO()
        np.lib.format.write_array(content, margins, allow_pickle=False)
        contents[name] = content.getvalue()

    manifest.write_all(folder, contents)


def read_chunk(folder: Path, name: str) -> np.ndarray | None:
    """Returns (epochs, n) float16; None where the file was not written. Raises RunFileError."""
    content = manifest.read(folder, name)
    if content is None:
        return None

    with foreign_reader(lambda text: manifest.damaged(folder, name, text)):
        margins = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    if margins.ndim != 2 or margins.dtype != np.float16:
        raise manifest.damaged(folder, name, "it holds something else than margins")

    return margins


def read_margins(folder: Path, sums: MarginSums) -> np.ndarray | None:
    """Returns the margins of all epochs, (epochs, n) float16; None where they were not kept.

    Raises RunFileError where they are damaged.
    """
    examples = len(sums.rows)
    names = dict.fromkeys(chunk_name(epoch, examples) for epoch in range(1, sums.epochs + 1))
    chunks = [read_chunk(folder, name) for name in names]
    known = [chunk for chunk in chunks if chunk is not None and chunk.shape[1] == examples]
    if len(known) < len(chunks) or not known:
        return None

    margins = np.concatenate(known)[: sums.epochs]
    return margins if len(margins) == sums.epochs else None


def remove_chunks(folder: Path) -> None:
    """Removes the margins of every epoch; a file that cannot be removed stays."""
    with contextlib.suppress(OSError):
        for path in sorted((folder / "epochs").glob("margins-*.npy")):
            if re.fullmatch(r"margins-\d{4,}-\d{4,}\.npy", path.name):
                manifest.remove(folder, f"epochs/{path.name}")
