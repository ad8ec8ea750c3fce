"""The built-in datasets: small, offline, to play with at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parents[3] / "resources" / "samples"
PREFIX = "sample:"
FASHION_FOLDER = Path("/usr/share/datasets/fashion-mnist")

FULL_FASHION_HELP = (
    "The full Fashion-MNIST has 60,000 training and 10,000 test pictures. On Debian and Ubuntu: "
    "apt-get install dataset-fashion-mnist\n"
    f"Its four files then lie in {FASHION_FOLDER}: open that folder."
)


@dataclass(frozen=True)
class Sample:
    """A built-in dataset. expectation: the accuracy to expect, for a person. source_note: where it is from."""

    name: str
    label: str
    summary: str
    expectation: str
    licence: str
    source_note: str

    @property
    def source(self) -> str:
        """What stands in an experiment file as data.source."""
        return PREFIX + self.name


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample(
            "digits", "Handwritten digits",
            "1,797 grey pictures of the digits 0 to 9, 8 × 8 pixels: trains in seconds.",
            "Expect 97 to 99 % right.",
            "CC BY 4.0",
            "The test part of UCI's Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, 1998), "
            "as scikit-learn ships it.",
        ),
        Sample(
            "fashion", "Fashion-MNIST, a slice",
            "6,000 grey pictures of clothes, shoes and bags in 10 classes, 28 × 28 pixels.",
            "Expect 88 to 91 % right; the full set reaches 94 %.",
            "MIT",
            "The first 500 training and 100 test pictures of each class of Fashion-MNIST (Zalando SE, 2017).",
        ),
        Sample(
            "shapes", "Coloured shapes",
            "1,200 colour pictures of six shapes at any size, angle and colour, 32 × 32 pixels.",
            "Expect 97 % right or more.",
            "CC0",
            "Drawn by this program, the same pictures every time.",
        ),
    )
}

SHAPES = ("circle", "cross", "ring", "square", "star", "triangle")
FASHION = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)


@dataclass(frozen=True)
class Content:
    """images: (N, H, W[, 3]) uint8. targets: (N,) class numbers. test: how many of the last rows are the test set."""

    images: np.ndarray
    targets: np.ndarray
    classes: tuple[str, ...]
    test: int = 0


def load(name: str) -> Content:
    """The content of a sample. Raises KeyError for an unknown name, OSError where its file is missing."""
    if name == "shapes":
        return draw_shapes()
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as file:
        images, targets = file["images"], file["labels"].astype(np.int64)
    if name == "digits":
        return Content(images, targets, tuple(str(digit) for digit in range(10)))
    return Content(images, targets, FASHION, test=1000)


def draw_shapes(each: int = 200, side: int = 32, seed: int = 7) -> Content:
    """So many pictures of each shape; drawn four times as large, then reduced, so that edges are smooth."""
    random = np.random.Generator(np.random.PCG64(seed))
    targets = np.tile(np.arange(len(SHAPES)), each)
    images = np.stack([_draw(SHAPES[target], side, random) for target in targets])
    return Content(images, targets, SHAPES)


def _draw(shape: str, side: int, random: np.random.Generator) -> np.ndarray:
    large = side * 4
    paper, ink = random.integers(0, 256, 3), random.integers(0, 256, 3)
    while np.abs(paper - ink).sum() < 180:  # not to be told apart by anyone
        ink = random.integers(0, 256, 3)
    picture = Image.new("RGB", (large, large), tuple(paper.tolist()))
    radius = random.uniform(0.2, 0.42) * large
    x, y = random.uniform(radius, large - radius, 2)
    turn = random.uniform(0, 2 * math.pi)
    draw, colour = ImageDraw.Draw(picture), tuple(ink.tolist())
    if shape in ("circle", "ring"):
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=colour if shape == "circle" else None, outline=colour, width=int(radius * 0.3))
    else:
        draw.polygon([(x + px * radius, y + py * radius) for px, py in _outline(shape, turn)], fill=colour)
    small = picture.resize((side, side), Image.Resampling.BOX)
    noise = random.normal(0, 6, (side, side, 3))
    return np.clip(np.asarray(small) + noise, 0, 255).astype(np.uint8)


def _outline(shape: str, turn: float) -> list[tuple[float, float]]:
    """Corners on or within the circle of radius 1, turned."""
    if shape == "cross":
        arm = 0.28
        quarter = [(arm, 0.96), (arm, arm), (0.96, arm), (0.96, -arm), (arm, -arm), (arm, -0.96)]
        corners = quarter + [(-px, -py) for px, py in quarter]
    else:
        count = {"square": 4, "star": 10, "triangle": 3}[shape]
        radii = [0.42 if shape == "star" and corner % 2 else 1.0 for corner in range(count)]
        angles = [2 * math.pi * corner / count for corner in range(count)]
        corners = [(r * math.cos(a), r * math.sin(a)) for r, a in zip(radii, angles, strict=True)]
    cos, sin = math.cos(turn), math.sin(turn)
    return [(px * cos - py * sin, px * sin + py * cos) for px, py in corners]
