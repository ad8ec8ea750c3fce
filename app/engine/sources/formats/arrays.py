"""NPZ: images and labels as NumPy arrays in one file, under the names people give them."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from app.engine.data.dataset import Skipped
from app.engine.data.pictures import eight_bits
from app.engine.data.splits import FREE, split_of
from app.engine.sources.format import Check, encode_classes, stamp, unusable
from app.engine.sources.picture_decoding import PictureFormat
from app.engine.sources.picture_list import PictureList, Scan
from app.engine.text import bytes_text, number_text

if TYPE_CHECKING:
    from collections.abc import Mapping

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
REMEDY = "Save the pictures as 'images' (N, height, width[, 3]) and their classes as 'labels' (N,)."


@dataclass(frozen=True)
class Entry:
    """One array of the file, known by its header. role: the name without the word for the split."""

    key: str
    role: str
    hint: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def entries_of(path: Path) -> list[Entry]:
    """The headers of all arrays, nothing unpacked.

    Raises UserError for a damaged file or one with Python objects.
    """
    entries = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith(".npy"):
                continue

            with archive.open(name) as member:
                version = np.lib.format.read_magic(member)
                read = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )

                shape, _, dtype = read(member)

            if dtype.hasobject:
                raise unusable(
                    path,
                    f"holds Python objects ('{name[:-4]}'), which are never opened because they "
                    "can run code",
                    "Save plain arrays of numbers or texts.",
                )

            key = name[:-4]
            words = [word for word in re.split(r"[-_. ]+", key.lower()) if word]
            if len(words) == 1 and (
                match := re.fullmatch(r"([xy])(train|tr|val|valid|test|te)", words[0])
            ):
                words = [match[1], {"tr": "train", "te": "test"}.get(match[2], match[2])]

            hints = [split_of(word) for word in words if split_of(word) != FREE]
            role = "".join(word for word in words if split_of(word) == FREE)
            entries.append(Entry(key, role, hints[-1] if hints else FREE, shape, dtype))

    return entries


def pairs_of(entries: list[Entry]) -> list[tuple[Entry, Entry]]:
    """Images with their labels, a pair for each split: by name, else by the only shapes that fit."""
    pairs = []
    for hint in sorted({entry.hint for entry in entries}):
        own = [entry for entry in entries if entry.hint == hint]
        images = [entry for entry in own if len(entry.shape) in (3, 4)] or [
            entry
            for entry in own
            if len(entry.shape) == 2 and entry.role in IMAGE_WORDS and _side(entry.shape[1])
        ]

        images.sort(key=lambda entry: entry.role not in IMAGE_WORDS)
        for image in images:
            labels = [
                entry
                for entry in own
                if entry is not image
                and entry.shape[:1] == image.shape[:1]
                and len(entry.shape) in (1, 2)
                and entry.role not in NAME_WORDS
                and entry.role not in IMAGE_WORDS
            ]
            labels.sort(key=lambda entry: (entry.role not in LABEL_WORDS, len(entry.shape)))

            if labels:
                pairs.append((image, labels[0]))
                break

    return pairs


def _side(size: int) -> int:
    """The side of a square of so many pixels, 0 if it is none."""
    side = round(size**0.5)
    return side if side * side == size and side >= 4 else 0


class Arrays(PictureFormat):
    kind = "arrays"
    label = "NPZ arrays"
    order = 40

    def matches(self, source: str) -> bool:
        return source.lower().endswith(".npz") and Path(source).is_file()

    def scan(self, source: str, data: DataSettings, check: Check) -> Scan:
        path = Path(source)
        return Scan((stamp(path),), lambda: _guarded(path, check))


def _guarded(path: Path, check: Check) -> PictureList:
    try:
        return _picture_list(path, check)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        KeyError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise unusable(path, "is not a whole NPZ file", "Save or copy the file again.") from error


def _picture_list(path: Path, check: Check) -> PictureList:
    entries = entries_of(path)
    pairs = pairs_of(entries)
    if not pairs:
        raise unusable(path, "holds no images with labels of the same number", REMEDY)

    needed = sum(
        int(np.prod(image.shape, dtype=object)) * image.dtype.itemsize for image, _ in pairs
    )
    if needed > 0.8 * psutil.virtual_memory().available:
        raise unusable(
            path, f"needs {bytes_text(needed)} of memory", "Save it as uint8 or in smaller parts."
        )

    images: list[np.ndarray] = []
    labels: list[str] = []
    hints = []

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
            hints.append(np.full(len(pixels), image.hint, np.int8))
            names += [f"{image.key} #{number}" for number in range(1, len(pixels) + 1)]
        known = class_names(entries, file)

    return _assemble(images, labels, np.concatenate(hints), names, known)


def _assemble(
    images: list[np.ndarray],
    labels: list[str],
    hints: np.ndarray,
    names: list[str],
    known: list[str],
) -> PictureList:
    pixels = np.concatenate(images) if len(images) > 1 else images[0]
    skipped: list[Skipped] = []
    if pixels.dtype.kind == "f":
        whole = np.isfinite(pixels.reshape(len(pixels), -1)).all(axis=1)
        skipped = [
            Skipped(names[row], "it holds values that are no numbers")
            for row in np.flatnonzero(~whole)
        ]

        pixels = pixels[whole]
        hints = hints[whole]
        labels = [label for label, keep in zip(labels, whole, strict=True) if keep]
        names = [name for name, keep in zip(names, whole, strict=True) if keep]

    if known and all(label.isdigit() and int(label) < len(known) for label in labels):
        classes = tuple(known)
        targets = np.array([int(label) for label in labels], np.int64)
    else:
        classes, targets = encode_classes(labels)

    tones, notes = to_bytes(pixels)
    return PictureList(
        classes, names, targets, hints, array=tones, skipped=tuple(skipped), notes=notes
    )


def pixels_last(array: np.ndarray) -> np.ndarray:
    """(N, H, W), (N, H, W, C), (N, C, H, W) or square (N, D) as (N, H, W) or (N, H, W, C), C 3 or
    4, any type.
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


def to_bytes(pixels: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Values of any type as (N, H, W) or (N, H, W, 3) uint8 on one scale for the whole set;
    transparency on white.
    """
    notes: tuple[str, ...] = ()
    if pixels.size == 0:
        return pixels.astype(np.uint8), notes

    low = float(pixels.min())
    high = float(pixels.max())
    if (
        pixels.dtype != np.bool_
        and low >= 0
        and 0 < high < 64
        and not (pixels.dtype.kind == "f" and high <= 1)
    ):
        tones = np.rint(pixels * (255 / high)).astype(np.uint8)
        notes = (f"The values 0 to {number_text(high)} were stretched to 0 to 255.",)
    elif pixels.dtype.kind == "f" and -1 <= low < 0 and high <= 1:
        tones = np.rint((pixels + 1) * 127.5).astype(np.uint8)
        notes = ("The values -1 to 1 were stretched to 0 to 255.",)
    else:
        tones = eight_bits(pixels)

    if tones.ndim == 4 and tones.shape[3] == 4:
        alpha = tones[..., 3:].astype(np.uint16)
        tones = ((tones[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)

    return np.ascontiguousarray(tones), notes


def labels_of(array: np.ndarray) -> list[str]:
    """Labels (N,), (N, 1) or one-hot (N, K) of numbers or texts as texts. Raises ValueError."""
    if array.ndim == 2:
        array = array[:, 0] if array.shape[1] == 1 else array.argmax(axis=1)
    if array.dtype.kind == "S":
        return [text.decode("utf-8", "replace") for text in array.tolist()]

    if array.dtype.kind == "f":
        if not np.array_equal(array, np.rint(array)):
            raise ValueError("labels are whole numbers or texts")
        array = array.astype(np.int64)

    return [str(label) for label in array.tolist()]


def class_names(entries: list[Entry], file: Mapping[str, np.ndarray]) -> list[str]:
    """The names of the classes, in order, where the file holds them; else none."""
    for entry in entries:
        if entry.role in NAME_WORDS and len(entry.shape) == 1 and entry.dtype.kind in "US":
            return labels_of(file[entry.key])

    return []


FORMAT = Arrays()
