"""Pictures and labels as NumPy arrays in one NPZ file, under the names that people give them."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.pictures import to_uint8
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.free_memory import free_memory
from app.engine.sources.format import Check, unusable
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import PictureList, ScanResult
from app.engine.sources.stamps import stamp
from app.engine.sources.targets import encode_classes
from app.engine.text import bytes_text, number_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    KeyError,
    NotImplementedError,
    RuntimeError,
)
"""What reading a damaged NPZ file raises."""

SMALLEST_SIDE = 4
FEW_TONES = 64
"""Whole tones below this are stretched to the full range, because they are nearly black."""

MEMORY_SHARE = 0.8
"""Of the free memory that the pictures may take."""

REMEDY = "Save the pictures as 'images' (N, height, width[, 3]) and their classes as 'labels' (N,)."


@dataclass(frozen=True)
class ArrayHeader:
    """An array of the file, known by its header.

    role: its name without the word for the split. split: the index in SPLITS, else UNASSIGNED.
    """

    key: str
    role: str
    split: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def read_headers(path: Path) -> Iterator[ArrayHeader]:
    """Reads the headers of the arrays one after another, without unpacking the arrays.

    Raises UserError for a file with Python objects, and DAMAGED errors for a damaged one.
    """
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith(".npy"):
                continue

            with archive.open(name) as member:
                shape, dtype = read_npy_header(member)

            if dtype.hasobject:
                raise unusable(
                    path,
                    f"holds Python objects ('{name[:-4]}'), which are never opened because they "
                    "can run code",
                    "Save plain arrays of numbers or texts.",
                )

            yield _header(name[:-4], shape, dtype)


def read_npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Returns shape and type of the array in a .npy file, without reading its numbers."""
    read_header = np.lib.format.read_array_header_2_0
    if np.lib.format.read_magic(file) == (1, 0):
        read_header = np.lib.format.read_array_header_1_0

    shape, _, dtype = read_header(file)
    return shape, dtype


def _header(key: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ArrayHeader:
    """Reads role and split from the name of an array: "x_train", "ytest", "val-labels"."""
    words = [word for word in re.split(r"[-_. ]+", key.lower()) if word]
    if len(words) == 1 and (match := re.fullmatch(r"([xy])(train|tr|val|valid|test|te)", words[0])):
        words = [match[1], {"tr": "train", "te": "test"}.get(match[2], match[2])]

    splits = [split_of(word) for word in words if split_of(word) != UNASSIGNED]
    role = "".join(word for word in words if split_of(word) == UNASSIGNED)
    return ArrayHeader(key, role, splits[-1] if splits else UNASSIGNED, shape, dtype)


def match_images_and_labels(headers: list[ArrayHeader]) -> list[tuple[ArrayHeader, ArrayHeader]]:
    """Returns the images of each split with their labels.

    Both are known by their names, else by the only shapes that fit.
    """
    pairs = []
    for split in sorted({header.split for header in headers}):
        own = [header for header in headers if header.split == split]
        images = [header for header in own if len(header.shape) in (3, 4)] or [
            header
            for header in own
            if len(header.shape) == 2 and header.role in IMAGE_WORDS and _side(header.shape[1])
        ]

        images.sort(key=lambda header: header.role not in IMAGE_WORDS)
        for image in images:
            labels = [
                header
                for header in own
                if header is not image
                and header.shape[:1] == image.shape[:1]
                and len(header.shape) in (1, 2)
                and header.role not in NAME_WORDS
                and header.role not in IMAGE_WORDS
            ]
            labels.sort(key=lambda header: (header.role not in LABEL_WORDS, len(header.shape)))

            if labels:
                pairs.append((image, labels[0]))
                break

    return pairs


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
        return ScanResult((stamp(path),), lambda: _read(path, check))


def _read(path: Path, check: Check) -> PictureList:
    """Raises UserError for what is damaged or holds no pictures with labels."""
    try:
        return _picture_list(path, check)
    except DAMAGED as error:
        raise unusable(path, "is not a whole NPZ file", "Save or copy the file again.") from error


def _picture_list(path: Path, check: Check) -> PictureList:
    headers = list(read_headers(path))
    pairs = match_images_and_labels(headers)
    if not pairs:
        raise unusable(path, "holds no images with labels of the same number", REMEDY)

    needed = sum(
        int(np.prod(image.shape, dtype=object)) * image.dtype.itemsize for image, _ in pairs
    )
    if needed > MEMORY_SHARE * free_memory():
        raise unusable(
            path, f"needs {bytes_text(needed)} of memory", "Save it as uint8 or in smaller parts."
        )

    images: list[np.ndarray] = []
    labels: list[str] = []
    predefined_splits = []
    names = []

    with np.load(path, allow_pickle=False) as file:
        for image, label in pairs:
            check()
            pixels = pixels_last(file[image.key])
            if images and pixels.shape[1:] != images[0].shape[1:]:
                raise unusable(
                    path, f"holds '{image.key}' in another size than '{pairs[0][0].key}'", REMEDY
                )

            images.append(pixels)
            labels += labels_of(file[label.key])
            predefined_splits.append(np.full(len(pixels), image.split, np.int8))
            names += [f"{image.key} #{number}" for number in range(1, len(pixels) + 1)]
        known = class_names(headers, file)

    return _assemble(images, labels, np.concatenate(predefined_splits), names, known)


def _assemble(
    images: list[np.ndarray],
    labels: list[str],
    predefined_splits: np.ndarray,
    names: list[str],
    known: list[str],
) -> PictureList:
    pixels = np.concatenate(images) if len(images) > 1 else images[0]
    skipped: list[Skipped] = []
    if pixels.dtype.kind == "f":
        finite = np.isfinite(pixels.reshape(len(pixels), -1)).all(axis=1)
        skipped = [
            Skipped(names[row], "it holds values that are no numbers")
            for row in np.flatnonzero(~finite)
        ]

        pixels = pixels[finite]
        predefined_splits = predefined_splits[finite]
        labels = [label for label, keep in zip(labels, finite, strict=True) if keep]
        names = [name for name, keep in zip(names, finite, strict=True) if keep]

    if known and all(label.isdigit() and int(label) < len(known) for label in labels):
        classes = tuple(known)
        targets = np.array([int(label) for label in labels], np.int64)
    else:
        classes, targets = encode_classes(labels)

    tones, notes = to_tones(pixels)
    return PictureList(
        classes, names, targets, predefined_splits, array=tones, skipped=tuple(skipped), notes=notes
    )


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


def to_tones(pixels: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns values of any type as (N, H, W) or (N, H, W, 3) uint8, and notes on it.

    All are on one scale; transparent pictures are laid on white.
    """
    notes: tuple[str, ...] = ()
    if pixels.size == 0:
        return pixels.astype(np.uint8), notes

    low = float(pixels.min())
    high = float(pixels.max())
    fractions = pixels.dtype.kind == "f" and high <= 1
    few_tones = pixels.dtype != np.bool_ and low >= 0 and 0 < high < FEW_TONES
    if few_tones and not fractions:
        tones = np.rint(pixels * (255 / high)).astype(np.uint8)
        notes = (f"The values 0 to {number_text(high)} were stretched to 0 to 255.",)
    elif fractions and -1 <= low < 0:
        tones = np.rint((pixels + 1) * 127.5).astype(np.uint8)
        notes = ("The values -1 to 1 were stretched to 0 to 255.",)
    else:
        tones = to_uint8(pixels)

    if tones.ndim == 4 and tones.shape[3] == 4:
        alpha = tones[..., 3:].astype(np.uint16)
        tones = ((tones[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)

    return np.ascontiguousarray(tones), notes


def labels_of(array: np.ndarray) -> list[str]:
    """Returns labels (N,), (N, 1) or one-hot (N, K), numbers or texts, as texts.

    Raises ValueError for fractions.
    """
    if array.ndim == 2:
        array = array[:, 0] if array.shape[1] == 1 else array.argmax(axis=1)
    if array.dtype.kind == "S":
        return [text.decode("utf-8", "replace") for text in array.tolist()]

    if array.dtype.kind == "f":
        if not np.array_equal(array, np.rint(array)):
            raise ValueError("labels are whole numbers or texts")
        array = array.astype(np.int64)

    return [str(label) for label in array.tolist()]


def class_names(headers: list[ArrayHeader], file: Mapping[str, np.ndarray]) -> list[str]:
    """Returns the names of the classes, in order, where the file holds them; else none."""
    for header in headers:
        if header.role in NAME_WORDS and len(header.shape) == 1 and header.dtype.kind in "US":
            return labels_of(file[header.key])

    return []


FORMAT = Arrays()
