"""The base class of formats of pictures: they list pictures, which are decoded or cached here."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data import splits
from app.engine.data.dataset import Skipped
from app.engine.data.digests import block_digests
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.names import readable
from app.engine.data.reading import Reading
from app.engine.errors import UserError
from app.engine.learning.tasks import task
from app.engine.sources.arrays.labels import ArrayLabels, targets_from_array
from app.engine.sources.arrays.reading import chosen_settings
from app.engine.sources.cache import key_of
from app.engine.sources.cache_entry import CacheEntry
from app.engine.sources.decoding.pages import PAGE, with_each_page
from app.engine.sources.format import Check, Format, OpenOptions
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.pictures import PicturePart, decoding_key, trained_pictures
from app.engine.sources.picture_decoding import decode_pictures
from app.engine.sources.stamps import sample_digest
from app.engine.sources.targets import Targets, targets_for_task
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.picture_list import PictureList, ScanResult

DEFAULT_TASK = "classification"


class PictureFormat(Format):
    """A way in which people keep pictures of several classes; it only says where they are."""

    cached = True
    """Whether decoded pictures are kept between starts."""

    def scan_with(self, source: str, data: DataSettings, options: OpenOptions) -> ScanResult:
        """Finds the pictures, for a format that reads them as those of a training were read.

        Raises as `scan`, which is enough for all others.
        """
        return self.scan(source, data, options.check)

    def scan(self, source: str, data: DataSettings, check: Check) -> ScanResult:
        """Finds the pictures. Raises UserError, and whatever `check` raises."""
        raise NotImplementedError

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        options.progress("Looking for pictures", 0, 0)
        scan = self.scan_with(source, data, options)
        decoded = _decode_or_recall(source, self, scan, data, options)

        part = PicturePart(
            decoded.inputs, decoded.preparation, decoded.fingerprints, decoded.stored
        )
        task_kind, targets, notes = _targets(source, decoded, data, options)
        return Examples(
            task_kind,
            (part,),
            targets,
            decoded.predefined_splits,
            decoded.names,
            decoded.groups(data),
            decoded.skipped,
            (*decoded.notes, *notes),
            chosen=chosen_settings(data, decoded.reading),
            reading=decoded.reading,
        )

    def cache_settings(self, data: DataSettings) -> list[Any]:  # noqa: ARG002 - for overrides
        """Returns settings that decide about what is kept between starts, beside the usual ones."""
        return []


def _targets(
    source: str, decoded: DecodedExamples, data: DataSettings, options: OpenOptions
) -> tuple[str, Targets, tuple[str, ...]]:
    """Returns the task, as requested or as the labels suggest, its targets, and notes on them."""
    if decoded.labels is None:
        task_kind = data.task or DEFAULT_TASK
        targets = targets_for_task(task(task_kind), decoded.classes, decoded.targets)
        return task_kind, targets, ()

    trained = options.trained
    names = trained.reading.label_names if trained is not None else ()
    task_kind, targets, notes = targets_from_array(Path(source), data, decoded.labels, names)
    if trained is None and task(task_kind).targets == "classes":
        _refuse_one_class(source, targets.classes, decoded.skipped)

    return task_kind, targets, notes


@dataclasses.dataclass(frozen=True)
class DecodedExamples:
    """Examples as they are kept between starts, before they are divided into splits.

    The fields are those of Examples and PictureList. stored: the entry of the cache that inputs is
    of, None where it was decoded and is in memory. of_pages: whether they are pages of files.
    """

    inputs: np.ndarray
    targets: np.ndarray
    predefined_splits: np.ndarray
    fingerprints: np.ndarray
    classes: tuple[str, ...]
    names: list[str]
    folders: list[str] | None
    preparation: ImagePreparation
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    labels: ArrayLabels | None
    reading: Reading
    stored: CacheEntry | None = None
    of_pages: bool = False

    def groups(self, data: DataSettings) -> list[str] | None:
        """Returns the group of each example, as the settings say; None where there are none.

        Pages of one file always stay together.
        """
        if self.of_pages:
            if data.group == "folder":
                return self.folders

            files = [name.rpartition(PAGE)[0] for name in self.names]
            return splits.groups_by_name(files) if data.group == "name" else files

        if data.group == "none" or self.folders is None:
            return None

        return self.folders if data.group == "folder" else splits.groups_by_name(self.names)

    def to_plain(self) -> dict[str, Any]:
        return {
            "targets": self.targets.tolist(),
            "hints": self.predefined_splits.tolist(),
            "prints": self.fingerprints.tobytes().hex(),
            "classes": list(self.classes),
            "names": self.names,
            "folders": self.folders,
            "preparation": self.preparation.to_plain(),
            "skipped": [dataclasses.asdict(item) for item in self.skipped],
            "notes": list(self.notes),
            "of_pages": self.of_pages,
            "labels": self.labels.to_plain() if self.labels is not None else None,
            "reading": self.reading.to_plain(),
        }

    @classmethod
    def from_entry(cls, entry: CacheEntry) -> DecodedExamples:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
        inputs = entry.inputs
        plain = entry.metadata
        preparation = dict(plain["preparation"])
        preparation.pop("kind", None)
        decoded = cls(
            inputs,
            np.array(plain["targets"], np.int64),
            np.array(plain["hints"], np.int8),
            np.frombuffer(bytes.fromhex(plain["prints"]), np.uint8).reshape(-1, 16),
            tuple(plain["classes"]),
            list(plain["names"]),
            list(plain["folders"]) if plain["folders"] is not None else None,
            ImagePreparation.from_plain(preparation),
            tuple(Skipped(**item) for item in plain["skipped"]),
            tuple(plain["notes"]),
            ArrayLabels.from_plain(plain["labels"]) if plain["labels"] is not None else None,
            Reading.from_plain(plain["reading"]),
            entry,
            bool(plain["of_pages"]),
        )

        lengths = {
            len(inputs),
            len(decoded.targets),
            len(decoded.predefined_splits),
            len(decoded.fingerprints),
            len(decoded.names),
            len(decoded.labels if decoded.labels is not None else inputs),
        }
        if len(lengths) != 1:
            raise ValueError("lengths differ")

        return decoded


def _decode_or_recall(
    source: str,
    source_format: PictureFormat,
    scan: ScanResult,
    data: DataSettings,
    options: OpenOptions,
) -> DecodedExamples:
    """Takes the examples from the cache if nothing changed, else decodes and stores them."""
    cache = options.cache
    settings = [
        source_format.kind,
        os.path.realpath(source),
        data.target,
        *decoding_key(data, trained_pictures(options.reuse_preparation)),
        *source_format.cache_settings(data),
        *scan.settings,
    ]
    paths = [path for path, *_ in scan.stamps]
    key = key_of(settings, scan.stamps, sample_digest(paths, source))
    remarks: list[str] = []

    if source_format.cached and (entry := cache.find(key, remarks.append)):
        try:
            return DecodedExamples.from_entry(entry)
        except (KeyError, TypeError, ValueError):
            pass  # written by another version: read again

    picture_list = scan.read()
    _refuse_nothing(source, picture_list.skipped, len(picture_list))
    if picture_list.labels is None:
        _refuse_one_class(source, picture_list.classes, picture_list.skipped)

    with cache.staging_folder() as folder:
        decoded = _decode(source, picture_list, data, folder, options)
        options.check()

        mapped = isinstance(decoded.inputs, np.memmap)
        blocks = block_digests(decoded.inputs)
        stored = (
            folder is not None
            and (source_format.cached or mapped)
            and cache.store(
                folder, key, decoded.inputs, decoded.to_plain(), key_of(settings), blocks
            )
        )
        known = None if mapped else CacheEntry(decoded.inputs, {}, blocks)
        decoded = dataclasses.replace(decoded, notes=(*decoded.notes, *remarks), stored=known)
        if stored and mapped:
            entry = cache.find_stored(key, decoded.inputs)
            decoded = dataclasses.replace(decoded, inputs=entry.inputs, stored=entry)

        decoded.inputs.flags.writeable = False
        return decoded


def _decode(
    source: str,
    picture_list: PictureList,
    data: DataSettings,
    folder: Path | None,
    options: OpenOptions,
) -> DecodedExamples:
    """Decodes the pictures and leaves out those that cannot be.

    folder: for an array that does not fit into memory. Raises UserError where none is left, or only
    one class.
    """
    trained = trained_pictures(options.reuse_preparation)
    pages = trained.pages if trained is not None else data.pages
    if pages == "each":
        picture_list = with_each_page(picture_list, options.check)

    decoded = decode_pictures(picture_list, data, folder, options.progress, options.check, trained)
    rows = decoded.rows
    skipped = (*picture_list.skipped, *decoded.skipped)
    _refuse_nothing(source, skipped, len(rows))

    labels = picture_list.labels
    classes, targets, lost = _remaining(picture_list, rows)
    notes = [*picture_list.notes, *decoded.notes]
    if lost:
        left_out = "it is left out" if len(lost) == 1 else "they are left out"
        notes.append(f"No picture of {names_text(lost)} could be read; {left_out}.")

    if labels is None:
        _refuse_one_class(source, classes, skipped)

    folders = picture_list.folders
    return DecodedExamples(
        decoded.inputs,
        targets,
        picture_list.predefined_splits[rows],
        decoded.fingerprints(),
        classes,
        [picture_list.names[row] for row in rows],
        [folders[row] for row in rows] if folders is not None else None,
        decoded.preparation,
        skipped,
        tuple(notes),
        labels.take(rows) if labels is not None else None,
        picture_list.reading,
        of_pages=picture_list.pages is not None,
    )


def _remaining(
    picture_list: PictureList, rows: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray, list[str]]:
    """Returns the classes with readable pictures, the targets, and the classes that are lost."""
    targets = picture_list.targets[rows]
    if picture_list.labels is not None:
        return (), targets, []

    present = np.bincount(targets, minlength=len(picture_list.classes)) > 0
    numbers = np.cumsum(present) - 1
    names = list(zip(picture_list.classes, present.tolist(), strict=True))
    classes = tuple(name for name, is_present in names if is_present)
    lost = [name for name, is_present in names if not is_present]

    return classes, numbers[targets], lost


def _refuse_nothing(source: str, skipped: Sequence[Skipped], count: int) -> None:
    """Raises UserError where `count`, the pictures that are left, is 0."""
    if count:
        return

    bad = [item for item in skipped if not item.ignored]
    if not bad:
        raise UserError(
            f"There are no pictures in '{readable(source)}'.",
            "Put the pictures of every class in a sub-folder of its own.",
            "data.source",
        )

    files = f"None of the {len(bad):,} files" if len(bad) > 1 else "The one file"
    verb = "could be used" if len(bad) > 1 else "could not be used"
    raise UserError(
        f"{files} in '{readable(source)}' {verb}; '{bad[0].path}': {bad[0].reason}.",
        "Choose a folder with a sub-folder of pictures for every class.",
        "data.source",
    )


def _refuse_one_class(source: str, classes: Sequence[str], skipped: Sequence[Skipped]) -> None:
    """Raises UserError where there are fewer than two classes."""
    if len(classes) > 1:
        return

    bad = sum(not item.ignored for item in skipped)
    more = f" ({bad:,} others could not be used)" if bad else ""
    raise UserError(
        f"'{readable(source)}' holds only one class, '{classes[0]}'{more}; there is nothing to "
        "tell apart.",
        "Put the pictures of every class in a sub-folder of its own, at least two.",
        "data.source",
    )
