"""Arrays of a run: the record of every epoch, and what was predicted for a split.

A record is a file, epochs/0007.npz. Where epochs are many and short, SHARED of them have one file,
epochs/0001-0016.npz, whose arrays have an axis of epochs before the others.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine import files
from app.engine.errors import UserError
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


FILLED = 3
ZEROS = 400
"""Packed, a count that is not zero takes at most FILLED bytes, and so many zeros one byte."""

HEADERS = 1_000
"""Bytes that the file of a record takes besides the numbers, at most."""

OLD_ARRAYS = {"said": "predictions"}
"""Names of arrays in files of format version 1, and their names now."""

SHARED = 16
"""Epochs that share a file, where they do."""


def write_epoch(folder: Path, epoch: int, record: EpochRecord) -> str:
    """Writes the record of an epoch; returns its SHA-256, for the line of the epoch.

    Raises UserError where it cannot be written.
    """
    content = arrays_bytes(_arrays(record))
    files.write_atomically(folder / _epoch_file(epoch), content)

    return hashlib.sha256(content).hexdigest()


def read_epoch(folder: Path, epoch: int, sha256: str = "") -> EpochRecord | None:
    """Returns the record of an epoch; None where there is none.

    sha256: what the line of the epoch says; "" in older runs, and where the disk refused it. Raises
    RunFileError where the record is damaged, or missing although it was written.
    """
    failure: RunFileError | None = None
    for name, is_shared in ((_epoch_file(epoch), False), (shared_file(epoch), True)):
        try:
            content = files.read_regular(folder / name, MOST)
            record = _record_of(folder, name, content, epoch if is_shared else None)
        except FileNotFoundError:
            continue
        except OSError as error:
            failure = failure or damaged(folder, name, error.strerror or str(error))
            continue
        except RunFileError as error:
            failure = failure or error
            continue

        if record is None:
            continue
        if not sha256 or sha256 in (record_sha256(record), hashlib.sha256(content).hexdigest()):
            return record
        failure = failure or damaged(folder, name)

    if failure is not None:
        raise failure
    if sha256:
        shared = any((folder / "epochs").glob("*-*.npz"))
        raise missing(folder, shared_file(epoch) if shared else _epoch_file(epoch))

    return None


def _record_of(folder: Path, name: str, content: bytes, epoch: int | None) -> EpochRecord | None:
    """Returns the record in a file; None where a shared one does not hold it.

    epoch: which one, of a shared file. Raises RunFileError.
    """
    if epoch is not None:
        return shared_records(folder, name, content).get(epoch)

    try:
        return EpochRecord(**arrays_of(folder, name, content))
    except TypeError as error:
        raise damaged(folder, name, "it holds other arrays") from error


def most_bytes(record: EpochRecord) -> int:
    """Returns how many bytes a record takes in its file at most; that of every epoch is the same.

    A confusion matrix of many classes is mostly zeros, and packed.
    """
    size = HEADERS + record.rows.nbytes + record.predictions.nbytes
    if record.confusion is not None:
        filled = min(record.confusion.size, int(record.confusion.sum()))
        size += FILLED * filled + record.confusion.nbytes // ZEROS

    return size


def record_sha256(record: EpochRecord) -> str:
    """Returns the SHA-256 of the arrays of a record, whatever file they are in."""
    digest = hashlib.sha256()
    for name, array in _arrays(record).items():
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())

    return digest.hexdigest()


def _arrays(record: EpochRecord) -> dict[str, np.ndarray]:
    return {name: array for name, array in vars(record).items() if array is not None}


# --- several epochs in a file


def shared_file(epoch: int) -> str:
    """Returns the name of the file that an epoch shares, in the run's folder."""
    first = (epoch - 1) // SHARED * SHARED + 1
    return f"epochs/{first:04d}-{first + SHARED - 1:04d}.npz"


def shared_records(folder: Path, name: str, content: bytes) -> dict[int, EpochRecord]:
    """Returns the records in a shared file by their epochs. Raises RunFileError."""
    arrays = arrays_of(folder, name, content)
    try:
        confusions = arrays.get("confusion")
        return {
            int(epoch): EpochRecord(
                arrays["rows"],
                arrays["predictions"][place],
                None if confusions is None else confusions[place],
            )
            for place, epoch in enumerate(arrays["epochs"])
        }
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise damaged(folder, name, "it holds other arrays") from error


def write_shared(folder: Path, records: dict[int, EpochRecord]) -> None:
    """Writes the records of epochs that share a file, all that it holds. Raises UserError."""
    epochs = sorted(records)
    first = records[epochs[0]]
    arrays = {
        "epochs": np.array(epochs),
        "rows": first.rows,
        "predictions": np.stack([records[epoch].predictions for epoch in epochs]),
    }
    confusions = [records[epoch].confusion for epoch in epochs]
    known = [matrix for matrix in confusions if matrix is not None]
    if known:
        arrays["confusion"] = np.stack(known)

    files.write_atomically(folder / shared_file(epochs[0]), arrays_bytes(arrays))


class SharedRecords:
    """Writes the records of epochs that share files.

    A file is whole at any time: it is written anew with every part of its epochs that is added, so
    two runs of one experiment have the same files in the end, however fast they were.
    """

    def __init__(self, folder: Path) -> None:
        """folder: of the run."""
        self._folder = folder
        self._files: dict[str, dict[int, EpochRecord]] = {}
        """The file of the newest epoch, and those before that are not on the disk."""

        self._unwritten: set[str] = set()

    def add(self, epoch: int, record: EpochRecord) -> str:
        """Takes the record of an epoch; returns its SHA-256, for the line of the epoch."""
        name = shared_file(epoch)
        if name not in self._files:
            self._files[name] = self._before(name, epoch, record)

        self._files[name][epoch] = record
        self._unwritten.add(name)
        return record_sha256(record)

    def write(self) -> None:
        """Writes what is not on the disk yet. Raises UserError: it is written with what follows."""
        for name in sorted(self._unwritten):
            write_shared(self._folder, self._files[name])
            self._unwritten.discard(name)

        newest = max(self._files, key=lambda name: max(self._files[name]), default="")
        self._files = {newest: self._files[newest]} if newest else {}

    def _before(self, name: str, epoch: int, record: EpochRecord) -> dict[int, EpochRecord]:
        """Returns the epochs before this one that are in its file, of a run that goes on."""
        with suppress(OSError, UserError):
            content = files.read_regular(self._folder / name, MOST)
            return {
                number: other
                for number, other in shared_records(self._folder, name, content).items()
                if number < epoch and _match(other, record)
            }

        return {}


def _match(one: EpochRecord, other: EpochRecord) -> bool:
    """Returns whether two records can stand in one file."""
    return (
        np.array_equal(one.rows, other.rows)
        and one.predictions.shape == other.predictions.shape
        and (one.confusion is None) == (other.confusion is None)
    )


def read_confusion(folder: Path, line: EpochLine) -> np.ndarray | None:
    """Returns the confusion matrix of an epoch.

    None where there are no classes, and where the record is missing or damaged.
    """
    try:
        record = read_epoch(folder, line["epoch"], line.get("record", ""))
    except RunFileError:
        return None

    return record.confusion if record is not None else None


def has_record(folder: Path, epoch: int) -> bool:
    """Returns whether there is a file that should hold the record of an epoch."""
    return any((folder / name).exists() for name in (_epoch_file(epoch), shared_file(epoch)))


def _epoch_file(epoch: int) -> str:
    return f"epochs/{epoch:04d}.npz"


# --- arrays as files


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
            arrays = {OLD_ARRAYS.get(key, key): file[key] for key in file.files}

    # What does not begin as an array does comes as bytes.
    if any(not isinstance(array, np.ndarray) for array in arrays.values()):
        raise damaged(folder, name, "it holds something else than arrays")

    return arrays
