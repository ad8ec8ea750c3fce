"""Vertical lines with a word each: a resume, a divergence, a change made while it ran.

The words stand above the plotting area, in a few lanes, and never on each other: marks whose
words have no room share one text ("3 marks"), and the readout shows all of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.ui.plots.base.canvas import PlotCanvas

TOGETHER = 14
"""Marks nearer than this share their words. Pixels at 100 %, as the next two."""

GAP = 4
"""Room between a line and its words, and between words."""

LANE = 15
"""Height of a lane of words."""

SEVERAL_LANES = 170
"""A plot that is lower has one lane. Pixels at 100 %."""

LONGEST = 22
"""Characters beside a line; the readout shows the rest."""

NEAR = 0.015
"""The share of the width within which the mouse finds a mark."""


@dataclass(frozen=True)
class Mark:
    """A vertical line. role: the colour of its words in the theme; bold: of its words."""

    place: float
    words: str
    role: str = "secondary"
    bold: bool = False


@dataclass
class Group:
    """Marks that share their words.

    x: pixels of the first line from the left of the area. lane: 0 is the lower one. left, right: of
    the words.
    """

    x: float
    members: list[Mark]
    words: str = ""
    lane: int = 0
    left: float = 0.0
    right: float = 0.0


@dataclass
class _Lanes:
    """Words that are placed, from right to left."""

    count: int
    bounds: tuple[float, float]
    gap: float
    placed: list[Group] = field(default_factory=list)

    def put(self, group: Group, width: float) -> bool:
        """Finds room for words of this width: low before high, right of the line before left."""
        for group.lane in range(self.count):
            for left in (group.x + self.gap, group.x - self.gap - width):
                group.left = left
                group.right = left + width
                if self._free(group):
                    self.placed.append(group)
                    return True

        return False

    def _free(self, group: Group) -> bool:
        low, high = self.bounds
        if group.left < low or group.right > high:
            return False

        for other in self.placed:
            if other.lane == group.lane:
                # The line of the one beside may not run through these words either.
                left = min(other.left, other.x)
                right = max(other.right, other.x)
                if min(group.left, group.x) < right + self.gap and left - self.gap < max(
                    group.right, group.x
                ):
                    return False

            lower, upper = sorted((group, other), key=lambda one: one.lane)
            if lower.lane < upper.lane and lower.left - 2 < upper.x < lower.right + 2:
                return False

        return True


class Marks:
    """The marks of one plot. Their lines live as long as the plot; unused ones are hidden."""

    def __init__(self, plot: PlotCanvas) -> None:
        self._plot = plot
        self.lines: list[pg.InfiniteLine] = []
        self.marked: list[Mark] = []
        """From left to right."""
        self.together = TOGETHER
        self.most_lanes = 2
        self.groups: list[Group] = []
        """Those in sight, as they are placed."""
        self.lanes = 0

    @property
    def words(self) -> list[str]:
        """The words that can be seen, from left to right."""
        return [group.words for group in self.groups if group.words]

    def show(self, marks: Iterable[Mark]) -> bool:
        """Takes marks; returns whether they are others than before."""
        marked = sorted(marks, key=lambda mark: mark.place)
        if marked == self.marked:
            return False

        self.marked = [mark for mark in marked if math.isfinite(mark.place)]
        while len(self.lines) < len(self.marked):
            line = pg.InfiniteLine(angle=90)
            line.setZValue(-2)
            self._restyle(line)
            self.lines.append(line)
            self._plot.addItem(line, ignoreBounds=True)

        for number, line in enumerate(self.lines):
            line.setVisible(number < len(self.marked))
            if number < len(self.marked):
                line.setPos(self.marked[number].place)

        return True

    def near(self, x: float) -> list[str]:
        """Returns the words of the marks at this place of the axis, each once."""
        (left, right), _ = self._plot.box.viewRange()
        found = [mark.words for mark in self.marked if abs(mark.place - x) <= NEAR * (right - left)]
        return list(dict.fromkeys(found))

    # --- where the words stand

    def count_lanes(self) -> bool:
        """Decides how many lanes there are, for the range that is shown now.

        While somebody zooms there are only ever more, so that the plot does not shake. Returns
        whether there are others than before.
        """
        plot = self._plot
        before = self.lanes
        high = plot.height() >= plot.theme.plot_px(SEVERAL_LANES)
        self.lanes = min(len(self.marked), self.most_lanes if high else 1)
        self.place()
        used = max((group.lane + 1 for group in self.groups), default=min(1, self.lanes))
        self.lanes = used if plot.following else max(used, before)
        return self.lanes != before

    @property
    def height(self) -> int:
        """Pixels that the lanes take."""
        return self.lanes * self._plot.theme.plot_px(LANE)

    def place(self) -> None:
        """Finds room for the words, for the range that is shown now."""
        plot = self._plot
        (left, right), _ = plot.box.viewRange()
        width = plot.box.width()
        self.groups = []
        if not self.marked or not self.lanes or width <= 0 or right <= left:
            return

        gap = plot.theme.plot_px(GAP)
        lanes = _Lanes(self.lanes, (0.0, width + plot.theme.plot_px(10)), gap)
        for group in reversed(self._groups(left, right, width)):
            whole = group
            while not lanes.put(whole, self._measure(whole)):
                if not lanes.placed:
                    whole.words = ""  # not even one word has room; the readout has it
                    whole.left = whole.right = whole.x
                    break

                beside = lanes.placed.pop()
                whole = Group(whole.x, whole.members + beside.members)

            if whole.words == "":
                lanes.placed.append(whole)

        self.groups = lanes.placed[::-1]

    def _groups(self, left: float, right: float, width: float) -> list[Group]:
        """Returns the marks in sight; those that nearly touch are one group."""
        found: list[Group] = []
        scale = width / (right - left)
        near = self._plot.theme.plot_px(self.together) if self.together else 0.0
        last = -math.inf
        for mark in self.marked:
            x = (mark.place - left) * scale
            if not 0 <= x <= width:
                continue

            if x - last < near:
                found[-1].members.append(mark)
            else:
                found.append(Group(x, [mark]))

            last = found[-1].x

        return found

    def _measure(self, group: Group) -> float:
        """Gives a group its words, and returns their width in pixels."""
        group.words = _together([mark.words for mark in group.members])
        metrics = QFontMetricsF(self._plot.theme.plot_font(11, self._bold(group)))
        return math.ceil(metrics.horizontalAdvance(group.words))

    def _bold(self, group: Group) -> bool:
        return all(mark.bold for mark in group.members)

    # --- painting

    def paint(self, painter: QPainter, area: QRectF) -> None:
        """Paints the words, and lines from them down to the plotting area."""
        theme = self._plot.theme
        lane = theme.plot_px(LANE)
        bottom = area.top() - theme.plot_px(2)
        for group in self.groups:
            if not group.words:
                continue

            x = area.left() + group.x
            top = bottom - (group.lane + 1) * lane
            painter.setPen(pg.mkPen(theme.color("line"), width=theme.line_width(1)))
            painter.drawLine(QPointF(x, top + theme.plot_px(2)), QPointF(x, area.top()))
            roles = {mark.role for mark in group.members}
            painter.setPen(theme.color(roles.pop() if len(roles) == 1 else "secondary"))
            painter.setFont(theme.plot_font(11, self._bold(group)))
            where = QRectF(area.left() + group.left, top, group.right - group.left, lane)
            painter.drawText(
                where, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, group.words
            )

    def restyle(self) -> None:
        for line in self.lines:
            self._restyle(line)

    def _restyle(self, line: pg.InfiniteLine) -> None:
        theme = self._plot.theme
        line.setPen(pg.mkPen(theme.color("line"), width=theme.line_width(1)))


def _together(words: Sequence[str]) -> str:
    """Returns the words of marks that lie together, short enough to stand above a plot."""
    each = list(dict.fromkeys(words))
    text = ", ".join(each)
    if len(text) <= LONGEST:
        return text

    several = sum(text.count(", ") + 1 for text in words)
    return f"{several} marks" if several > 1 else f"{text[: LONGEST - 1].rstrip()}…"
