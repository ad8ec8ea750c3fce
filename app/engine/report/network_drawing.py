"""A network as SVG: the blocks as cards from top to bottom, and the lines between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.report.markup import Html, empty_tag, joined, pixels, tag
from models.arrangement import Sizes, arrange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.arrangement import Box, Point

SIZES = Sizes(width=330, row_gap=16, column_gap=32, lane=14)
HEIGHT = 44
MARGIN = 4

LETTER = 6.9
"""Pixels of a letter of 13 pixels, on average: no font can be measured here."""


@dataclass(frozen=True)
class DrawnBlock:
    """What is drawn of a block. shape: of its output, in words. figure: its parameters."""

    name: str
    title: str
    shape: str
    inputs: tuple[str, ...] = ()
    figure: str = ""


def network_svg(blocks: Sequence[DrawnBlock], title: str) -> Html:
    """Returns the drawing. blocks: in topological order. title: what it shows, for a reader."""
    placed = arrange(
        {block.name: block.inputs for block in blocks},
        {block.name: HEIGHT for block in blocks},
        SIZES,
    )
    points = [point for line in placed.lines.values() for point in line]
    left = min([box.x for box in placed.boxes.values()] + [x for x, _ in points]) - MARGIN
    right = max([box.x + box.width for box in placed.boxes.values()] + [x for x, _ in points])
    bottom = max(box.bottom for box in placed.boxes.values())
    width = right - left + MARGIN
    height = bottom + 2 * MARGIN
    parts = [
        tag("title", title),
        *(_line(points) for points in placed.lines.values()),
        *(_block(block, placed.boxes[block.name]) for block in blocks),
    ]
    return tag(
        "svg",
        joined(parts),
        viewBox=f"{pixels(left)} {-MARGIN} {pixels(width)} {pixels(height)}",
        width=width,
        role="img",
        aria_label=title,
        class_="network",
    )


def _line(points: Sequence[Point]) -> Html:
    """Returns a line; a bypass, which has corners, ends in an arrow."""
    path = " ".join(
        f"{'L' if number else 'M'}{pixels(x)} {pixels(y)}" for number, (x, y) in enumerate(points)
    )
    line = empty_tag("path", class_="wire", d=path)
    if len(points) == 2:
        return line

    (x0, y0), (x, y) = points[-2:]
    if y == y0:
        back = 5 if x0 > x else -5
        corners = ((x, y), (x + back, y - 3), (x + back, y + 3))
    else:
        corners = ((x, y), (x - 3, y - 5), (x + 3, y - 5))

    tip = "M" + "L".join(f"{pixels(a)} {pixels(b)}" for a, b in corners) + "Z"
    return joined((line, empty_tag("path", class_="tip", d=tip)))


def _block(block: DrawnBlock, box: Box) -> Html:
    room = box.width - 24
    beside = LETTER * len(block.figure) + 12 if block.figure else 0.0
    words = f"{block.title} ({block.name}): {block.shape}"
    parts = [
        tag("title", f"{words}, {block.figure} parameters" if block.figure else words),
        empty_tag(
            "rect", class_="block", x=box.x, y=box.y, width=box.width, height=box.height, rx=8
        ),
        tag(
            "text", _short(block.title, room - beside), class_="strong", x=box.x + 12, y=box.y + 18
        ),
        tag("text", _short(block.shape, room), x=box.x + 12, y=box.y + 34),
    ]
    if block.figure:
        right = box.x + box.width - 12
        parts.append(tag("text", block.figure, x=right, y=box.y + 18, text_anchor="end"))

    return tag("g", joined(parts))


def _short(text: str, room: float) -> str:
    """Returns a text that has about this room in pixels; the block's title has all of it."""
    most = max(4, int(room / LETTER))
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
