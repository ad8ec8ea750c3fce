"""Charts as SVG: a few lines over one pair of axes, in the colours of the page.

Colours come from the page's style sheet, so that a chart follows light and dark. Long curves are
drawn by the least and the greatest value of each stretch: no peak is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from app.engine.report.markup import Html, empty_tag, escaped, joined, pixels, tag
from app.engine.runs.curves.robust_range import Extent, robust_range
from app.engine.runs.curves.thinning import decimate, finite
from app.engine.text import number_text
from app.engine.ticks import NUMBERS, Ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH = 720
HEIGHT = 300
LEFT = 84
RIGHT = 16
TOP = 12
BOTTOM = 44
"""Sizes in pixels; the page may draw all of it smaller."""

STRETCHES = 600
"""Stretches of a long curve: two points each, so that there is one for every pixel or so."""

SPIKE = 3.0
"""A value so many times above what is usual does not set the scale; the caption names it."""

FEW = 30
"""From so many values on, a peak of one or two of them does not count as usual."""

MOST_DOTS = 60
"""A line of so many points has a mark at each, where it is to have any."""

COLORS = 8
"""Colours of lines in the style sheet; then they come again with another dash."""


@dataclass(frozen=True)
class Line:
    """One curve. x, y: (n,), x ascending; NaN is a hole.

    style: of the style sheet: "training", "validation", "series-1" ... faint: thin, behind others.
    points: each value has a mark.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    style: str
    faint: bool = False
    points: bool = False


@dataclass(frozen=True)
class Chart:
    """Lines over axes. title: what it shows, for those who cannot see it.

    words: a value as text. low, high: limits of the values, where they are fixed. marked: points
    with a ring, and its name. level: a dashed line across, with its name. of_runs: the lines are of
    runs, of which one that goes out of bounds does not flatten the others.
    """

    title: str
    lines: Sequence[Line]
    x_title: str
    y_title: str
    ticks: Ticks = NUMBERS
    words: Callable[[float], str] = number_text
    low: float | None = None
    high: float | None = None
    marked: Sequence[tuple[float, float, str]] = ()
    level: tuple[float, str] | None = None
    of_runs: bool = False
    height: int = HEIGHT
    _limits: list[tuple[float, float, float, float]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether no line has a value."""
        return not any(np.isfinite(line.y).any() for line in self.lines)

    def svg(self) -> Html:
        """Returns the drawing; it names itself to a screen reader."""
        frame = _Frame(*self.limits(), self.height)
        parts = [
            tag("title", self.title),
            tag("desc", self.description()),
            *self._grid(frame),
            *(_drawn(line, frame) for line in self.lines if line.faint),
            *(_drawn(line, frame) for line in self.lines if not line.faint),
            *(_ring(x, y, frame) for x, y, _ in self.marked if np.isfinite(y)),
        ]
        drawing = tag(
            "svg",
            joined(parts),
            viewBox=f"0 0 {WIDTH} {self.height}",
            role="img",
            aria_label=self.title,
            class_="chart",
        )
        return joined((self.legend(), drawing))

    def legend(self) -> Html:
        """Returns the names of the lines with their signs; nothing where there is one line."""
        named = [line for line in self.lines if line.name]
        if len(named) < 2 and not self.marked:
            return Html("")

        entries = [tag("li", joined((_sign(line), escaped(line.name)), " ")) for line in named]
        entries += [
            tag("li", joined((_ring_sign(), escaped(text)), " ")) for *_, text in self.marked
        ]
        return tag("ul", joined(entries), class_="legend")

    def limits(self) -> tuple[float, float, float, float]:
        """Returns left, right, bottom and top of the axes."""
        if self._limits:
            return self._limits[0]

        places = [line.x[[0, -1]] for line in self.lines if len(line.x)]
        left = min([0.0, *(float(ends[0]) for ends in places)])
        right = max((float(ends[1]) for ends in places), default=1.0)
        low, high = self._heights()
        self._limits.append((left, max(right, left + 1e-9), low, high))
        return self._limits[0]

    def beyond(self) -> str:
        """Returns the values that lie beyond the axis, in a sentence; "" for none."""
        _, _, bottom, top = self.limits()
        texts = []
        for line in self.lines:
            known = np.where(np.isfinite(line.y), line.y, bottom)
            furthest = np.maximum(known - top, bottom - known)
            row = int(furthest.argmax()) if len(known) else -1
            if row < 0 or furthest[row] <= 0:
                continue

            of = f"{line.name}: " if line.name and len(self.lines) > 1 else ""
            place = number_text(float(line.x[row]), 6)
            texts.append(f"{of}{self.words(float(known[row]))} at {self.x_title} {place}")

        return f"Beyond the axis: {'; '.join(texts[:8])}." if texts else ""

    def description(self) -> str:
        """Returns what the lines do, in words: where each begins, ends and is least and most."""
        texts = []
        for line in self.lines:
            known = line.y[np.isfinite(line.y)]
            if len(known) and line.name:
                texts.append(
                    f"{line.name}: from {self.words(float(known[0]))} to "
                    f"{self.words(float(known[-1]))}, least {self.words(float(known.min()))}, "
                    f"greatest {self.words(float(known.max()))}"
                )

        return f"{self.y_title} over {self.x_title}. {'; '.join(texts[:20])}."

    def _heights(self) -> tuple[float, float]:
        known = [line.y[np.isfinite(line.y)] for line in self.lines]
        known = [values for values in known if len(values)]
        if self.level is not None:
            known.append(np.array([self.level[0]]))

        low = min((float(values.min()) for values in known), default=0.0)
        high = max((float(values.max()) for values in known), default=1.0)
        if self.of_runs:
            extents = [extent for values in known if (extent := Extent.of(values)) is not None]
            low, high, _ = robust_range(extents, show_all=self.high is not None)
        elif self.high is None:
            usual = max(map(_lasting, known), default=high)
            if high - low > SPIKE * (usual - low) > 0:
                high = usual

        margin = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
        bottom = self.low if self.low is not None else (0.0 if low == 0 else low - margin)
        top = self.high if self.high is not None else high + margin
        return max(bottom, self.ticks.low), max(top, bottom + 1e-12)

    def _grid(self, frame: _Frame) -> list[Html]:
        """Returns the grid with the labels of both axes and their names."""
        parts = []
        for value, text in _labels(self.ticks, frame.low, frame.high, 6):
            y = frame.y(value)
            parts.append(empty_tag("line", class_="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y))
            parts.append(_text(text, LEFT - 8, y + 4, "end"))
        for value, text in _labels(NUMBERS, frame.left, frame.right, 9):
            parts.append(_text(text, frame.x(value), self.height - BOTTOM + 18, "middle"))

        middle = (TOP + self.height - BOTTOM) / 2
        parts.append(_text(self.x_title, (LEFT + WIDTH - RIGHT) / 2, self.height - 6, "middle"))
        parts.append(
            _text(
                self.y_title,
                0,
                0,
                "middle",
                transform=f"translate(13 {pixels(middle)}) rotate(-90)",
            )
        )
        if self.level is not None:
            value, text = self.level
            y = frame.y(value)
            ends = {"x1": LEFT, "x2": WIDTH - RIGHT, "y1": y, "y2": y}
            parts.append(empty_tag("line", class_="level", **ends))
            parts.append(_text(text, WIDTH - RIGHT - 4, y - 5, "end"))

        return parts


@dataclass(frozen=True)
class _Frame:
    """Where values lie in the drawing."""

    left: float
    right: float
    low: float
    high: float
    height: int

    def x(self, value: float) -> float:
        return LEFT + (value - self.left) / (self.right - self.left) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        bottom = self.height - BOTTOM
        return bottom - min(1.0, max(0.0, share)) * (bottom - TOP)

    def places(self, line: Line) -> tuple[np.ndarray, np.ndarray]:
        """Returns the points that are drawn, in pixels; values beyond the axis lie on its edge."""
        x, y = decimate(line.x, finite(line.y), 2 * STRETCHES)
        across = LEFT + (x - self.left) / (self.right - self.left) * (WIDTH - LEFT - RIGHT)
        share = np.clip((y - self.low) / (self.high - self.low), 0.0, 1.0)
        bottom = self.height - BOTTOM
        return across, bottom - share * (bottom - TOP)


def _lasting(values: np.ndarray) -> float:
    """Returns the greatest of (n,) finite values that lasted three of them; of a few, of all."""
    if len(values) >= FEW:
        values = np.minimum(np.minimum(values[:-2], values[1:-1]), values[2:])

    return float(values.max())


def _drawn(line: Line, frame: _Frame) -> Html:
    """Returns a line as a path, a new piece behind every hole, and marks for few points."""
    x, y = frame.places(line)
    known = np.isfinite(y)
    if not known.any():
        return Html("")

    words = []
    is_new = True
    for across, down, there in zip(x.tolist(), y.tolist(), known.tolist(), strict=True):
        if there:
            words.append(f"{'M' if is_new else 'L'}{pixels(across)} {pixels(down)}")
        is_new = not there

    role = f"line {line.style}{' faint' if line.faint else ''}"
    parts = [empty_tag("path", class_=role, d="".join(words))]
    count = int(known.sum())
    if count == 1 or (line.points and count <= MOST_DOTS):
        parts += [
            empty_tag("circle", class_=f"point {line.style}", cx=across, cy=down, r=3)
            for across, down in zip(x[known].tolist(), y[known].tolist(), strict=True)
        ]

    return joined(parts)


def _ring(x: float, y: float, frame: _Frame) -> Html:
    return empty_tag("circle", class_="ring", cx=frame.x(x), cy=frame.y(y), r=6)


def _sign(line: Line) -> Html:
    """Returns a bit of a line for the legend."""
    role = f"line {line.style}{' faint' if line.faint else ''}"
    stroke = empty_tag("path", class_=role, d="M0 6L24 6")
    return tag("svg", stroke, viewBox="0 0 24 12", class_="sign", aria_hidden="true")


def _ring_sign() -> Html:
    circle = empty_tag("circle", class_="ring", cx=12, cy=6, r=5)
    return tag("svg", circle, viewBox="0 0 24 12", class_="sign", aria_hidden="true")


def _text(text: str, x: float, y: float, anchor: str, transform: str | None = None) -> Html:
    return tag("text", text, x=x, y=y, text_anchor=anchor, transform=transform)


def _labels(ticks: Ticks, low: float, high: float, count: int) -> list[tuple[float, str]]:
    """Returns round values between the limits with their texts."""
    low = max(low, ticks.low)
    high = min(high, ticks.high)
    if not high > low:
        return []

    spacing = ticks.round((high - low) / count)
    first = math.ceil(low / spacing - 1e-9)
    values = [n * spacing for n in range(first, math.floor(high / spacing + 1e-9) + 1)]
    return list(zip(values, ticks.texts(values, spacing), strict=True))


def series_style(number: int) -> str:
    """Returns the style of the n-th of several runs: a colour, and a dash from the ninth on."""
    dash = f" dash-{number // COLORS % 4}" if number >= COLORS else ""
    return f"series-{number % COLORS + 1}{dash}"
