"""Draws the pictures of the sample "shapes", the same ones every time."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

SHAPES = ("circle", "cross", "ring", "square", "star", "triangle")


def draw_shapes(each: int = 200, side: int = 32, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Draws so many pictures of each shape.

    Returns (N, side, side, 3) uint8 and their numbers in SHAPES, (N,) int64. They are drawn four
    times as large, then reduced, so that edges are smooth.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    targets = np.tile(np.arange(len(SHAPES)), each)
    images = np.stack([_draw(SHAPES[target], side, random) for target in targets])

    return images, targets


def _draw(shape: str, side: int, random: np.random.Generator) -> np.ndarray:
    large = side * 4
    paper = random.integers(0, 256, 3)
    ink = random.integers(0, 256, 3)
    while np.abs(paper - ink).sum() < 180:  # nobody could tell these apart
        ink = random.integers(0, 256, 3)

    picture = Image.new("RGB", (large, large), tuple(paper.tolist()))
    radius = random.uniform(0.2, 0.42) * large
    x, y = random.uniform(radius, large - radius, 2)
    angle = random.uniform(0, 2 * math.pi)
    draw = ImageDraw.Draw(picture)

    colour = tuple(ink.tolist())
    if shape in ("circle", "ring"):
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(
            box, fill=colour if shape == "circle" else None, outline=colour, width=int(radius * 0.3)
        )
    else:
        draw.polygon(
            [(x + px * radius, y + py * radius) for px, py in _outline(shape, angle)], fill=colour
        )

    small = picture.resize((side, side), Image.Resampling.BOX)
    noise = random.normal(0, 6, (side, side, 3))
    return np.clip(np.asarray(small) + noise, 0, 255).astype(np.uint8)


def _outline(shape: str, angle: float) -> list[tuple[float, float]]:
    """Returns the corners of a shape on or within the circle of radius 1, rotated by an angle."""
    if shape == "cross":
        arm = 0.28
        quarter = [(arm, 0.96), (arm, arm), (0.96, arm), (0.96, -arm), (arm, -arm), (arm, -0.96)]
        corners = quarter + [(-px, -py) for px, py in quarter]
    else:
        count = {"square": 4, "star": 10, "triangle": 3}[shape]
        radii = [0.42 if shape == "star" and corner % 2 else 1.0 for corner in range(count)]
        angles = [2 * math.pi * corner / count for corner in range(count)]
        corners = [(r * math.cos(a), r * math.sin(a)) for r, a in zip(radii, angles, strict=True)]

    cos = math.cos(angle)
    sin = math.sin(angle)
    return [(px * cos - py * sin, px * sin + py * cos) for px, py in corners]
