"""Pictures as inputs, decoded already; mean and spread are fitted on the training pictures."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.digests import ArrayDigests
from app.engine.data.fingerprints import fingerprints, fingerprints_of
from app.engine.data.kinds.image.preparation import ImagePreparation, statistics
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.names import readable
from app.engine.data.splits import UNASSIGNED
from app.engine.errors import UserError
from app.engine.sources.cache import key_of
from app.engine.sources.loaded import Part
from app.engine.sources.picture_decoding import DecodedPictures, decode_pictures
from app.engine.sources.picture_list import PictureList
from app.engine.sources.stamps import Stamp, sample_digest, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.data.preparation import Preparation
    from app.engine.data.verification import MappedCopy
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.cache_entry import CacheEntry
    from app.engine.sources.format import OpenOptions


class PicturePart(Part):
    """Pictures that are decoded and not fitted.

    inputs: (N, C, H, W) uint8 or uint16, in memory or mapped. known_fingerprints: (N, 16), where
    they are known. stored: the entry of the cache that inputs is of, None where there is none.
    """

    def __init__(
        self,
        inputs: np.ndarray,
        preparation: ImagePreparation,
        known_fingerprints: np.ndarray | None = None,
        stored: CacheEntry | None = None,
    ) -> None:
        self.inputs = inputs
        self._stored = stored
        self.preparation = preparation
        self._fingerprints = (
            fingerprints(inputs) if known_fingerprints is None else known_fingerprints
        )

    def __len__(self) -> int:
        return len(self.inputs)

    def fit(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        mean, std = statistics(self.inputs, training)
        return self.inputs, dataclasses.replace(self.preparation, mean=mean, std=std)

    def encode(self, preparation: Preparation) -> np.ndarray:
        """Returns the pictures as they are.

        Their size and colours are already those of the settings they were decoded with, see
        `with_trained_size`.
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

    def fingerprints(self) -> np.ndarray:
        return self._fingerprints

    def digests(self, array: np.ndarray) -> ArrayDigests:
        if self._stored is not None and array is self._stored.inputs:
            return ArrayDigests(array.dtype, array.shape, self._stored.blocks)

        return super().digests(array)

    @property
    def mapped_copy(self) -> MappedCopy | None:
        return self._stored.mapped_copy if self._stored is not None else None


def picture_part(
    paths: Sequence[Path | bytes],
    data: DataSettings,
    options: OpenOptions,
    names: Sequence[str] | None = None,
    half: int = 0,
) -> tuple[PicturePart, np.ndarray, tuple[Skipped, ...], tuple[str, ...]]:
    """Decodes the pictures of these files in their order, or takes them from the cache.

    Returns the part, the rows of `paths` that could be read (n,), what could not, and notes. One
    file may stand in several rows; in place of a path there may be its bytes. names: what a file is
    called where it is skipped. half: of pairs, which half these pictures are, so that they get the
    size and colours of that half of `options.reuse_preparation`. Nothing readable is no error here:
    the part is then empty.
    """
    trained = trained_pictures(options.reuse_preparation, half)
    data = with_trained_size(data, options.reuse_preparation, half)
    shown = list(names) if names is not None else [readable(str(path)) for path in paths]
    decoded = _decode_or_recall(paths, shown, data, options, trained)

    return (
        PicturePart(
            decoded.inputs, decoded.preparation, decoded.fingerprints(), stored=decoded.stored
        ),
        decoded.rows,
        decoded.skipped,
        decoded.notes,
    )


def trained_pictures(
    reuse_preparation: Preparation | None, half: int = 0
) -> ImagePreparation | None:
    """Returns how the pictures were prepared that a network was trained on, None without any."""
    trained = (
        reuse_preparation.halves[half]
        if isinstance(reuse_preparation, PairPreparation)
        else reuse_preparation
    )
    return trained if isinstance(trained, ImagePreparation) else None


def with_trained_size(
    data: DataSettings, reuse_preparation: Preparation | None, half: int = 0
) -> DataSettings:
    """Returns the settings with size and colours of the pictures that a network was trained on."""
    trained = trained_pictures(reuse_preparation, half)
    if trained is None:
        return data

    colour = "grey" if trained.channels == 1 else "colour"
    return data.replace(height=trained.height, width=trained.width, fit=trained.fit, colour=colour)


def _decode_or_recall(
    paths: Sequence[Path | bytes],
    names: list[str],
    data: DataSettings,
    options: OpenOptions,
    trained: ImagePreparation | None,
) -> DecodedPictures:
    """Takes the pictures from the cache if no file changed, else decodes and stores them."""
    if data.pages == "each":
        raise UserError(
            "A table has a row for each picture; pages of files cannot be rows of their own there.",
            'Choose "first" or "maximum" as data.pages.',
            "data.pages",
        )

    settings = ["files", *decoding_key(data, trained)]
    stamps = [_stamp(path) for path in paths]
    files = [path for path in paths if not isinstance(path, bytes)]
    key = key_of(settings, names, stamps, sample_digest(files))
    lineage = key_of(settings, [first for first, *_ in stamps[:1]], len(paths))

    remarks: list[str] = []
    if entry := options.cache.find(key, remarks.append):
        try:
            return _from_cache(entry)
        except (KeyError, TypeError, ValueError):
            pass  # written by another version: read again

    total = len(paths)
    picture_list = PictureList(
        (), names, np.zeros(total, np.int64), np.full(total, UNASSIGNED, np.int8), paths=paths
    )
    with options.cache.staging_folder() as folder:
        decoded = decode_pictures(
            picture_list, data, folder, options.progress, options.check, trained
        )
        if not len(decoded.rows):
            return decoded

        mapped = isinstance(decoded.inputs, np.memmap)
        metadata = {
            "rows": decoded.rows.tolist(),
            "preparation": decoded.preparation.to_plain(),
            "notes": list(decoded.notes),
            "skipped": [dataclasses.asdict(item) for item in decoded.skipped],
            "prints": {place: item.hex() for place, item in decoded.of_values.items()},
        }

        stored = folder is not None and options.cache.store(
            folder, key, decoded.inputs, metadata, lineage
        )
        decoded = dataclasses.replace(decoded, notes=(*decoded.notes, *remarks))
        if stored and mapped:
            entry = options.cache.find_stored(key, decoded.inputs)
            return dataclasses.replace(decoded, inputs=entry.inputs, stored=entry)

        return decoded


def decoding_key(data: DataSettings, trained: ImagePreparation | None) -> list[Any]:
    """Returns, for the key of an entry of the cache, by what settings pictures are decoded."""
    kept = (trained.tones, trained.depth, trained.pages) if trained is not None else None
    return [
        data.height,
        data.width,
        data.fit,
        data.colour,
        data.values,
        data.pages,
        repr(kept),
    ]


def _stamp(path: Path | bytes) -> Stamp:
    if isinstance(path, bytes):
        return fingerprints_of([path]).tobytes().hex(), len(path), 0, 0

    try:
        return stamp(path)
    except OSError:
        return str(path), -1, -1, -1  # is listed as skipped when it is read


def _from_cache(entry: CacheEntry) -> DecodedPictures:
    """Raises KeyError, TypeError or ValueError for metadata that are not of this form."""
    inputs = entry.inputs
    metadata = entry.metadata
    preparation = dict(metadata["preparation"])
    preparation.pop("kind", None)

    rows = np.array(metadata["rows"], np.int64)
    if len(rows) != len(inputs):
        raise ValueError("lengths differ")

    return DecodedPictures(
        inputs,
        rows,
        ImagePreparation.from_plain(preparation),
        tuple(Skipped(**item) for item in metadata["skipped"]),
        tuple(metadata["notes"]),
        entry,
        {int(place): bytes.fromhex(item) for place, item in metadata["prints"].items()},
    )
