"""Arrays of a run: the record of every epoch, and what was predicted for a split."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine import files
from app.engine.foreign import foreign_reader
from app.engine.runs.storage import manifest
from app.engine.runs.storage.manifest import MOST, RunFileError, damaged, missing

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.metrics_lines import EpochLine


@dataclass(frozen=True)
class EpochRecord:
    """The record of one epoch, for scrubbing back.

    rows: (n,) rows of the dataset, the probe set; predictions: (n, ...), as the task stores them.
    confusion: (K, K) counts, true class by row; None where there are no classes.
    """

    rows: np.ndarray
    predictions: np.ndarray
    confusion: np.ndarray | None = None


OLD_ARRAYS = {"said": "predictions"}
"""Names of arrays in files of format version 1, and their names now."""


def write_epoch(folder: Path, epoch: int, record: EpochRecord) -> str:
    """Writes the record of an epoch; returns its SHA-256, for the line of the epoch.

    Raises UserError where it cannot be written.
    """
    arrays = {name: array for name, array in vars(record).items() if array is not None}
    content = arrays_bytes(arrays)
    files.write_atomically(folder / _epoch_file(epoch), content)

    return hashlib.sha256(content).hexdigest()


def read_epoch(folder: Path, epoch: int, sha256: str = "") -> EpochRecord | None:
    """Returns the record of an epoch; None where there is none.

    sha256: what the line of the epoch says; "" in older runs, and where the disk refused it. Raises
    RunFileError where the record is damaged, or missing although it was written.
    """
    name = _epoch_file(epoch)
    try:
        content = files.read_regular(folder / name, MOST)
    except FileNotFoundError:
        if sha256:
            raise missing(folder, name) from None
        return None
    except OSError as error:
        raise damaged(folder, name, error.strerror or str(error)) from error

    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise damaged(folder, name)

    arrays = arrays_of(folder, name, content)
    try:
        record = EpochRecord(**arrays)
    except TypeError as error:
        raise damaged(folder, name, "it holds other arrays") from error

    return record


def read_confusion(folder: Path, line: EpochLine) -> np.ndarray | None:
    """Returns the confusion matrix of an epoch.

    None where there are no classes, and where the record is missing or damaged.
    """
    try:
        record = read_epoch(folder, line["epoch"], line.get("record", ""))
    except RunFileError:
        return None

    return record.confusion if record is not None else None


def _epoch_file(epoch: int) -> str:
    return f"epochs/{epoch:04d}.npz"


def write_arrays(folder: Path, name: str, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays as an .npz file of the run, whole or not at all. Raises UserError."""
    manifest.write(folder, name, arrays_bytes(arrays))


def read_arrays(folder: Path, name: str) -> dict[str, np.ndarray]:
    """Returns the arrays of an .npz file of the run; {} where there is none.

    Raises RunFileError where it is damaged. Unpickles nothing.
    """
    content = manifest.read(folder, name)
    return {} if content is None else arrays_of(folder, name, content)


def arrays_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """Returns arrays as the content of an .npz file: equal arrays give equal bytes.

    np.savez writes the time of day into it.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy")
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())

    return content.getvalue()


def arrays_of(folder: Path, name: str, content: bytes) -> dict[str, np.ndarray]:
    """Returns the arrays of a file's content. Raises RunFileError. Unpickles nothing."""
    with foreign_reader(lambda text: damaged(folder, name, f"its arrays cannot be read ({text})")):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST:
            raise damaged(folder, name, "it announces more than a run writes")

        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return {OLD_ARRAYS.get(key, key): file[key] for key in file.files}
