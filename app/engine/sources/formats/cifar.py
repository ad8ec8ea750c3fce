"""The binary files of CIFAR-10 and CIFAR-100; the version for Python holds pickles and is refused.

A record is the class, of CIFAR-100 the coarse and the fine one, and 32 × 32 red, green and blue
bytes.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.names import readable
from app.engine.data.reading import Reading
from app.engine.data.splits import TEST, TRAINING
from app.engine.errors import UserError
from app.engine.files import open_regular, read_regular
from app.engine.free_memory import require_memory
from app.engine.sources.arrays.choices import ArrayChoice, ArrayOffer
from app.engine.sources.arrays.labels import ArrayLabels
from app.engine.sources.arrays.roles import names_in
from app.engine.sources.format import Check, unusable
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import ROW_BYTES, PictureList, ScanResult
from app.engine.sources.stamps import stamp

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings

SIDE = 32
PIXELS = 3 * SIDE * SIDE

LONGEST_NAMES = 1 << 16
"""Bytes of a file of names of classes at most."""

PICKLES = re.compile(r"data_batch_\d+|test_batch|batches\.meta|cifar.*\.(pkl|pickle)", re.I)
"""Files of the version for Python, which have no ending."""


@dataclass(frozen=True)
class Variant:
    """One of the data sets.

    labels: the names of the labels before the pixels of a record, the one that is taken last.
    training, test: the names of its files. names: the file with the names of each label's classes.
    """

    labels: tuple[str, ...]
    training: re.Pattern[str]
    test: str
    names: dict[str, str]

    @property
    def record(self) -> int:
        """The bytes of a picture with its labels."""
        return len(self.labels) + PIXELS


TEN = Variant(
    ("label",), re.compile(r"data_batch_\d+\.bin"), "test_batch.bin", {"label": "batches.meta.txt"}
)
HUNDRED = Variant(
    ("coarse", "fine"),
    re.compile(r"train\.bin"),
    "test.bin",
    {"coarse": "coarse_label_names.txt", "fine": "fine_label_names.txt"},
)


class Cifar(PictureFormat):
    """Reads the pictures of a folder of binary files, or of the folder that such a file is in."""

    kind = "cifar"
    label = "CIFAR files"
    order = 31

    def matches(self, source: str) -> bool:
        path = Path(source)
        if path.is_dir():
            return bool(_files(path)[1]) or _holds_pickles(path)

        if path.suffix.lower() == ".bin":
            return bool(_files(path.parent, path.name)[1])
        return bool(PICKLES.fullmatch(path.name))

    def cache_settings(self, data: DataSettings) -> list[Any]:
        return [data.task]

    def array_choices(self, source: str, data: DataSettings) -> tuple[ArrayChoice, ...]:
        path = Path(source)
        folder = path if path.is_dir() else path.parent
        variant, _ = _files(folder)
        used = tuple(names_in(data.target)) or variant.labels[-1:]
        offers = tuple(ArrayOffer(label) for label in variant.labels)
        return (ArrayChoice("target", used, "the finer one", offers),)

    def scan(self, source: str, data: DataSettings, check: Check) -> ScanResult:
        path = Path(source)
        folder = path if path.is_dir() else path.parent
        variant, files = _files(folder)
        if not files:
            raise UserError(
                f"'{readable(path)}' is the version of CIFAR for Python: pickles, which are never "
                "opened because they can run code.",
                "Open the binary version ('cifar-10-binary.tar.gz' or 'cifar-100-binary.tar.gz' of "
                "the same page, unpacked), or save the arrays with numpy.savez.",
                "data.source",
            )

        names = [folder / name for name in variant.names.values() if (folder / name).is_file()]
        stamps = tuple(stamp(file) for file in (*files, *names))
        return ScanResult(stamps, lambda: _picture_list(folder, variant, files, data, check))


def _files(folder: Path, name: str = "") -> tuple[Variant, list[Path]]:
    """Returns the files of a data set in a folder, [] where there are none, or not one of `name`.

    A file is one where its name and its size are right.
    """
    present = _file_names(folder)
    for variant in (TEN, HUNDRED):
        names = sorted(
            other for other in present if variant.training.fullmatch(other) or other == variant.test
        )
        files = [folder / other for other in names if (folder / other).is_file()]
        if files and (not name or name in names):
            sizes = [path.stat().st_size for path in files]
            if variant is TEN or all(size % variant.record == 0 for size in sizes):
                return variant, files

    return TEN, []


def _holds_pickles(folder: Path) -> bool:
    """Returns whether a folder is the version for Python, as its archive unpacks it."""
    names = _file_names(folder)
    if "batches.meta" in names:
        return True

    return {"train", "test", "meta"} <= names and not (folder / "train").is_dir()


def _file_names(folder: Path) -> set[str]:
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries}


def _picture_list(
    folder: Path, variant: Variant, files: list[Path], data: DataSettings, check: Check
) -> PictureList:
    """Raises UserError where a file is cut off, or there is no label of the name that is chosen."""
    require_memory(sum(_needed(path, variant) for path in files), folder, "pictures")
    taken = _chosen_label(folder, variant, data)
    records = []
    splits = []
    names: list[str] = []
    for path in files:
        check()
        with open_regular(path) as file:
            content = np.frombuffer(file.read(), np.uint8).reshape(-1, variant.record)

        records.append(content)
        split = TEST if path.name == variant.test else TRAINING
        splits.append(np.full(len(content), split, np.int8))
        names += [f"{path.name} #{number}" for number in range(1, len(content) + 1)]

    joined = np.concatenate(records)
    pixels = joined[:, len(variant.labels) :].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    known = _class_names(folder, variant, taken)
    column = joined[:, [variant.labels.index(taken)]]
    others = [label for label in variant.labels if label != taken]
    notes = [
        f"The label is the {taken} class; the {other} one could be it too (Label, [data] target)."
        for other in others
    ]
    return PictureList(
        (),
        names,
        np.zeros(len(names), np.int64),
        np.concatenate(splits),
        array=pixels,
        notes=tuple(notes) if data.target is None else (),
        labels=ArrayLabels(column, taken, (taken,), 0, known),
        reading=Reading(target_arrays=(taken,), label_names=known),
    )


def _needed(path: Path, variant: Variant) -> int:
    """Returns the bytes of memory for a file. Raises UserError where it is cut off."""
    size = path.stat().st_size
    if not size or size % variant.record:
        raise unusable(
            path,
            f"is cut off or damaged: {size:,} bytes are no pictures of {variant.record:,} bytes",
            "Copy or download the file again.",
        )

    return 2 * size + size // variant.record * ROW_BYTES


def _chosen_label(folder: Path, variant: Variant, data: DataSettings) -> str:
    target = data.target[0] if isinstance(data.target, list) and data.target else data.target
    if not isinstance(target, str):
        return variant.labels[-1]
    if target in variant.labels:
        return target

    raise UserError(
        f"'{readable(folder)}' has no label '{target}'.",
        f"Choose {' or '.join(repr(label) for label in variant.labels)}.",
        "data.target",
    )


def _class_names(folder: Path, variant: Variant, label: str) -> tuple[str, ...]:
    """Returns the names of the classes in their order, () where their file is not there."""
    path = folder / variant.names[label]
    if not path.is_file():
        return ()

    text = read_regular(path, LONGEST_NAMES).decode("utf-8", "replace")
    names = tuple(line.strip() for line in text.splitlines() if line.strip())
    return names if len(set(names)) == len(names) else ()


FORMAT = Cifar()
