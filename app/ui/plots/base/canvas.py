"""The canvas below every plot: its axes and its series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import Qt

from app.engine.text import number_text
from app.engine.ticks import NUMBERS, Ticks
from app.ui.plots.base.axis import Axis

if TYPE_CHECKING:
    from app.ui.plots.base.series import Series
    from app.ui.style.theme import Theme


class PlotCanvas(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot widget with two axes of this program's own.

    x_title, y_title: the names of the axes.
    """

    bottom_axis: type[Axis] = Axis

    def __init__(
        self,
        theme: Theme,
        x_ticks: Ticks = NUMBERS,
        y_ticks: Ticks = NUMBERS,
        x_whole: bool = True,
        x_title: str = "epoch",
        room: int = 44,
        y_title: str = "",
    ) -> None:
        self.bottom = self.bottom_axis("bottom", x_ticks, x_whole)
        self.left = Axis("left", y_ticks, room=room)
        super().__init__(
            axisItems={"bottom": self.bottom, "left": self.left}, enableMenu=False, background=None
        )
        self.theme = theme
        self.x_title = x_title
        self.y_title = y_title
        self.log = False
        self.series: list[Series] = []
        self.following = True
        """Its axes follow the data; else somebody has zoomed it."""
        self.setFrameShape(self.Shape.NoFrame)
        self.setMinimumSize(120, 90)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

        self.box = self.getPlotItem().getViewBox()
        self.box.disableAutoRange()
        self.box.setDefaultPadding(0)
        # This menu of 43 widgets is never shown: without a parent it is never styled either.
        self.destroyed.connect(self.getPlotItem().ctrlMenu.deleteLater)
        self.getPlotItem().hideButtons()
        self.left.setZValue(-200)  # its grid lines lie behind the curves

    def value_at(self, series: Series, row: int) -> float:
        """Returns what the readout says of one point."""
        return float(series.y[row])

    def x_text(self, x: float) -> str:
        """Returns a place on the horizontal axis as text."""
        return number_text(x)
