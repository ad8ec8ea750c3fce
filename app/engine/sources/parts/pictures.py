"""Pictures: decoded already; only their mean and spread are learned from the training examples."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data import splits
from app.engine.data.dataset import Skipped
from app.engine.data.kinds.image.preparation import ImagePreparation, statistics
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.names import readable
from app.engine.data.splits import FREE
from app.engine.errors import UserError
from app.engine.sources.cache import key_of
from app.engine.sources.loaded import Part
from app.engine.sources.picture_list import PictureList
from app.engine.sources.picture_reading import Reading, read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import OpenOptions


class PicturePart(Part):
    """inputs: (N, C, H, W) uint8, in memory or mapped. prints: (N, 16), where they are known."""

    def __init__(
        self, inputs: np.ndarray, preparation: ImagePreparation, prints: np.ndarray | None = None
    ) -> None:
        self.inputs = inputs
        self.preparation = preparation
        self._prints = splits.digests(inputs) if prints is None else prints

    def __len__(self) -> int:
        return len(self.inputs)

    def settle(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        mean, std = statistics(self.inputs, training)
        return self.inputs, dataclasses.replace(self.preparation, mean=mean, std=std)

    def coded(self, preparation: Preparation) -> np.ndarray:
        """As they are: size and colours are those of the settings they were read with (see
        as_trained).
        """
        if not isinstance(preparation, ImagePreparation):
            raise UserError(
                "The network was not trained on pictures, but these data are.",
                "Choose other data.",
                "data.source",
            )
        if self.inputs.shape[1:] != preparation.inputs[0].shape:
            raise UserError(
                "The pictures are not of the size and colours that the network was trained on.",
                "Choose other data.",
                "data.source",
            )

        return self.inputs

    def digests(self) -> np.ndarray:
        return self._prints


def picture_part(
    paths: Sequence[Path],
    data: DataSettings,
    options: OpenOptions,
    names: Sequence[str] | None = None,
    half: int = 0,
) -> tuple[PicturePart, np.ndarray, tuple[Skipped, ...], tuple[str, ...]]:
    """The pictures of these files, decoded or taken from the cache, in their order: the part, the
    rows of `paths` that could be read (n,), those that could not, and notes. One file may stand
    in several rows.

    names: what a file is called where it is skipped. half: of pairs, which half these pictures are,
    so that they get the size and colours of `options.like`. Nothing readable is no error here: the
    part is then empty.
    """
    data = as_trained(data, options.reuse_preparation, half)
    shown = list(names) if names is not None else [readable(path) for path in paths]
    reading = _kept(paths, shown, data, options)

    return (
        PicturePart(reading.inputs, reading.preparation),
        reading.rows,
        reading.skipped,
        reading.notes,
    )


def as_trained(
    data: DataSettings, reuse_preparation: Preparation | None, half: int = 0
) -> DataSettings:
    """The settings with size and colours of the pictures that a network was trained on."""
    trained = (
        reuse_preparation.halves[half]
        if isinstance(reuse_preparation, PairPreparation)
        else reuse_preparation
    )
    if not isinstance(trained, ImagePreparation):
        return data

    colour = "grey" if trained.channels == 1 else "colour"
    return data.replace(height=trained.height, width=trained.width, fit=trained.fit, colour=colour)


def _kept(
    paths: Sequence[Path], names: list[str], data: DataSettings, options: OpenOptions
) -> Reading:
    """From the cache if no file changed, else read and kept."""
    manner = ["files", data.height, data.width, data.fit, data.colour]
    key = key_of(manner, names, [_stamp(path) for path in paths])
    lineage = key_of(manner, [str(path) for path in paths[:1]], len(paths))

    if entry := options.cache.find(key):
        try:
            return _remembered(entry.inputs, entry.about)
        except (KeyError, TypeError, ValueError):
            pass  # written by another version: read again

    total = len(paths)
    picture_list = PictureList(
        (), names, np.zeros(total, np.int64), np.full(total, FREE, np.int8), paths=paths
    )
    with options.cache.workplace() as place:
        reading = read(picture_list, data, place, options.progress, options.check)
        if not len(reading.rows):
            return reading

        mapped = isinstance(reading.inputs, np.memmap)
        description = {
            "rows": reading.rows.tolist(),
            "preparation": reading.preparation.to_plain(),
            "notes": list(reading.notes),
            "skipped": [dataclasses.asdict(item) for item in reading.skipped],
        }

        kept = place is not None and options.cache.keep(
            place, key, reading.inputs, description, lineage
        )
        if kept and mapped and (entry := options.cache.find(key)):
            return dataclasses.replace(reading, inputs=entry.inputs)

        return reading


def _stamp(path: Path) -> list[object]:
    try:
        status = os.stat(path)
    except OSError:
        return [str(path), -1, -1]  # is said when it is read
    return [str(path), status.st_size, status.st_mtime_ns]


def _remembered(inputs: np.ndarray, description: dict[str, Any]) -> Reading:
    """Raises KeyError, TypeError or ValueError for what is not of this form."""
    plain = dict(description["preparation"])
    plain.pop("kind", None)

    rows = np.array(description["rows"], np.int64)
    if len(rows) != len(inputs):
        raise ValueError("lengths differ")

    skipped = tuple(Skipped(**item) for item in description["skipped"])
    return Reading(
        inputs, rows, ImagePreparation.from_plain(plain), skipped, tuple(description["notes"])
    )
