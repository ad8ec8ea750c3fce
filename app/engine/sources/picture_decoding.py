"""Pictures of a catalogue, decoded or taken from the cache: how the formats of pictures become
examples.
"""

from __future__ import annotations

import dataclasses
import os
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data import splits
from app.engine.data.dataset import Skipped
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.learning.tasks import task
from app.engine.sources.cache import Cache, key_of
from app.engine.sources.format import Check, Format, OpenOptions, Progress
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.pictures import PicturePart
from app.engine.sources.picture_reading import read
from app.engine.sources.targets import labelled
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.picture_list import PictureList, Scan

USUAL = "classification"


class PictureFormat(Format):
    """A way in which people keep pictures of several classes: it only says where they are."""

    cached = True

    @abstractmethod
    def scan(self, source: str, data: DataSettings, check: Check) -> Scan:
        """Finds the files. Raises UserError, and whatever `check` raises."""

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        options.progress("Looking for pictures", 0, 0)
        decoded = _decode(
            source,
            self,
            self.scan(source, data, options.check),
            data,
            options.progress,
            options.check,
            options.cache,
        )

        kind = data.task or USUAL
        return Examples(
            kind,
            (PicturePart(decoded.inputs, decoded.preparation, decoded.prints),),
            labelled(task(kind), decoded.classes, decoded.targets),
            decoded.hints,
            decoded.names,
            decoded.groups(data),
            decoded.skipped,
            decoded.notes,
        )


@dataclasses.dataclass(frozen=True)
class Decoded:
    """What is read and kept between starts: everything but the division and what follows from it."""

    inputs: np.ndarray
    targets: np.ndarray
    hints: np.ndarray
    prints: np.ndarray
    classes: tuple[str, ...]
    names: list[str]
    folders: list[str] | None
    preparation: ImagePreparation
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]

    def groups(self, data: DataSettings) -> list[str] | None:
        """What is kept together, as asked for."""
        if data.group == "none" or self.folders is None:
            return None

        return self.folders if data.group == "folder" else splits.groups_by_name(self.names)

    def to_plain(self) -> dict[str, Any]:
        return {
            "targets": self.targets.tolist(),
            "hints": self.hints.tolist(),
            "prints": self.prints.tobytes().hex(),
            "classes": list(self.classes),
            "names": self.names,
            "folders": self.folders,
            "preparation": self.preparation.to_plain(),
            "skipped": [dataclasses.asdict(item) for item in self.skipped],
            "notes": list(self.notes),
        }

    @classmethod
    def from_plain(cls, inputs: np.ndarray, description: dict[str, Any]) -> Decoded:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
        preparation = dict(description["preparation"])
        preparation.pop("kind", None)
        decoded = cls(
            inputs,
            np.array(description["targets"], np.int64),
            np.array(description["hints"], np.int8),
            np.frombuffer(bytes.fromhex(description["prints"]), np.uint8).reshape(-1, 16),
            tuple(description["classes"]),
            list(description["names"]),
            list(description["folders"]) if description["folders"] is not None else None,
            ImagePreparation.from_plain(preparation),
            tuple(Skipped(**item) for item in description["skipped"]),
            tuple(description["notes"]),
        )

        lengths = {
            len(inputs),
            len(decoded.targets),
            len(decoded.hints),
            len(decoded.prints),
            len(decoded.names),
        }
        if len(lengths) != 1:
            raise ValueError("lengths differ")

        return decoded


def _decode(
    source: str,
    form: PictureFormat,
    scan: Scan,
    data: DataSettings,
    progress: Progress,
    check: Check,
    cache: Cache,
) -> Decoded:
    """From the cache if nothing changed, else read and kept."""
    manner = [
        form.kind,
        os.path.realpath(source),
        data.height,
        data.width,
        data.fit,
        data.colour,
        data.target,
    ]
    key = key_of(manner, scan.stamps)
    lineage = key_of(manner)

    if form.cached and (entry := cache.find(key)):
        try:
            return Decoded.from_plain(entry.inputs, entry.about)
        except (KeyError, TypeError, ValueError):
            pass  # written by another version: read again

    picture_list = scan.read()
    _refuse_nothing(source, picture_list.skipped, len(picture_list))
    _refuse_one_class(source, picture_list.classes, picture_list.skipped)

    with cache.workplace() as place:
        reading = read(picture_list, data, place, progress, check)
        skipped = (*picture_list.skipped, *reading.skipped)
        _refuse_nothing(source, skipped, len(reading.rows))
        classes, targets, lost = _remaining(picture_list, reading.rows)
        left_out = "it is left out" if len(lost) == 1 else "they are left out"
        lost_notes = (
            (f"No picture of {names_text(lost)} could be read; {left_out}.",) if lost else ()
        )
        _refuse_one_class(source, classes, skipped)
        decoded = Decoded(
            reading.inputs,
            targets,
            picture_list.hints[reading.rows],
            splits.digests(reading.inputs),
            classes,
            [picture_list.names[row] for row in reading.rows],
            [picture_list.folders[row] for row in reading.rows]
            if picture_list.folders is not None
            else None,
            reading.preparation,
            skipped,
            (*picture_list.notes, *reading.notes, *lost_notes),
        )

        check()
        mapped = isinstance(reading.inputs, np.memmap)

        kept = (
            place is not None
            and (form.cached or mapped)
            and cache.keep(place, key, reading.inputs, decoded.to_plain(), lineage)
        )
        if kept and mapped and (entry := cache.find(key)):
            return dataclasses.replace(decoded, inputs=entry.inputs)

        decoded.inputs.flags.writeable = False
        return decoded


def _remaining(
    picture_list: PictureList, rows: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray, list[str]]:
    """Classes of which something could be read, the targets in their numbers, and the classes that
    are lost.
    """
    targets = picture_list.targets[rows]
    present = np.bincount(targets, minlength=len(picture_list.classes)) > 0
    numbers = np.cumsum(present) - 1
    classes = tuple(name for name, here in zip(picture_list.classes, present, strict=True) if here)
    lost = [name for name, here in zip(picture_list.classes, present, strict=True) if not here]

    return classes, numbers[targets], lost


def _refuse_nothing(source: str, skipped: Sequence[Skipped], found: int) -> None:
    if found:
        return

    bad = [item for item in skipped if not item.ignored]
    if not bad:
        raise UserError(
            f"There are no pictures in '{readable(source)}'.",
            "Put the pictures of every class in a sub-folder of its own.",
            "data.source",
        )

    count = f"None of the {len(bad):,} files" if len(bad) > 1 else "The one file"
    verb = "could be used" if len(bad) > 1 else "could not be used"
    raise UserError(
        f"{count} in '{readable(source)}' {verb}; '{bad[0].path}': {bad[0].reason}.",
        "Choose a folder with a sub-folder of pictures for every class.",
        "data.source",
    )


def _refuse_one_class(source: str, classes: Sequence[str], skipped: Sequence[Skipped]) -> None:
    if len(classes) > 1:
        return

    bad = sum(not item.ignored for item in skipped)
    more = f" ({bad:,} files or folders could not be used)" if bad else ""
    raise UserError(
        f"'{readable(source)}' holds only one class, '{classes[0]}'{more}; there is nothing to "
        "tell apart.",
        "Put the pictures of every class in a sub-folder of its own, at least two.",
        "data.source",
    )
