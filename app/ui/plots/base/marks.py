"""Vertical lines with a word each: a resume, a divergence, a change made while it ran.

However near they are to each other, their words stay readable: marks that lie together share one
text, and the readout shows all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtGui import QFontMetrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.ui.plots.base.canvas import PlotCanvas

TOP = 0.94
"""Where the words stand, as a share of the height."""

LEVELS = 3
"""Lines of words below each other."""

TOGETHER = 14
"""Marks nearer than this share their words. Pixels at 100 %, as the next two."""

GAP = 6
"""Room between words."""

LINE = 15
"""From line to line."""

LONGEST = 22
"""Characters beside a line; the readout shows the rest."""

NEAR = 0.015
"""The share of the width within which the mouse finds a mark."""


@dataclass(frozen=True)
class Group:
    """Marks that lie together.

    at: pixels of the first one from the left. first: its index. count: how many there are.
    """

    at: float
    first: int
    count: int
    words: str


class Marks:
    """The marks of one plot. Their lines live as long as the plot; unused ones are hidden."""

    def __init__(self, plot: PlotCanvas) -> None:
        self._plot = plot
        self.lines: list[pg.InfiniteLine] = []
        self.marked: list[tuple[float, str]] = []
        """(place, words), from left to right."""
        self.at_top = True
        """Where the words stand: where the curves seldom are."""
        self._placed: object = None

    @property
    def words(self) -> list[str]:
        """The words beside the lines that can be seen."""
        return [
            line.label.format for line in self.lines if line.isVisible() and line.label.isVisible()
        ]

    def show(self, marks: Iterable[tuple[float, str]]) -> None:
        marked = sorted(marks, key=lambda mark: mark[0])
        if marked == self.marked:
            return

        self.marked = marked
        while len(self.lines) < len(marked):
            line = pg.InfiniteLine(
                angle=90, label="", labelOpts={"position": TOP, "anchors": [(0, 0.5), (1, 0.5)]}
            )
            # Behind the curves, which no words may hide; the words of one above the lines that
            # follow it.
            line.setZValue(-1 - 0.001 * len(self.lines))
            self._restyle(line)
            self.lines.append(line)
            self._plot.addItem(line, ignoreBounds=True)

        for number, line in enumerate(self.lines):
            line.setVisible(number < len(marked))
            if number < len(marked):
                line.setPos(marked[number][0])

        self.place()

    def near(self, x: float) -> list[str]:
        """Returns the words of the marks at this place of the axis, each once."""
        (left, right), _ = self._plot.box.viewRange()
        found = [words for place, words in self.marked if abs(place - x) <= NEAR * (right - left)]
        return list(dict.fromkeys(found))

    # --- where the words stand

    def place(self) -> None:
        """Puts the words beside their lines for the range that is shown now."""
        plot = self._plot
        (left, right), _ = plot.box.viewRange()
        width = plot.box.width()
        height = plot.box.height()

        placed = (tuple(self.marked), self.at_top, left, right, width, height, plot.theme.zoom)
        if placed == self._placed or width <= 0 or height <= 0 or right <= left:
            return

        self._placed = placed
        metrics = QFontMetrics(plot.theme.font(11))
        px = plot.theme.px
        ends = [float("-inf")] * LEVELS

        groups = {group.first: group for group in self.groups(left, right, width)}
        for number, line in enumerate(self.lines):
            group = groups.get(number)
            line.label.setVisible(group is not None)
            if group is None:
                continue

            room = metrics.horizontalAdvance(group.words) + px(GAP)
            beside = group.at + room <= width
            start = group.at if beside else group.at - room
            level = next(
                (level for level, end in enumerate(ends) if start >= end), ends.index(min(ends))
            )
            ends[level] = max(ends[level], start + room)
            line.label.anchors = [(0, 0.5) if beside else (1, 0.5)] * 2
            line.label.setFormat(group.words.replace("{", "{{").replace("}", "}}"))
            down = min(0.8, 1 - TOP + level * px(LINE) / height)
            line.label.setPosition(1 - down if self.at_top else down)

    def groups(self, left: float, right: float, width: float) -> list[Group]:
        """Returns the marks in sight by where they lie; those that nearly touch are one group."""
        found: list[Group] = []
        scale = width / (right - left)

        members: list[str] = []
        for number, (place, words) in enumerate(self.marked):
            at = (place - left) * scale
            if not 0 <= at <= width:
                continue

            if found and at - found[-1].at < self._plot.theme.px(TOGETHER):
                members.append(words)
                last = found.pop()
                found.append(Group(last.at, last.first, last.count + 1, _together(members)))
            else:
                members = [words]
                found.append(Group(at, number, 1, _together(members)))

        return found

    # --- style

    def restyle(self) -> None:
        for line in self.lines:
            self._restyle(line)

        self._placed = None
        self.place()

    def _restyle(self, line: pg.InfiniteLine) -> None:
        theme = self._plot.theme
        line.setPen(pg.mkPen(theme.color("line"), width=1))
        line.label.setColor(theme.color("secondary"))
        line.label.setFont(theme.font(11))
        # The lines that follow pass behind the words.
        line.label.fill = pg.mkBrush(theme.color("surface"))


def _together(words: list[str]) -> str:
    """Returns the words of marks that lie together, short enough to stand in a plot."""
    each = list(dict.fromkeys(words))
    text = ", ".join(each)
    if len(text) <= LONGEST:
        return text

    several = sum(text.count(", ") + 1 for text in each)
    return f"{several} marks" if several > 1 else f"{text[: LONGEST - 1].rstrip()}…"
