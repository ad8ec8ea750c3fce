"""Draws the curves of a run as a picture, without a window: the losses and the main figure."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.engine import files
from app.engine.learning.metrics import METRICS, metric_text
from app.engine.text import number_text, percent_text

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.history import History
    from app.engine.runs.metrics_lines import EpochLine

SIZE = (1440, 720)
FINE = 2
"""The picture is drawn so many times larger and reduced, so that lines get smooth edges."""

PAPER = "#ffffff"
INK = "#1a1e26"
GREY = "#5a6372"
GRID = "#eceef2"
TRAINING = "#0072b2"
TRAINING_RAW = "#a9cfe6"
VALIDATION = "#d55e00"
BEST = "#0b7a4b"
POINTS = 1500
"""Raw losses drawn at most; more are reduced to their smallest and largest."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Plot:
    """A pair of axes.

    box: left, top, right, bottom in pixels. x_range, y_range: the values at their ends.
    """

    box: tuple[float, float, float, float]
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Returns where a value lies, in pixels."""
        left, top, right, bottom = self.box
        x0, x1 = self.x_range
        y0, y1 = self.y_range

        return (
            left + (x - x0) / (x1 - x0) * (right - left),
            bottom - (y - y0) / (y1 - y0) * (bottom - top),
        )


def write_curves(history: History, title: str, path: Path) -> Path:
    """Writes the picture as PNG and returns its path.

    Raises UserError where the file cannot be written.
    """
    content = io.BytesIO()
    draw_curves(history, title).save(content, "PNG")
    files.write_atomically(path, content.getvalue())

    return path


def draw_curves(history: History, title: str) -> Image.Image:
    """Returns the picture: the loss on the left, the main figure on the right.

    A run of one step has points too.
    """
    width = SIZE[0] * FINE
    height = SIZE[1] * FINE
    picture = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((48 * FINE, 24 * FINE), title, INK, _font(22))

    epochs = [epoch for epoch in history.epochs if epoch.get("step")]
    per_epoch = epochs[0]["step"] / epochs[0]["epoch"] if epochs else max(1, len(history.steps))
    last = max(
        [epoch["epoch"] for epoch in epochs] + [math.ceil(float(history.steps[-1]) / per_epoch)]
        if len(history.steps)
        else [1]
    )

    middle = width // 2
    _loss(
        draw,
        (96 * FINE, 128 * FINE, middle - 32 * FINE, height - 80 * FINE),
        history,
        epochs,
        per_epoch,
        last,
    )

    _figure(
        draw, (middle + 72 * FINE, 128 * FINE, width - 48 * FINE, height - 80 * FINE), epochs, last
    )
    return picture.resize(SIZE, Image.Resampling.LANCZOS)


def _loss(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    history: History,
    epochs: list[EpochLine],
    per_epoch: float,
    last: float,
) -> None:
    known = np.isfinite(history.losses)
    raw = list(
        zip(
            (history.steps[known] / per_epoch).tolist(), history.losses[known].tolist(), strict=True
        )
    )

    validation = _points(epochs, lambda epoch: epoch["validation_loss"])
    smooth = _smoothed(raw)
    values = sorted([y for _, y in smooth + validation] or [1.0])
    top = max(values[-1], float(np.quantile([y for _, y in raw], 0.98)) if raw else 0.0)
    plot = _axes(
        draw,
        box,
        (0.0, float(last)),
        (0.0, top),
        "Loss",
        "lower is better",
        number_text,
    )

    _line(draw, plot, _reduced(raw), TRAINING_RAW, 1)
    _line(draw, plot, smooth, TRAINING, 3, dots=len(smooth) < 30)
    _line(draw, plot, validation, VALIDATION, 3, squares=True)
    right = box[2] - 190 * FINE
    _legend(
        draw,
        (right, box[1] + 8 * FINE),
        [("training", TRAINING, False), ("validation", VALIDATION, True)],
    )


def _figure(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    epochs: list[EpochLine],
    last: float,
) -> None:
    """Draws the main figure of the task: the first that the epochs name."""
    name = next((name for epoch in epochs for name in epoch["metrics"]), "accuracy")
    points = _points(epochs, lambda epoch: epoch["metrics"].get(name))
    label = METRICS[name].label if name in METRICS else name
    shares = name in METRICS and METRICS[name].shown == "percent"
    low, high = _shares(points) if shares else _range(points)
    words: Callable[[float], str] = percent_text if shares else number_text
    plot = _axes(
        draw,
        box,
        (0.0, float(last)),
        (low, high),
        label[:1].upper() + label[1:],
        "on examples it never trains on",
        words,
    )

    _line(draw, plot, points, VALIDATION, 3, squares=True)
    best = [epoch for epoch in epochs if epoch.get("best")]
    value = best[-1]["metrics"].get(name) if best else None
    if value is not None:
        x, y = plot.at(best[-1]["epoch"], value)
        reach = 9 * FINE
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), outline=BEST, width=3 * FINE)
        below = y + 16 * FINE if y - 40 * FINE < box[1] else y - 36 * FINE
        anchor = "ra" if x > box[2] - 120 * FINE else "ma"
        draw.text((x, below), f"best: {metric_text(name, value)}", BEST, _font(15), anchor=anchor)


def _shares(points: Points) -> tuple[float, float]:
    """Returns the ends of an axis of shares: up to 100 %, from 0 unless all are high."""
    low = min([y for _, y in points] or [0.0])
    return (0.0 if low < 0.5 else math.floor(low * 20 - 0.5) / 20), 1.0


def _range(points: Points) -> tuple[float, float]:
    """Returns the ends of any other axis: from 0, or from below where values are."""
    values = [y for _, y in points] or [0.0, 1.0]
    low = min(0.0, *values, 0.0)
    high = max(0.0, *values, 0.0)

    return low, high if high > low else low + 1.0


def _axes(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    title: str,
    aside: str,
    words: Callable[[float], str],
) -> Plot:
    left, top, right, bottom = box
    y_ticks = _ticks(*y_range)
    x_ticks = [x for x in _ticks(*x_range) if x == int(x) and x <= x_range[1]]
    plot = Plot(box, (x_range[0], max(x_range[1], x_range[0] + 1)), (y_ticks[0], y_ticks[-1]))
    draw.text((left, top - 48 * FINE), title, INK, _font(18))
    draw.text(
        (left + draw.textlength(title, _font(18)) + 10 * FINE, top - 46 * FINE),
        aside,
        GREY,
        _font(15),
    )

    for y in y_ticks:
        _, at = plot.at(0, y)
        draw.line((left, at, right, at), GRID, FINE)
        draw.text((left - 10 * FINE, at), words(y), GREY, _font(14), anchor="rm")

    for x in x_ticks:
        at, _ = plot.at(x, 0)
        draw.text((at, bottom + 10 * FINE), number_text(x), GREY, _font(14), anchor="ma")

    draw.line((left, bottom, right, bottom), GREY, FINE)
    draw.text(((left + right) / 2, bottom + 36 * FINE), "epoch", GREY, _font(15), anchor="ma")
    return plot


def _line(
    draw: ImageDraw.ImageDraw,
    plot: Plot,
    points: Points,
    colour: str,
    width: int,
    dots: bool = False,
    squares: bool = False,
) -> None:
    left, top, right, bottom = plot.box
    placed = [plot.at(x, y) for x, y in points]

    placed = [(min(max(x, left), right), min(max(y, top), bottom)) for x, y in placed]
    if len(placed) > 1:
        draw.line(placed, colour, width * FINE, joint="curve")

    reach = (5 if len(placed) <= 20 else 3) * FINE
    for x, y in placed if dots or squares else []:
        shape = draw.rectangle if squares else draw.ellipse
        shape((x - reach, y - reach, x + reach, y + reach), fill=colour)


def _legend(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], entries: list[tuple[str, str, bool]]
) -> None:
    x, y = at
    for name, colour, square in entries:
        if square:
            draw.rectangle((x + 7 * FINE, y + 4 * FINE, x + 17 * FINE, y + 14 * FINE), fill=colour)
        else:
            draw.line((x, y + 9 * FINE, x + 24 * FINE, y + 9 * FINE), colour, 3 * FINE)

        draw.text((x + 34 * FINE, y + 9 * FINE), name, colour, _font(15), anchor="lm")
        y += 26 * FINE


def _points(
    epochs: list[EpochLine], value: Callable[[EpochLine], float | None]
) -> list[tuple[float, float]]:
    """Returns a point for each epoch whose value is known and finite."""
    points = [(float(epoch["epoch"]), value(epoch)) for epoch in epochs]
    return [(x, float(y)) for x, y in points if y is not None and math.isfinite(y)]


def _smoothed(points: Points, keep: float = 0.9) -> list[tuple[float, float]]:
    """Returns an exponential average that starts unbiased (as Adam's moments are corrected)."""
    result = []
    average = 0.0

    weight = 0.0
    for x, y in points:
        average = keep * average + (1 - keep) * y
        weight = keep * weight + (1 - keep)
        result.append((x, average / weight))

    return result


def _reduced(points: Points) -> Points:
    """Returns at most about POINTS points: of each stretch its smallest and its largest value."""
    if len(points) <= POINTS:
        return points

    result: list[tuple[float, float]] = []
    for part in np.array_split(np.array(points), POINTS // 2):
        ends = sorted({int(part[:, 1].argmin()), int(part[:, 1].argmax())})
        result += [(float(part[i, 0]), float(part[i, 1])) for i in ends]

    return result


def _ticks(low: float, high: float, steps: int = 6) -> list[float]:
    """Returns round values from low to at least high, in about so many steps.

    A step is 1, 2 or 5 times a power of ten.
    """
    span = (high - low) or 1.0
    rough = span / steps
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    count = math.ceil((low + span) / step - 1e-9)

    return [round(number * step, 10) for number in range(first, count + 1)]


def _font(size: int) -> Any:
    return ImageFont.load_default(size * FINE)
