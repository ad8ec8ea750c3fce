"""The IDX files of the MNIST family, in one folder.

Pictures are in `*-images-idx3-ubyte[.gz]`, their labels in `*-labels-idx1-ubyte[.gz]`; those of
QMNIST are a table of whole numbers, `*-labels-idx2-int[.gz]`, of which the first is the class.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.foreign import foreign_reader
from app.engine.free_memory import require_memory
from app.engine.sources.format import Check, unusable
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import ROW_BYTES, PictureList, ScanResult
from app.engine.sources.samples import FASHION
from app.engine.sources.stamps import stamp
from app.engine.sources.targets import encode_classes

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings

IMAGES = re.compile(r"(?P<base>.*?)[-_.]?images?[-_.]idx3[-_.]ubyte(\.gz)?", re.IGNORECASE)
FASHION_LABELS = frozenset(
    {
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    }
)
"""SHA-256 of the unpacked labels of Fashion-MNIST, training and test."""

TYPES: dict[int, str] = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4"}
"""The types of whole numbers, by the third byte of a file."""

SOME = re.compile(r"(train|test|val)\d+k", re.IGNORECASE)
"""A split that says how large it is: "test10k"."""

HEAD = 4
"""Bytes before the sizes: two zeros, the type of the values, the number of dimensions."""

PORTION = 1 << 22
"""Bytes that are read at once."""

MOST_PACKED = 1_032
"""Bytes that a byte of a gzip file can become at most."""

AGAIN = "Copy or download the file again."


@dataclass(frozen=True)
class IdxPair:
    """A file of pictures and the file of their labels.

    family: the name without the word for the split. split: the index in SPLITS, else UNASSIGNED.
    """

    images: Path
    labels: Path
    family: str
    split: int


def find_pairs(folder: Path) -> list[IdxPair]:
    """Finds the pairs in a folder, by family, in the order training, validation, test.

    A file and its packed copy count once. Raises UserError where labels are missing.
    """
    pairs = []
    used = set()
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        match = IMAGES.fullmatch(path.name)
        if not match or path.name.startswith(".") or not path.is_file():
            continue
        if match["base"].lower() in used:
            continue

        used.add(match["base"].lower())
        words = re.split(r"[-_.]", match["base"])
        words = [match[1] if (match := SOME.fullmatch(word)) else word for word in words]
        splits = [split_of(word) for word in words if split_of(word) != UNASSIGNED]
        family = "-".join(word for word in words if split_of(word) == UNASSIGNED)
        split = splits[-1] if splits else UNASSIGNED
        pairs.append(IdxPair(path, _labels_of(path), family, split))

    return sorted(pairs, key=lambda pair: (pair.family, pair.split))


def _labels_of(images: Path) -> Path:
    """Returns the file of labels beside a file of pictures. Raises UserError."""
    name = re.sub("idx3", "idx1", images.name, flags=re.IGNORECASE)
    name = re.sub(r"images(?!.*images)", "labels", re.sub(r"image(?!s)", "label", name))

    plain = name.removesuffix(".gz")
    table = re.sub(r"idx1([-_.])ubyte", r"idx2\1int", plain, flags=re.IGNORECASE)
    for candidate in (name, plain, f"{plain}.gz", table, f"{table}.gz"):
        if (images.parent / candidate).is_file():
            return images.parent / candidate

    raise UserError(
        f"The labels of '{images.name}' are missing in '{images.parent}'.",
        f"Put '{name}' beside it.",
        "data.source",
    )


def read_labels(path: Path) -> np.ndarray:
    """Reads the labels (N,) of an IDX file; of one with several numbers each, the first.

    Raises like read_idx.
    """
    with open_regular(path) as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        file = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw
        with foreign_reader(lambda _: _damaged(path)):
            head = file.read(HEAD)

    several = head[3:4] == b"\x02"
    labels = read_idx(path, 2 if several else 1)
    return labels[:, 0] if several else labels


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Reads the numbers of an IDX file with so many dimensions: bytes, or of labels whole numbers.

    Raises UserError where it is not whole or does not fit into memory, and OSError.
    """
    with foreign_reader(lambda _: _damaged(path)), open_regular(path) as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        held = raw.seek(0, io.SEEK_END)
        raw.seek(0)
        file = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw

        shape, dtype = _read_shape(file, path, dimensions)
        size = math.prod(shape) * dtype.itemsize
        most = held * MOST_PACKED if packed else held - HEAD - 4 * dimensions
        if size > most:
            raise _damaged(path, f": it announces {size:,} bytes and holds {held:,}")
        require_memory(size + shape[0] * ROW_BYTES, path)

        content = np.empty(size, np.uint8)
        count = _read_into(file, content.data)
        if count < size or file.read(1):
            found = f"{count:,}" if count < size else "more"
            raise _damaged(path, f": it announces {size:,} bytes and holds {found}")

    return content.view(dtype).reshape(shape)


def _read_shape(
    file: BinaryIO, path: Path, dimensions: int
) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    """Reads the header. Raises UserError where it is none, or has pictures without a pixel."""
    head = file.read(HEAD + 4 * dimensions)
    types = TYPES if dimensions < 3 else {8: "u1"}
    right = head[:2] == b"\0\0" and head[3:HEAD] == bytes([dimensions])
    if not right or head[2] not in types or len(head) < HEAD + 4 * dimensions:
        raise unusable(path, f"is not an IDX file of bytes with {dimensions} dimensions", AGAIN)

    shape = struct.unpack(f">{dimensions}I", head[HEAD:])
    # A billion pictures of no pixel have no bytes and would be a billion names.
    if 0 in shape[1:]:
        sides = " × ".join(f"{side:,}" for side in shape[1:])
        raise _damaged(path, f": it announces pictures of {sides} pixels")

    return shape, np.dtype(types[head[2]])


def _read_into(file: BinaryIO, content: memoryview) -> int:
    """Fills the content from a file, and returns how many bytes there were."""
    count = 0
    while count < len(content) and (portion := file.read(min(PORTION, len(content) - count))):
        content[count : count + len(portion)] = portion
        count += len(portion)

    return count


def _damaged(path: Path, how: str = "") -> UserError:
    return unusable(path, f"is cut off or damaged{how}", AGAIN)


class Idx(PictureFormat):
    """Reads pictures and labels from IDX files."""

    kind = "idx"
    label = "IDX files"
    order = 30

    def matches(self, source: str) -> bool:
        path = Path(source)
        if path.is_dir():
            return any(
                IMAGES.fullmatch(entry.name)
                for entry in path.iterdir()
                if not entry.name.startswith(".")
            )

        name = path.name.lower()
        return any(ending in name for ending in ("idx3-ubyte", "idx1-ubyte", "idx2-int"))

    def scan(
        self,
        source: str,
        data: DataSettings,  # noqa: ARG002 - nothing in the files is read by settings
        check: Check,
    ) -> ScanResult:
        path = Path(source)
        pairs = find_pairs(path if path.is_dir() else path.parent)
        families = {pair.family for pair in pairs}
        if not path.is_dir():
            own = {
                pair.family for pair in pairs if path.name in (pair.images.name, pair.labels.name)
            }
            families = own or families

        if len(families) > 1:
            names = ", ".join(f"'{name}'" for name in sorted(families))
            raise unusable(
                path, f"holds several data sets ({names})", "Open one of their images files."
            )

        pairs = [pair for pair in pairs if pair.family in families]
        if not pairs:
            raise unusable(
                path, "has no IDX images beside it", "Put images and labels in one folder."
            )

        stamps = tuple(stamp(file) for pair in pairs for file in (pair.images, pair.labels))
        return ScanResult(stamps, lambda: _picture_list(path, pairs, check))


def _picture_list(source: Path, pairs: list[IdxPair], check: Check) -> PictureList:
    arrays: list[np.ndarray] = []
    labels = []
    predefined_splits = []
    names = []

    fashion = "fashion" in str(source.absolute()).lower()
    for pair in pairs:
        check()
        images = read_idx(pair.images, 3)
        classes = read_labels(pair.labels)
        if len(images) != len(classes):
            raise unusable(
                pair.labels,
                f"holds {len(classes):,} labels for {len(images):,} pictures",
                "Put the labels that belong to the pictures beside them.",
            )
        if arrays and arrays[0].shape[1:] != images.shape[1:]:
            raise unusable(
                pair.images, "has pictures of another size than the other files", "Keep them apart."
            )

        header = b"\0\0\x08\x01" + len(classes).to_bytes(4, "big")
        fashion |= hashlib.sha256(header + classes.tobytes()).hexdigest() in FASHION_LABELS
        arrays.append(images)
        labels.append(classes)
        predefined_splits.append(np.full(len(images), pair.split, np.int8))
        names += [f"{pair.images.name} #{number}" for number in range(1, len(images) + 1)]

    numbers = np.concatenate(labels)
    if fashion and len(numbers) and numbers.max() < len(FASHION):
        class_names: tuple[str, ...] = FASHION
        targets = numbers.astype(np.int64)
    else:
        class_names, targets = encode_classes([str(number) for number in numbers])

    return PictureList(
        class_names,
        names,
        targets,
        np.concatenate(predefined_splits),
        array=np.concatenate(arrays),
    )


FORMAT = Idx()
