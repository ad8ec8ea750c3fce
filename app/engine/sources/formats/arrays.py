"""Pictures and labels as NumPy arrays in one NPZ file, under the names that people give them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.array_file import ArrayFile, StoredArray, open_arrays
from app.engine.data.dataset import Skipped
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.free_memory import require_memory
from app.engine.sources.format import Check, unusable
from app.engine.sources.label_arrays import KINDS, encode_labels, labels_of, missing_labels
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import ROW_BYTES, PictureList, ScanResult
from app.engine.sources.stamps import stamp

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings

IMAGE_WORDS = frozenset(
    {
        "x",
        "xs",
        "image",
        "images",
        "img",
        "imgs",
        "data",
        "inputs",
        "input",
        "pixels",
        "pictures",
        "features",
        "arr0",
    }
)
LABEL_WORDS = frozenset(
    {"y", "ys", "label", "labels", "target", "targets", "class", "category", "categories", "arr1"}
)
NAME_WORDS = frozenset(
    {"classes", "classnames", "labelnames", "labelsnames", "targetnames", "names", "categorynames"}
)
"""Names of arrays, without the word for the split and in small letters."""

SMALLEST_SIDE = 4

COPIES = 17
"""Bytes that a value of more than one byte takes beside itself until it is a tone.

Two numbers of 8 bytes, one of which becomes the other, and the tone.
"""

SETTING = "data.source"
"""The setting at fault where a file cannot be used."""

REMEDY = "Save the pictures as 'images' (N, height, width[, 3]) and their classes as 'labels' (N,)."


@dataclass(frozen=True)
class ArrayHeader:
    """An array of the file, known by its header.

    role: its name without the word for the split. split: the index in SPLITS, else UNASSIGNED.
    """

    stored: StoredArray
    role: str
    split: int

    @property
    def key(self) -> str:
        return self.stored.key

    @property
    def shape(self) -> tuple[int, ...]:
        return self.stored.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.stored.dtype


def read_headers(file: ArrayFile) -> list[ArrayHeader]:
    """Reads the headers of all arrays, without unpacking them. Raises UserError and OSError."""
    return [_with_role(stored) for stored in file.headers()]


def _with_role(stored: StoredArray) -> ArrayHeader:
    """Reads role and split from the name of an array: "x_train", "ytest", "val-labels"."""
    words = [word for word in re.split(r"[-_. ]+", stored.key.lower()) if word]
    if len(words) == 1 and (match := re.fullmatch(r"([xy])(train|tr|val|valid|test|te)", words[0])):
        words = [match[1], {"tr": "train", "te": "test"}.get(match[2], match[2])]

    splits = [split_of(word) for word in words if split_of(word) != UNASSIGNED]
    role = "".join(word for word in words if split_of(word) == UNASSIGNED)
    return ArrayHeader(stored, role, splits[-1] if splits else UNASSIGNED)


def match_images_and_labels(headers: list[ArrayHeader]) -> list[tuple[ArrayHeader, ArrayHeader]]:
    """Returns the images of each split with their labels.

    Both are known by their names, else by the only shapes that fit.
    """
    pairs = []
    for split in sorted({header.split for header in headers}):
        own = [header for header in headers if header.split == split and 0 not in header.shape]
        numbers = [header for header in own if header.dtype.kind in "biuf"]
        images = [header for header in numbers if len(header.shape) in (3, 4)] or [
            header
            for header in numbers
            if len(header.shape) == 2 and header.role in IMAGE_WORDS and _side(header.shape[1])
        ]

        images.sort(key=lambda header: header.role not in IMAGE_WORDS)
        for image in images:
            labels = [
                header
                for header in own
                if header is not image
                and may_be_labels(header, examples=image)
                and header.role not in NAME_WORDS | IMAGE_WORDS
            ]
            labels.sort(key=lambda header: (header.role not in LABEL_WORDS, len(header.shape)))

            if labels:
                pairs.append((image, labels[0]))
                break

    return pairs


def may_be_labels(header: ArrayHeader, examples: ArrayHeader) -> bool:
    """Returns whether an array may hold the labels of these examples, by its shape and type."""
    return (
        header.shape[:1] == examples.shape[:1]
        and len(header.shape) in (1, 2)
        and header.dtype.kind in KINDS
    )


def _side(size: int) -> int:
    """Returns the side of a square of so many pixels, 0 if it is none."""
    side = round(size**0.5)
    return side if side * side == size and side >= SMALLEST_SIDE else 0


class Arrays(PictureFormat):
    """Reads pictures and their labels from an NPZ file."""

    kind = "arrays"
    label = "NPZ arrays"
    order = 40

    def matches(self, source: str) -> bool:
        return source.lower().endswith(".npz") and Path(source).is_file()

    def scan(
        self,
        source: str,
        data: DataSettings,  # noqa: ARG002 - nothing in the file is read by settings
        check: Check,
    ) -> ScanResult:
        path = Path(source)
        return ScanResult((stamp(path),), lambda: _picture_list(path, check))


def _picture_list(path: Path, check: Check) -> PictureList:
    """Raises UserError for what is damaged or holds no pictures with labels."""
    with open_arrays(path, SETTING) as file:
        headers = read_headers(file)
        pairs = match_images_and_labels(headers)
        if not pairs:
            raise unusable(path, "holds no images with labels of the same number", REMEDY)

        for image, _ in pairs:
            _refuse_channels(path, image)
        require_memory(_needed(pairs), path, "pictures")

        images: list[np.ndarray] = []
        labels: list[str] = []
        kept: list[np.ndarray] = []
        skipped: list[Skipped] = []
        for image, label in pairs:
            check()
            pixels = pixels_last(file.read(image.stored))
            if images and pixels.shape[1:] != images[0].shape[1:]:
                raise unusable(
                    path, f"holds '{image.key}' in another size than '{pairs[0][0].key}'", REMEDY
                )

            values = file.read(label.stored).reshape(len(pixels), -1)
            rows, left_out = _usable_rows(image, pixels, values)
            skipped += left_out
            images.append(pixels[rows] if left_out else pixels)
            labels += labels_of(path, values[rows], label.key)
            kept.append(rows)
        known = class_names(headers, file)

    splits = []
    names = []
    for (image, _), rows in zip(pairs, kept, strict=True):
        splits.append(np.full(len(rows), image.split, np.int8))
        names += [f"{image.key} #{row + 1}" for row in rows.tolist()]

    classes, targets = encode_labels(labels, known)
    return PictureList(
        classes,
        names,
        targets,
        np.concatenate(splits),
        array=np.concatenate(images) if len(images) > 1 else images[0],
        skipped=tuple(skipped),
    )


def _refuse_channels(path: Path, image: ArrayHeader) -> None:
    if len(image.shape) == 4 and not {image.shape[1], image.shape[3]} & {1, 3, 4}:
        raise unusable(
            path,
            f"holds pictures of {image.shape[3]:,} channels in '{image.key}'; they have 1, 3 or 4",
            REMEDY,
        )


def _needed(pairs: list[tuple[ArrayHeader, ArrayHeader]]) -> int:
    """Returns the bytes of memory that the pictures take until they are bytes themselves."""
    needed = 0
    for image, _ in pairs:
        values = image.stored.size // image.dtype.itemsize
        copies = 0 if image.dtype.itemsize == 1 else COPIES
        copies += image.dtype.itemsize if len(pairs) > 1 else 0
        needed += image.stored.size + values * copies + image.shape[0] * ROW_BYTES

    return needed


def _usable_rows(
    image: ArrayHeader, pixels: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, list[Skipped]]:
    """Returns the rows (n,) of which pixels and label are numbers, and the others as skipped."""
    reasons = missing_labels(labels)
    if labels.shape[1] > 1 and labels.dtype.kind in "biuf":  # one-hot
        none = np.flatnonzero((labels == 0).all(axis=1)).tolist()
        reasons.update(dict.fromkeys(none, "its label is none of the classes"))
    if pixels.dtype.kind == "f":
        finite = np.isfinite(pixels.reshape(len(pixels), -1)).all(axis=1)
        broken = np.flatnonzero(~finite).tolist()
        reasons.update(dict.fromkeys(broken, "it holds values that are no numbers"))

    skipped = [
        Skipped(f"{image.key} #{row + 1}", reason) for row, reason in sorted(reasons.items())
    ]
    return np.setdiff1d(np.arange(len(pixels)), list(reasons)), skipped


def pixels_last(array: np.ndarray) -> np.ndarray:
    """Returns pictures as (N, H, W) or (N, H, W, C), C 3 or 4, of any type.

    array: (N, H, W), (N, H, W, C), (N, C, H, W) or square (N, D). Raises ValueError.
    """
    if array.ndim == 2:
        side = _side(array.shape[1])
        return array.reshape(-1, side, side)

    if array.ndim == 4:
        if array.shape[3] not in (1, 3, 4) and array.shape[1] in (1, 3, 4):
            array = array.transpose(0, 2, 3, 1)
        if array.shape[3] == 1:
            return array[..., 0]
        if array.shape[3] not in (3, 4):
            raise ValueError("pictures have 1, 3 or 4 channels")

    return array


def class_names(headers: list[ArrayHeader], file: ArrayFile) -> list[str]:
    """Returns the names of the classes, in order, where the file holds them; else none."""
    for header in headers:
        if header.role in NAME_WORDS and len(header.shape) == 1 and header.dtype.kind in "US":
            names = file.read(header.stored)[:, None]
            texts = labels_of(file.path, names, header.key)
            if len(set(texts)) == len(texts) and not missing_labels(names):
                return texts

    return []


FORMAT = Arrays()
