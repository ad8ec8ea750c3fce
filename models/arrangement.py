"""Where the blocks of a network stand on a picture, and how the lines between them run.

These are numbers only, without Qt. The layout is a layered one: a block stands one row below the
lowest block it reads. Rows are drawn from top to bottom; the longest way through the network is the
straight column in the middle, and other branches get columns beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Point = tuple[float, float]


@dataclass(frozen=True)
class Sizes:
    """Distances in pixels.

    width: of every block. row_gap, column_gap: between rows and between columns. lane: between a
    bypass and the blocks, or the next bypass.
    """

    width: float = 420
    row_gap: float = 12
    column_gap: float = 40
    lane: float = 16


@dataclass(frozen=True)
class Box:
    """A block's upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True)
class Arrangement:
    """Where everything stands.

    boxes: by block. lines: by (from, to), the corners of a line of level and upright parts.
    """

    boxes: dict[str, Box]
    lines: dict[tuple[str, str], tuple[Point, ...]]


def arrange(
    inputs: Mapping[str, Sequence[str]],
    heights: Mapping[str, float],
    sizes: Sizes,
    placed: Mapping[str, Point] | None = None,
) -> Arrangement:
    """Places every block: `Plan.arranged` of a plan that is used once."""
    return Plan(inputs).arranged(heights, sizes, placed)


class Plan:
    """The rows, columns and lanes of a network, which follow from who reads whom alone.

    inputs: block -> the blocks it reads, in topological order; what reads nothing stands on top.
    """

    def __init__(self, inputs: Mapping[str, Sequence[str]]) -> None:
        self.inputs = inputs
        self._rows = _rows(inputs)
        self._columns = _columns(inputs, self._rows)
        self._lanes = _Lanes(inputs, self._rows, self._columns)

    def widest_block(self, room: float, sizes: Sizes) -> float:
        """Returns the width of blocks with which all columns fit into so many pixels.

        It is not positive where there is no such width.
        """
        columns = set(self._columns.values())
        if not columns:
            return room

        lanes = sum(self._lanes.most.values()) * sizes.lane
        gaps = (max(columns) - min(columns)) * sizes.column_gap
        return (room - lanes - gaps) / (max(columns) - min(columns) + 1)

    def arranged(
        self,
        heights: Mapping[str, float],
        sizes: Sizes,
        placed: Mapping[str, Point] | None = None,
    ) -> Arrangement:
        """Places every block.

        heights: of every block, in pixels. placed: the middle of the upper edge of blocks that were
        put somewhere by hand. The middle of the main column is x = 0, the top is y = 0.
        """
        rows, columns, lanes = self._rows, self._columns, self._lanes
        boxes = _boxes(rows, columns, heights, sizes, lanes)
        by_hand = {name: place for name, place in (placed or {}).items() if name in boxes}
        for name, (middle, top) in by_hand.items():
            boxes[name] = Box(middle - sizes.width / 2, top, sizes.width, heights[name])

        lines = {
            (source, target): free_line(boxes[source], boxes[target], sizes)
            if source in by_hand or target in by_hand
            else _line(source, target, boxes, rows, columns, lanes, sizes)
            for target, sources in self.inputs.items()
            for source in sources
        }

        return Arrangement(boxes, lines)


def free_line(start: Box, end: Box, sizes: Sizes) -> tuple[Point, ...]:
    """Returns the line between two blocks of which one was moved by hand.

    It runs from the lower edge to the upper one, or around the right side where the block that
    reads stands higher.
    """
    if end.y - start.bottom >= sizes.row_gap / 2:
        between = (start.bottom + end.y) / 2
        if abs(start.middle - end.middle) < 1:
            return (start.middle, start.bottom), (end.middle, end.y)

        return (
            (start.middle, start.bottom),
            (start.middle, between),
            (end.middle, between),
            (end.middle, end.y),
        )

    x = max(start.x + start.width, end.x + end.width) + sizes.lane
    below = start.bottom + sizes.row_gap / 2
    above = end.y - sizes.row_gap / 2
    return (
        (start.middle, start.bottom),
        (start.middle, below),
        (x, below),
        (x, above),
        (end.middle, above),
        (end.middle, end.y),
    )


def _rows(inputs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for name, sources in inputs.items():
        rows[name] = max((rows[source] + 1 for source in sources), default=0)

    return rows


def _columns(inputs: Mapping[str, Sequence[str]], rows: Mapping[str, int]) -> dict[str, int]:
    """Returns the column of every block.

    0 is the longest way to the last block; the branches get 1, -1, 2 ...
    """
    columns: dict[str, int] = {}
    taken: dict[int, list[tuple[int, int]]] = {}
    for end in sorted(inputs, key=lambda name: -rows[name]):
        if end in columns:
            continue

        chain = [end]
        while sources := [name for name in inputs[chain[-1]] if name not in columns]:
            chain.append(max(sources, key=lambda name: rows[name]))

        column = _free_column(taken, rows[chain[-1]], rows[end])
        taken.setdefault(column, []).append((rows[chain[-1]], rows[end]))
        columns |= dict.fromkeys(chain, column)

    return columns


def _free_column(taken: Mapping[int, list[tuple[int, int]]], first: int, last: int) -> int:
    tried = 0
    while True:
        for column in (tried, -tried):
            if all(last < start or first > end for start, end in taken.get(column, ())):
                return column
        tried += 1


class _Lanes:
    """Lanes of the bypasses: lines that cannot run straight, because blocks stand in between.

    Each runs on the right of the column of its target; bypasses whose rows overlap lie beside each
    other.
    """

    def __init__(
        self,
        inputs: Mapping[str, Sequence[str]],
        rows: Mapping[str, int],
        columns: Mapping[str, int],
    ) -> None:
        self.of: dict[tuple[str, str], int] = {}
        """Lane of each bypass, by (from, to); 0 is the one beside the blocks."""
        self.most: dict[int, int] = {}
        """Lanes of each column."""
        places = {(columns[name], rows[name]) for name in inputs}
        lanes_of_column: dict[int, list[list[tuple[int, int]]]] = {}

        edges = [(source, target) for target, sources in inputs.items() for source in sources]
        for source, target in sorted(edges, key=lambda edge: rows[edge[1]] - rows[edge[0]]):
            between = range(rows[source] + 1, rows[target])
            if not any((columns[target], row) in places for row in between):
                continue

            column = columns[target]
            span = (rows[source], rows[target])
            lanes = lanes_of_column.setdefault(column, [])

            lane = next(
                (
                    number
                    for number, spans in enumerate(lanes)
                    if all(_apart(span, other) for other in spans)
                ),
                len(lanes),
            )
            if lane == len(lanes):
                lanes.append([])

            lanes[lane].append(span)
            self.of[source, target] = lane
            self.most[column] = max(self.most.get(column, 0), lane + 1)


def _apart(first: tuple[int, int], second: tuple[int, int]) -> bool:
    return first[1] <= second[0] or first[0] >= second[1]


def _boxes(
    rows: Mapping[str, int],
    columns: Mapping[str, int],
    heights: Mapping[str, float],
    sizes: Sizes,
    lanes: _Lanes,
) -> dict[str, Box]:
    tallest: dict[int, float] = {}
    for name, row in rows.items():
        tallest[row] = max(tallest.get(row, 0.0), heights[name])

    tops = {}
    top = 0.0
    for row in sorted(tallest):
        tops[row] = top
        top += tallest[row] + sizes.row_gap

    lefts = _lefts(set(columns.values()), sizes, lanes)
    return {
        name: Box(lefts[columns[name]], tops[row], sizes.width, heights[name])
        for name, row in rows.items()
    }


def _lefts(columns: set[int], sizes: Sizes, lanes: _Lanes) -> dict[int, float]:
    """Returns the left edge of every column, with room for the lanes on its right."""

    def room(column: int) -> float:
        return sizes.width + sizes.column_gap + lanes.most.get(column, 0) * sizes.lane

    lefts = {0: -sizes.width / 2}
    for column in range(1, max(columns) + 1):
        lefts[column] = lefts[column - 1] + room(column - 1)

    for column in range(-1, min(columns) - 1, -1):
        lefts[column] = lefts[column + 1] - room(column)

    return lefts


def _line(
    source: str,
    target: str,
    boxes: Mapping[str, Box],
    rows: Mapping[str, int],
    columns: Mapping[str, int],
    lanes: _Lanes,
    sizes: Sizes,
) -> tuple[Point, ...]:
    start = boxes[source]
    end = boxes[target]
    above = end.y - sizes.row_gap / 2

    if (source, target) in lanes.of:
        return _bypass(
            start, end, lanes.of[source, target], columns[source] == columns[target], sizes
        )
    if start.middle == end.middle:
        return (start.middle, start.bottom), (end.middle, end.y)
    if rows[target] == rows[source] + 1:
        return (
            (start.middle, start.bottom),
            (start.middle, above),
            (end.middle, above),
            (end.middle, end.y),
        )

    below = start.bottom + sizes.row_gap / 2
    return (
        (start.middle, start.bottom),
        (start.middle, below),
        (end.middle, below),
        (end.middle, end.y),
    )


def _bypass(start: Box, end: Box, lane: int, same_column: bool, sizes: Sizes) -> tuple[Point, ...]:
    """Returns a line out of the side of a block, down the lane, into the side of the other.

    From another column it starts at the bottom of the block.
    """
    x = end.x + end.width + (lane + 1) * sizes.lane
    level = end.y + end.height / 2
    if same_column:
        out = start.y + start.height / 2
        return (start.x + start.width, out), (x, out), (x, level), (end.x + end.width, level)

    below = start.bottom + sizes.row_gap / 2
    return (
        (start.middle, start.bottom),
        (start.middle, below),
        (x, below),
        (x, level),
        (end.x + end.width, level),
    )
