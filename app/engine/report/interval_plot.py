"""Shares with their intervals as SVG: a line each, to scale from 0 to 100 %."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.report.markup import Html, empty_tag, joined, tag
from app.engine.text import percent_text

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 720
LABELS = 190
FIGURES = 170
ROW = 28
LETTER = 6.9


@dataclass(frozen=True)
class Interval:
    """A share with its interval, and what guessing reaches; all are shares of 1."""

    label: str
    value: float
    low: float
    high: float
    guess: float

    @property
    def text(self) -> str:
        """The share with its interval: "92.9 % (90.1 % to 95 %)"."""
        ends = f"{percent_text(self.low)} to {percent_text(self.high)}"
        return f"{percent_text(self.value)} ({ends})"


def interval_svg(intervals: Sequence[Interval]) -> Html:
    """Returns the drawing."""
    height = ROW * len(intervals) + 30
    bottom = ROW * len(intervals) + 4
    parts = []
    for percent in (0, 25, 50, 75, 100):
        x = _x(percent / 100)
        parts.append(empty_tag("line", class_="grid", x1=x, x2=x, y1=4, y2=bottom))
        parts.append(tag("text", f"{percent} %", x=x, y=bottom + 18, text_anchor="middle"))

    for number, interval in enumerate(intervals):
        parts += _row(interval, 4 + ROW * (number + 0.5))

    words = "; ".join(
        f"{each.label}: {each.text}, guessing {percent_text(each.guess)}" for each in intervals
    )
    return tag(
        "svg",
        joined((tag("title", "Accuracy with 95 % intervals"), tag("desc", words), *parts)),
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=f"Accuracy with 95 % intervals. {words}",
        class_="chart",
    )


def _row(interval: Interval, y: float) -> list[Html]:
    low, high, guess = _x(interval.low), _x(interval.high), _x(interval.guess)
    return [
        tag("text", _short(interval.label), x=0, y=y + 4, class_="strong"),
        empty_tag("line", class_="level", x1=guess, x2=guess, y1=y - 9, y2=y + 9),
        empty_tag("line", class_="interval", x1=low, x2=high, y1=y, y2=y),
        empty_tag("line", class_="interval", x1=low, x2=low, y1=y - 6, y2=y + 6),
        empty_tag("line", class_="interval", x1=high, x2=high, y1=y - 6, y2=y + 6),
        empty_tag("circle", class_="middle", cx=_x(interval.value), cy=y, r=4),
        tag("text", interval.text, x=WIDTH, y=y + 4, text_anchor="end"),
    ]


def _x(share: float) -> float:
    return LABELS + share * (WIDTH - LABELS - FIGURES - 24)


def _short(text: str) -> str:
    """Returns a label that has room; the table below has the whole of it."""
    most = int((LABELS - 16) / LETTER)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
