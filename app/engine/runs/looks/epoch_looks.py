"""What a network looked like after an epoch: looks/0007.npz in the run's folder.

They are for looking back, and small: pictures are shrunk and have 256 tones. No run needs them to
go on, so they are in no manifest; one that is damaged or missing is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from app.engine import files
from app.engine.compute.outputs.values import Picture, PictureKind, Subject
from app.engine.runs.epoch_records import arrays_bytes, arrays_of
from app.engine.runs.storage.manifest import MOST, RunFileError, damaged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = "looks"

FILE = re.compile(r"(\d{4,9})\.npz")

KEPT = re.compile(r"epoch-(\d{4,9})")
"""Names of whole states of epochs among the checkpoints, see kept_epochs."""

TONES = 255

KINDS = get_args(PictureKind)
SUBJECTS = get_args(Subject)

HEADERS = 384
"""Bytes that an array takes in a file besides its numbers, at most."""


@dataclass(frozen=True, eq=False)
class WeightSpread:
    """How the weights of a layer spread. counts: (bins,) from `low` to `high`."""

    counts: np.ndarray
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class EpochLook:
    """The network after one epoch.

    row: of the dataset, the example that went through it. pictures: what came out of each block,
    by its name. dead: (blocks, 2) dead units and all units of each, in the same order. rows: (n,)
    of the dataset, and points: (n, D) float16, what the last block gets of each of these; labels:
    (n,) float32, their classes or amounts, NaN where there are none. weights: by layer.
    """

    epoch: int
    row: int
    pictures: Mapping[str, Picture]
    dead: np.ndarray
    rows: np.ndarray
    points: np.ndarray
    labels: np.ndarray
    weights: dict[str, WeightSpread]


def write_look(folder: Path, look: EpochLook) -> None:
    """Writes a look into the folder of a run, without a wait for the disk. Raises UserError."""
    path = folder / FOLDER / f"{look.epoch:04d}.npz"
    files.write_atomically(path, look_bytes(look), lasting=False)


def look_bytes(look: EpochLook) -> bytes:
    """Returns a look as the content of its file."""
    return arrays_bytes(_arrays(look))


def unpacked_bytes(look: EpochLook) -> int:
    """Returns how many bytes a look takes at most: its arrays before they are packed."""
    return sum(array.nbytes + HEADERS for array in _arrays(look).values())


def _arrays(look: EpochLook) -> dict[str, np.ndarray]:
    pictures = list(look.pictures.values())
    spreads = list(look.weights.values())
    tones = [_tones(picture).ravel() for picture in pictures]
    counts = [spread.counts for spread in spreads]
    return {
        "row": np.array(look.row),
        "blocks": np.array(list(look.pictures), dtype=np.str_),
        "kinds": np.array([KINDS.index(picture.kind) for picture in pictures], np.uint8),
        "subjects": np.array([SUBJECTS.index(each.subject) for each in pictures], np.uint8),
        "totals": np.array([picture.total for picture in pictures], np.int64),
        "shapes": np.array([_three(picture.values.shape) for picture in pictures], np.int32),
        "scales": _pairs([(picture.low, picture.high) for picture in pictures]),
        "tones": np.concatenate(tones) if tones else np.zeros(0, np.uint8),
        "dead": look.dead,
        "rows": look.rows,
        "points": look.points.astype(np.float16),
        "labels": look.labels.astype(np.float32),
        "layers": np.array(list(look.weights), dtype=np.str_),
        "counts": np.stack(counts).astype(np.uint32) if counts else np.zeros((0, 0), np.uint32),
        "edges": _pairs([(spread.low, spread.high) for spread in spreads]),
    }


def looked_at(folder: Path) -> list[int]:
    """Returns the epochs of which a run has a look, ascending."""
    try:
        names = [path.name for path in (folder / FOLDER).iterdir()]
    except OSError:
        return []

    return sorted(int(found[1]) for name in names if (found := FILE.fullmatch(name)))


def kept_states(folder: Path) -> list[int]:
    """Returns the epochs of which a run kept the whole state, ascending."""
    try:
        names = [path.name for path in (folder / "checkpoints").iterdir() if path.is_dir()]
    except OSError:
        return []

    return sorted(int(found[1]) for name in names if (found := KEPT.fullmatch(name)))


def bytes_of(folder: Path) -> int:
    """Returns how many bytes the looks of a run take on the disk."""
    try:
        return sum(path.stat().st_size for path in (folder / FOLDER).iterdir())
    except OSError:
        return 0


def read_look(folder: Path, epoch: int) -> EpochLook | None:
    """Returns the look after an epoch; None where there is none. Raises RunFileError."""
    name = f"{FOLDER}/{epoch:04d}.npz"
    try:
        content = files.read_regular(folder / name, MOST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise damaged(folder, name, error.strerror or str(error)) from error

    arrays = arrays_of(folder, name, content)
    try:
        return EpochLook(
            epoch,
            int(arrays["row"]),
            PackedPictures(arrays),
            arrays["dead"].reshape(len(arrays["blocks"]), 2),
            arrays["rows"],
            arrays["points"].reshape(len(arrays["rows"]), -1),
            arrays["labels"].reshape(len(arrays["rows"])),
            {
                str(layer): WeightSpread(arrays["counts"][at], *arrays["edges"][at].tolist())
                for at, layer in enumerate(arrays["layers"])
            },
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise damaged(folder, name, "it holds other arrays") from error


def read_looks(folder: Path, known: dict[int, EpochLook] | None = None) -> dict[int, EpochLook]:
    """Returns the looks of a run by their epochs; damaged ones are left out.

    known: those that were read before, which are not read again.
    """
    looks = {}
    for epoch in looked_at(folder):
        look = (known or {}).get(epoch)
        if look is None:
            try:
                look = read_look(folder, epoch)
            except RunFileError:
                continue
        if look is not None:
            looks[epoch] = look

    return looks


class PackedPictures(Mapping[str, Picture]):
    """Pictures as they are in the file, a byte for each number; one is unpacked when it is read.

    All of a run's epochs are held at once, and unpacked they would take four times as much.
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        """Raises KeyError, IndexError, TypeError or ValueError where the arrays are others."""
        self._places: dict[str, int] = {
            str(block): place for place, block in enumerate(arrays["blocks"])
        }
        self._kinds = [KINDS[kind] for kind in arrays["kinds"].tolist()]
        self._subjects = [SUBJECTS[subject] for subject in arrays["subjects"].tolist()]
        self._scales = arrays["scales"].tolist()
        self._totals = arrays["totals"].tolist()
        shapes = [tuple(side for side in shape if side) for shape in arrays["shapes"].tolist()]
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
        tones = arrays["tones"]
        self._tones = [
            tones[first:last].reshape(shape)
            for first, last, shape in zip(ends[:-1], ends[1:], shapes, strict=True)
        ]

    def __getitem__(self, block: str) -> Picture:
        place = self._places[block]
        kind = self._kinds[place]
        low, high = self._scales[place]
        values = self._tones[place]
        if kind != "histogram":
            values = low + values * np.float32((high - low) / TONES)

        return Picture(kind, self._subjects[place], values, low, high, self._totals[place])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _tones(picture: Picture) -> np.ndarray:
    """Returns the numbers of a picture as uint8, 0 at its low end; of a histogram 0 at none."""
    low, high = picture.low, picture.high
    if picture.kind == "histogram":
        low, high = 0.0, float(picture.values.max(initial=0))

    span = high - low
    if not span > 0 or not np.isfinite(span):
        return np.zeros(picture.values.shape, np.uint8)

    tones = np.nan_to_num((picture.values - low) * (TONES / span), nan=0.0)
    return np.clip(np.rint(tones), 0, TONES).astype(np.uint8)


def _three(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape, 0, 0)[:3]


def _pairs(pairs: list[tuple[float, float]]) -> np.ndarray:
    return np.array(pairs, np.float32).reshape(len(pairs), 2)
