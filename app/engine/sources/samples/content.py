"""The content of the built-in datasets, read from resources/samples or made by the program."""

from __future__ import annotations

import csv
import errno
import io
import lzma
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.files import open_regular
from app.engine.foreign import foreign_reader
from app.engine.sources.samples.shapes import SHAPES, draw_shapes
from app.engine.sources.samples.signals import FORMS, make_signals

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

FOLDER = Path(__file__).resolve().parents[4] / "resources" / "samples"
FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


@dataclass(frozen=True, eq=False)
class Content:
    """Pictures with a class each.

    images: (N, H, W[, 3]) uint8. targets: (N,) class numbers. test: how many of the last rows are
    the test set.
    """

    images: np.ndarray
    targets: np.ndarray
    classes: tuple[str, ...]
    test: int = 0


@dataclass(frozen=True, eq=False)
class Captioned:
    """Pictures with a text each.

    images: (N, H, W, 3) uint8. texts: one a picture. groups: what sort of thing is on each.
    """

    images: np.ndarray
    texts: list[str]
    groups: list[str]


def load(name: str) -> Content:
    """Returns pictures with a class each.

    Raises KeyError for an unknown name, OSError where its file is missing or damaged.
    """
    if name == "shapes":
        images, targets = draw_shapes()
        return Content(images, targets, SHAPES)

    if name not in ("digits", "fashion"):
        raise KeyError(name)

    arrays = _arrays(name)
    images = arrays["images"]
    targets = arrays["labels"].astype(np.int64)

    if name == "digits":
        return Content(images, targets, tuple(str(digit) for digit in range(10)))

    return Content(images, targets, FASHION, test=1000)


def load_captioned(name: str) -> Captioned:
    """Returns pictures with a text each.

    Raises OSError where the file is missing or damaged.
    """
    arrays = _arrays(name)
    return Captioned(arrays["images"], arrays["texts"].tolist(), arrays["groups"].tolist())


def load_sentences(name: str) -> tuple[list[str], list[str]]:
    """Returns short texts and the class of each. Raises OSError."""
    rows = list(csv.reader(io.StringIO(_unpacked(f"{name}.csv.xz"))))[1:]
    return [text for text, _ in rows], [label for _, label in rows]


def load_book(name: str) -> str:
    """Returns one long text. Raises OSError."""
    return _unpacked(f"{name}.txt.xz")


def load_signals(name: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Returns signals (N, C, L) float32, class numbers (N,) and the classes.

    Raises KeyError for an unknown name.
    """
    if name != "signals":
        raise KeyError(name)

    return *make_signals(), FORMS


def table_path(name: str) -> Path:
    """Returns the path of a built-in table, a plain CSV file."""
    return FOLDER / f"{name}.csv"


def _arrays(name: str) -> dict[str, np.ndarray]:
    """Raises OSError where the file is missing or damaged."""
    path = FOLDER / f"{name}.npz"
    with _guard(path), open_regular(path) as file, np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def _unpacked(name: str) -> str:
    """Raises OSError where the file is missing or damaged."""
    path = FOLDER / name
    with _guard(path), open_regular(path) as file, lzma.open(file) as content:
        return content.read().decode("utf-8")


def _guard(path: Path) -> AbstractContextManager[None]:
    return foreign_reader(lambda words: OSError(errno.EIO, words, str(path)))


def thumbnails(name: str, most: int = 6) -> list[np.ndarray]:
    """Returns a few pictures of a sample, of different classes where it has classes.

    (H, W) or (H, W, 3) uint8 each; [] where it holds no pictures. Raises OSError where its file is
    missing or damaged.
    """
    if name == "shapes":
        return list(draw_shapes(each=1)[0][:most])

    if (FOLDER / f"{name}.npz").is_file() and name not in ("digits", "fashion"):
        captioned = load_captioned(name)
        firsts = [captioned.groups.index(group) for group in dict.fromkeys(captioned.groups)]
        return [captioned.images[row] for row in firsts[:most]]

    try:
        content = load(name)
    except KeyError:
        return []

    return [
        content.images[int(np.flatnonzero(content.targets == label)[0])]
        for label in range(min(most, len(content.classes)))
    ]
