"""From a source to a Dataset: find the format, list the examples, decode or take from the cache, divide, describe."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.data import formats, splits
from app.engine.data.cache import Cache, key_of
from app.engine.data.catalogue import Catalogue, Check, Format, Progress, Scan, natural_key, no_check, no_progress, readable
from app.engine.data.dataset import SPLITS, Dataset, Description, Skipped
from app.engine.data.mirror import survives_mirroring
from app.engine.data.preparation import Preparation, statistics
from app.engine.data.reading import read
from app.engine.data.samples import PREFIX
from app.engine.errors import UserError
from app.engine.experiment import DataSettings
from app.engine.storage import disk_error

LISTED = 2_000
"""At most so many skipped files are named; a note tells how many there are."""


@dataclasses.dataclass(frozen=True)
class _Decoded:
    """What is read and kept between starts: everything but the division and what follows from it."""

    inputs: np.ndarray
    targets: np.ndarray
    hints: np.ndarray
    prints: np.ndarray
    classes: tuple[str, ...]
    names: list[str]
    folders: list[str] | None
    preparation: Preparation
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


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
    return _divided(data, form, decoded)


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
        parts.append(f"{_names(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    if added:
        parts.append(f"{_names(added)} {'is' if len(added) == 1 else 'are'} new")
    return f"The classes differ from those of the training: {' and '.join(parts)}."


def _names(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


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
) -> _Decoded:
    """From the cache if nothing changed, else read and kept."""
    manner = [form.kind, os.path.realpath(source), data.height, data.width, data.fit, data.colour, data.target]
    key, lineage = key_of(manner, scan.stamps), key_of(manner)
    if form.cached and (entry := cache.find(key)):
        try:
            return _from_plain(entry.inputs, entry.about)
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
        if lost:
            lost_note = f"No picture of {_names(lost)} could be read; {'it is' if len(lost) == 1 else 'they are'} left out."
        _refuse_one_class(source, classes, skipped)
        decoded = _Decoded(
            reading.inputs, targets, catalogue.hints[reading.rows], splits.digests(reading.inputs), classes,
            [catalogue.names[row] for row in reading.rows],
            [catalogue.folders[row] for row in reading.rows] if catalogue.folders is not None else None,
            reading.preparation, skipped, (*catalogue.notes, *reading.notes, *((lost_note,) if lost else ())),
        )
        check()
        mapped = isinstance(reading.inputs, np.memmap)
        if place is not None and (form.cached or mapped) and cache.keep(
            place, key, reading.inputs, _to_plain(decoded), lineage
        ):
            if mapped:
                del reading
                kept = cache.find(key)
                if kept is not None:
                    return dataclasses.replace(decoded, inputs=kept.inputs)
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


def _divided(data: DataSettings, form: Format, decoded: _Decoded) -> Dataset:
    notes = list(decoded.notes)
    groups = None
    if data.group != "none":
        if decoded.folders is None:
            notes.append(f"Nothing is kept together: {form.label} have no folders or names of their own.")
        else:
            groups = decoded.folders if data.group == "folder" else splits.groups_by_name(decoded.names)
    units = splits.units_of(decoded.prints, groups)
    division = splits.divide(
        decoded.targets, decoded.hints, units, len(decoded.classes), data.validation_share, data.test_share,
        data.split_seed,
    )
    indices = division.indices()
    counts = {
        name: tuple(int(n) for n in np.bincount(decoded.targets[rows], minlength=len(decoded.classes)))
        for name, rows in indices.items()
    }
    _refuse_empty_splits(data, decoded, counts)
    copies = len(units) - len(np.unique(splits.units_of(decoded.prints, None)))
    if copies:
        notes.append(f"{copies:,} exact {'copy' if copies == 1 else 'copies'} of other pictures: kept in one split.")
    notes += _uneven(decoded.classes, counts)
    mean, std = statistics(decoded.inputs, indices["training"])
    preparation = dataclasses.replace(decoded.preparation, mean=mean, std=std)
    skipped = decoded.skipped
    if len(skipped) > LISTED:
        notes.append(f"{len(skipped):,} files were left out; the first {LISTED:,} are listed.")
        skipped = tuple(sorted(skipped, key=lambda item: item.ignored)[:LISTED])
    training = indices["training"]
    description = Description(
        source=readable(data.source),
        format=form.label,
        shape=(preparation.channels, preparation.height, preparation.width),
        classes=decoded.classes,
        counts=counts,
        fingerprint=_fingerprint(decoded, indices, preparation),
        preparation=preparation,
        skipped=skipped,
        notes=tuple(notes),
        mirror_safe=survives_mirroring(decoded.inputs, decoded.targets, training, len(decoded.classes)),
        split_reason=division.reason,
    )
    return Dataset(description, decoded.inputs, decoded.targets, indices, tuple(decoded.names))


def _refuse_empty_splits(data: DataSettings, decoded: _Decoded, counts: dict[str, tuple[int, ...]]) -> None:
    source = readable(data.source)
    total = len(decoded.targets)
    if not sum(counts["training"]):
        raise UserError(f"'{source}' has no training examples.", "Add a folder 'train', or leave out the splits.",
                        "data.source")
    if not sum(counts["validation"]):
        if data.group != "none":
            raise UserError(
                f"Kept together as asked, the {total:,} examples of '{source}' cannot be divided.",
                "Keep nothing together, or add more groups to every class.", "data.group",
            )
        each = total / len(decoded.classes)
        what = "only one picture" if each < 2 else "only copies of one picture"
        raise UserError(
            f"Every class in '{source}' has {what}, so none is left to judge the training.",
            "Add pictures: at least two different ones for each class, better twenty.", "data.source",
        )


def _uneven(classes: Sequence[str], counts: dict[str, tuple[int, ...]]) -> list[str]:
    """Sentences on classes that are not in a split."""
    notes = []
    for split in SPLITS:
        if not sum(counts[split]):
            continue
        absent = [name for name, count in zip(classes, counts[split], strict=True) if not count]
        if absent:
            verb = "has" if len(absent) == 1 else "have"
            why = "the network cannot learn it" if split == "training" else f"the {split} says nothing about it"
            notes.append(f"{_names(absent)} {verb} no picture in the {split} set: {why}.")
    return notes


def _fingerprint(decoded: _Decoded, indices: dict[str, np.ndarray], preparation: Preparation) -> str:
    """Of content alone, so that a copied or moved dataset is the same dataset."""
    state = hashlib.sha256()
    state.update(np.ascontiguousarray(decoded.prints).tobytes())
    state.update(decoded.targets.astype("<i8").tobytes())
    for name in SPLITS:
        state.update(name.encode() + indices[name].astype("<i8").tobytes())
    state.update("\0".join(decoded.classes).encode("utf-8", "surrogatepass"))
    state.update(repr((preparation.height, preparation.width, preparation.channels, preparation.fit)).encode())
    return state.hexdigest()


def _to_plain(decoded: _Decoded) -> dict[str, Any]:
    return {
        "targets": decoded.targets.tolist(),
        "hints": decoded.hints.tolist(),
        "prints": decoded.prints.tobytes().hex(),
        "classes": list(decoded.classes),
        "names": decoded.names,
        "folders": decoded.folders,
        "preparation": decoded.preparation.to_plain(),
        "skipped": [asdict(item) for item in decoded.skipped],
        "notes": list(decoded.notes),
    }


def _from_plain(inputs: np.ndarray, about: dict[str, Any]) -> _Decoded:
    """Raises KeyError, TypeError or ValueError for what is not of this form."""
    decoded = _Decoded(
        inputs,
        np.array(about["targets"], np.int64),
        np.array(about["hints"], np.int8),
        np.frombuffer(bytes.fromhex(about["prints"]), np.uint8).reshape(-1, 16),
        tuple(about["classes"]),
        list(about["names"]),
        list(about["folders"]) if about["folders"] is not None else None,
        Preparation.from_plain(about["preparation"]),
        tuple(Skipped(**item) for item in about["skipped"]),
        tuple(about["notes"]),
    )
    lengths = {len(inputs), len(decoded.targets), len(decoded.hints), len(decoded.prints), len(decoded.names)}
    if len(lengths) != 1:
        raise ValueError("lengths differ")
    return decoded
