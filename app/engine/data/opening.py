"""From a source to a Dataset: find the format, list the examples, decode or take from the cache, divide, describe."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.engine.data import formats, splits
from app.engine.data.assembling import Decoded, assemble, listed
from app.engine.data.cache import Cache, key_of
from app.engine.data.catalogue import Catalogue, Check, Format, Progress, Scan, no_check, no_progress, readable
from app.engine.data.dataset import Dataset, Description, Skipped
from app.engine.data.reading import read
from app.engine.data.samples import PREFIX
from app.engine.errors import UserError
from app.engine.experiment import DataSettings
from app.engine.storage import disk_error


def open_dataset(
    data: DataSettings,
    progress: Progress = no_progress,
    check: Check = no_check,
    cache: Cache | None = None,
) -> Dataset:
    """Opens what `data.source` names. `progress(text, done, total)` is told what happens; `check` is called for every
    file and may raise (Stopped) to cancel, which leaves nothing behind.

    Raises UserError when there is nothing to train on; files that cannot be read are listed in the description.
    """
    source, form = _format_of(data.source)
    try:
        progress("Looking for pictures", 0, 0)
        scan = form.scan(source, data, check)
        decoded = _decode(source, form, scan, data, progress, check, cache or Cache())
    except OSError as error:
        raise disk_error(error, Path(error.filename or source)) from error
    progress("Dividing the examples", 0, 0)
    return assemble(data, form.label, decoded)


def settled(data: DataSettings, description: Description) -> DataSettings:
    """The settings with what was left open about size and colour filled in, for the record of a run."""
    preparation = description.preparation
    return data.replace(
        height=preparation.height,
        width=preparation.width,
        colour="grey" if preparation.channels == 1 else "colour",
    )


def same_classes(ours: Description, theirs: Description) -> str:
    """Why data described by `theirs` cannot be used with a network trained on `ours`; "" when the classes are equal."""
    if ours.classes == theirs.classes:
        return ""
    missing = [name for name in ours.classes if name not in theirs.classes]
    added = [name for name in theirs.classes if name not in ours.classes]
    if not missing and not added:
        return "The classes are the same but in another order."
    parts = []
    if missing:
        parts.append(f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    if added:
        parts.append(f"{listed(added)} {'is' if len(added) == 1 else 'are'} new")
    return f"The classes differ from those of the training: {' and '.join(parts)}."


def _format_of(source: str) -> tuple[str, Format]:
    """The source as an absolute path (or as it is, for a sample) and the format that reads it. Raises UserError."""
    if not source.strip():
        raise UserError("No data are chosen.", "Open a folder or file, or a built-in data set.", "data.source")
    if not source.startswith(PREFIX):
        path = Path(source).expanduser().absolute()
        try:
            path.stat()
            if path.is_dir():
                with os.scandir(path) as entries:
                    if next(entries, None) is None:
                        raise UserError(
                            f"The folder '{readable(path)}' is empty.",
                            "Put the pictures of every class in a sub-folder of its own.", "data.source",
                        )
            else:
                path.open("rb").close()
        except (OSError, ValueError) as error:
            failure = disk_error(error, path) if isinstance(error, OSError) else UserError(f"'{source}' is no path.")
            raise UserError(failure.what, failure.remedy, "data.source") from error
        source = str(path)
    form = formats.find(source)
    if form is None:
        raise UserError(
            f"'{readable(source)}' is of a sort that is not read.",
            "Open a folder of pictures, IDX or NPZ files, or a CSV or TSV table of pictures.", "data.source",
        )
    return source, form


def _decode(
    source: str, form: Format, scan: Scan, data: DataSettings, progress: Progress, check: Check, cache: Cache
) -> Decoded:
    """From the cache if nothing changed, else read and kept."""
    manner = [form.kind, os.path.realpath(source), data.height, data.width, data.fit, data.colour, data.target]
    key, lineage = key_of(manner, scan.stamps), key_of(manner)
    if form.cached and (entry := cache.find(key)):
        try:
            return Decoded.from_plain(entry.inputs, entry.about)
        except (KeyError, TypeError, ValueError):
            pass  # written by another version: read again
    catalogue = scan.read()
    _refuse_nothing(source, catalogue.skipped, len(catalogue))
    _refuse_one_class(source, catalogue.classes, catalogue.skipped)
    with cache.workplace() as place:
        reading = read(catalogue, data, place, progress, check)
        skipped = (*catalogue.skipped, *reading.skipped)
        _refuse_nothing(source, skipped, len(reading.rows))
        classes, targets, lost = _remaining(catalogue, reading.rows)
        left_out = "it is left out" if len(lost) == 1 else "they are left out"
        lost_notes = (f"No picture of {listed(lost)} could be read; {left_out}.",) if lost else ()
        _refuse_one_class(source, classes, skipped)
        decoded = Decoded(
            reading.inputs, targets, catalogue.hints[reading.rows], splits.digests(reading.inputs), classes,
            [catalogue.names[row] for row in reading.rows],
            [catalogue.folders[row] for row in reading.rows] if catalogue.folders is not None else None,
            reading.preparation, skipped, (*catalogue.notes, *reading.notes, *lost_notes),
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


def _remaining(catalogue: Catalogue, rows: np.ndarray) -> tuple[tuple[str, ...], np.ndarray, list[str]]:
    """Classes of which something could be read, the targets in their numbers, and the classes that are lost."""
    targets = catalogue.targets[rows]
    present = np.bincount(targets, minlength=len(catalogue.classes)) > 0
    numbers = np.cumsum(present) - 1
    classes = tuple(name for name, here in zip(catalogue.classes, present, strict=True) if here)
    lost = [name for name, here in zip(catalogue.classes, present, strict=True) if not here]
    return classes, numbers[targets], lost


def _refuse_nothing(source: str, skipped: Sequence[Skipped], found: int) -> None:
    if found:
        return
    bad = [item for item in skipped if not item.ignored]
    if not bad:
        raise UserError(
            f"There are no pictures in '{readable(source)}'.",
            "Put the pictures of every class in a sub-folder of its own.", "data.source",
        )
    count = f"None of the {len(bad):,} files" if len(bad) > 1 else "The one file"
    verb = "could be used" if len(bad) > 1 else "could not be used"
    raise UserError(
        f"{count} in '{readable(source)}' {verb}; '{bad[0].path}': {bad[0].reason}.",
        "Choose a folder with a sub-folder of pictures for every class.", "data.source",
    )


def _refuse_one_class(source: str, classes: Sequence[str], skipped: Sequence[Skipped]) -> None:
    if len(classes) > 1:
        return
    bad = sum(not item.ignored for item in skipped)
    more = f" ({bad:,} files or folders could not be used)" if bad else ""
    raise UserError(
        f"'{readable(source)}' holds only one class, '{classes[0]}'{more}; there is nothing to tell apart.",
        "Put the pictures of every class in a sub-folder of its own, at least two.", "data.source",
    )
