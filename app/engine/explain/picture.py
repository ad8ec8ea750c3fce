"""Draws a map as a picture: colours over a picture, a band under a signal, bars beside words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from app.engine.explain.explaining import HalfExplained

PAPER = "#ffffff"
INK = "#1a1e26"
GREY = "#5a6372"
FOR = (213, 94, 0)
"""What spoke for the answer."""
AGAINST = (0, 114, 178)
"""What spoke against it."""

LEAST_SIDE = 336
WIDTH = 900
ROW = 30
MOST_BARS = 24
"""Of many columns or tokens the strongest are drawn."""

MOST_LETTERS = 28


def draw(explained: HalfExplained) -> Image.Image:
    """Returns the map of one half of an example, RGB."""
    if explained.kind == "image":
        return _over_picture(explained)
    if explained.kind == "signal":
        return _under_signal(explained)

    return _bars(explained)


def over_picture(stored: np.ndarray, relevance: np.ndarray) -> np.ndarray:
    """Returns a picture (C, H, W) in grey with a map (H, W) over it as (H, W, 3) uint8.

    What spoke for the answer is orange, what spoke against it blue, as strong as the map there.
    """
    white = np.iinfo(stored.dtype).max
    grey = stored.astype(np.float32).mean(0) / white * 255
    strength = strengths(relevance)[..., None]
    colour = np.where(strength > 0, np.array(FOR), np.array(AGAINST))
    opacity = 0.75 * np.abs(strength)
    mixed: np.ndarray = (1 - opacity) * grey[..., None] + opacity * colour
    return mixed.round().astype(np.uint8)


def strengths(relevance: np.ndarray) -> np.ndarray:
    """Returns a map in -1 to 1: divided by its largest absolute value; zeros where it is even."""
    most = float(np.abs(relevance).max()) if relevance.size else 0.0
    return relevance / most if most > 0 else np.zeros_like(relevance)


def _over_picture(explained: HalfExplained) -> Image.Image:
    plain = over_picture(explained.stored, np.zeros_like(explained.relevance))
    marked = over_picture(explained.stored, explained.relevance)
    both = Image.fromarray(np.concatenate([plain, marked], axis=1))
    larger = max(1, -(-LEAST_SIDE // explained.relevance.shape[0]))
    return both.resize((both.width * larger, both.height * larger), Image.Resampling.NEAREST)


def _under_signal(explained: HalfExplained) -> Image.Image:
    """Returns every channel as a line, on a band that is as strong as the map there."""
    channels, length = explained.stored.shape
    height = 160
    picture = Image.new("RGB", (WIDTH, height * channels), PAPER)
    draw_ = ImageDraw.Draw(picture)
    strength = strengths(explained.relevance)
    for x in range(WIDTH):
        value = float(strength[min(length - 1, x * length // WIDTH)])
        colour = _blended(FOR if value > 0 else AGAINST, abs(value) * 0.75)
        draw_.line([(x, 0), (x, picture.height)], fill=colour)

    for channel, values in enumerate(explained.stored.astype(np.float64)):
        low, high = float(values.min()), float(values.max())
        scaled = (values - low) / ((high - low) or 1.0)
        top = channel * height + 12
        points = [
            (index * (WIDTH - 1) / max(1, length - 1), top + (1 - value) * (height - 24))
            for index, value in enumerate(scaled.tolist())
        ]
        draw_.line(points, fill=INK, width=2)

    return picture


def _bars(explained: HalfExplained) -> Image.Image:
    """Returns a bar for each column or token, the strongest ones in their own order."""
    values = explained.by_part
    shown = np.sort(np.argsort(-np.abs(values), kind="stable")[:MOST_BARS])
    strength = strengths(values)
    picture = Image.new("RGB", (WIDTH, ROW * max(1, len(shown)) + 2 * ROW), PAPER)
    draw_ = ImageDraw.Draw(picture)
    font = ImageFont.load_default(17)
    middle, reach = 600, 270
    draw_.text((20, 8), "spoke against", fill=GREY, font=font)
    draw_.text((middle, 8), "spoke for the answer", fill=GREY, font=font)

    for line, part in enumerate(shown):
        y = ROW + line * ROW
        name = explained.names[part]
        name = name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
        draw_.text((20, y + 4), name, fill=INK, font=font)
        end = middle + reach * float(strength[part])
        left, right = sorted((float(middle), end))
        draw_.rectangle(
            (left, y + 6, right, y + ROW - 6), fill=FOR if strength[part] > 0 else AGAINST
        )

    draw_.line([(middle, ROW), (middle, picture.height - ROW)], fill=GREY)
    return picture


def _blended(colour: tuple[int, int, int], opacity: float) -> tuple[int, int, int]:
    """Returns a colour over white paper."""
    red, green, blue = (round(255 + (part - 255) * opacity) for part in colour)
    return red, green, blue
