"""Where the blocks of a network stand on a picture and how the lines run between them.

Pure numbers, no Qt.

A layered layout: a block stands one row below the lowest block it reads. Rows are drawn from top to
bottom; the longest way through the network is the straight column in the middle, other branches get
columns beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Point = tuple[float, float]


@dataclass(frozen=True)
class Sizes:
    """In pixels: width of every block, gaps between rows and between columns, distance of a bypass
    from the blocks.
    """

    width: float = 420
    row_gap: float = 12
    column_gap: float = 40
    member: float = 16


@dataclass(frozen=True)
class Box:
    """A block's place: its upper left corner and its size."""

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
    """boxes: by block. lines: by (from, to), the corners of a line of level and upright parts."""

    boxes: dict[str, Box]
    lines: dict[tuple[str, str], tuple[Point, ...]]


def arrange(
    inputs: Mapping[str, Sequence[str]], heights: Mapping[str, float], sizes: Sizes
) -> Arrangement:
    """Places every block.

    inputs: block -> the blocks it reads, in topological order; what reads nothing stands on top.
    heights: of every block, in pixels. The middle of the main column is x = 0, the top is y = 0.
    """
    rows = _rows(inputs)
    columns = _columns(inputs, rows)
    members = _Lanes(inputs, rows, columns)
    boxes = _boxes(rows, columns, heights, sizes, members)
    lines = {
        (source, target): _line(source, target, boxes, rows, columns, members, sizes)
        for target, sources in inputs.items()
        for source in sources
    }

    return Arrangement(boxes, lines)


def _rows(inputs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for name, sources in inputs.items():
        rows[name] = max((rows[source] + 1 for source in sources), default=0)

    return rows


def _columns(inputs: Mapping[str, Sequence[str]], rows: Mapping[str, int]) -> dict[str, int]:
    """Column of every block: 0 for the longest way to the last block, then 1, -1, 2 ... for the
    branches.
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
    """Bypasses: lines that cannot run straight because blocks of their column stand in between.

    Each gets a lane on the right of the column of its target; lanes whose rows overlap lie beside
    each other.
    """

    def __init__(
        self,
        inputs: Mapping[str, Sequence[str]],
        rows: Mapping[str, int],
        columns: Mapping[str, int],
    ) -> None:
        self.of: dict[tuple[str, str], int] = {}
        self.most: dict[int, int] = {}
        places = {(columns[name], rows[name]) for name in inputs}
        used: dict[int, list[list[tuple[int, int]]]] = {}

        edges = [(source, target) for target, sources in inputs.items() for source in sources]
        for source, target in sorted(edges, key=lambda edge: rows[edge[1]] - rows[edge[0]]):
            between = range(rows[source] + 1, rows[target])
            if not any((columns[target], row) in places for row in between):
                continue

            column = columns[target]
            span = (rows[source], rows[target])
            members = used.setdefault(column, [])

            member = next(
                (
                    n
                    for n, spans in enumerate(members)
                    if all(_apart(span, other) for other in spans)
                ),
                len(members),
            )
            if member == len(members):
                members.append([])

            members[member].append(span)
            self.of[source, target] = member
            self.most[column] = max(self.most.get(column, 0), member + 1)


def _apart(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[1] <= other[0] or one[0] >= other[1]


def _boxes(
    rows: Mapping[str, int],
    columns: Mapping[str, int],
    heights: Mapping[str, float],
    sizes: Sizes,
    members: _Lanes,
) -> dict[str, Box]:
    tallest: dict[int, float] = {}
    for name, row in rows.items():
        tallest[row] = max(tallest.get(row, 0.0), heights[name])

    tops = {}
    top = 0.0
    for row in sorted(tallest):
        tops[row] = top
        top += tallest[row] + sizes.row_gap

    lefts = _lefts(set(columns.values()), sizes, members)
    return {
        name: Box(lefts[columns[name]], tops[row], sizes.width, heights[name])
        for name, row in rows.items()
    }


def _lefts(columns: set[int], sizes: Sizes, members: _Lanes) -> dict[int, float]:
    """Left edge of every column, with room for the lanes on its right."""

    def room(column: int) -> float:
        return sizes.width + sizes.column_gap + members.most.get(column, 0) * sizes.member

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
    members: _Lanes,
    sizes: Sizes,
) -> tuple[Point, ...]:
    start = boxes[source]
    end = boxes[target]
    above = end.y - sizes.row_gap / 2

    if (source, target) in members.of:
        return _bypass(
            start, end, members.of[source, target], columns[source] == columns[target], sizes
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


def _bypass(
    start: Box, end: Box, member: int, same_column: bool, sizes: Sizes
) -> tuple[Point, ...]:
    """Out of the side of a block, down the lane, into the side of the other; from another column,
    from below.
    """
    x = end.x + end.width + (member + 1) * sizes.member
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
