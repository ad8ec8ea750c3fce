"""What was decoded becomes a Dataset: divided, measured, described."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from app.engine.data import splits
from app.engine.data.catalogue import readable
from app.engine.data.dataset import SPLITS, Dataset, Description, Skipped
from app.engine.data.mirror import survives_mirroring
from app.engine.data.preparation import Preparation, statistics
from app.engine.errors import UserError
from app.engine.experiment import DataSettings

LISTED = 2_000
"""At most so many skipped files are named; a note tells how many there are."""


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
    preparation: Preparation
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]

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
    def from_plain(cls, inputs: np.ndarray, about: dict[str, Any]) -> Decoded:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
        decoded = cls(
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


def assemble(data: DataSettings, label: str, decoded: Decoded) -> Dataset:
    """Raises UserError when nothing is left to train or to judge on. label: of the format."""
    notes = list(decoded.notes)
    groups = None
    if data.group != "none":
        if decoded.folders is None:
            notes.append(f"Nothing is kept together: {label} have no folders or names of their own.")
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
        format=label,
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


def _refuse_empty_splits(data: DataSettings, decoded: Decoded, counts: dict[str, tuple[int, ...]]) -> None:
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
            notes.append(f"{listed(absent)} {verb} no picture in the {split} set: {why}.")
    return notes


def _fingerprint(decoded: Decoded, indices: dict[str, np.ndarray], preparation: Preparation) -> str:
    """Of content alone, so that a copied or moved dataset is the same dataset."""
    state = hashlib.sha256()
    state.update(np.ascontiguousarray(decoded.prints).tobytes())
    state.update(decoded.targets.astype("<i8").tobytes())
    for name in SPLITS:
        state.update(name.encode() + indices[name].astype("<i8").tobytes())
    state.update("\0".join(decoded.classes).encode("utf-8", "surrogatepass"))
    state.update(repr((preparation.height, preparation.width, preparation.channels, preparation.fit)).encode())
    return state.hexdigest()


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names in quotes, the first few."""
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
