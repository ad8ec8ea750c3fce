"""A canvas with the texts around its plotting area: names of the axes, legend, words of marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.ui.plots.base.canvas import PlotCanvas
from app.ui.plots.base.captions import Captions
from app.ui.plots.base.marks import Marks

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QPainter, QResizeEvent


class CaptionedCanvas(PlotCanvas):
    """A plot widget whose texts have room of their own.

    Call `arrange` when the texts, or the sizes of the theme, have changed.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        """Takes what a PlotCanvas takes."""
        super().__init__(*arguments, **more)
        self.marks = Marks(self)
        self.captions = Captions(self, self.marks)
        self.box.sigResized.connect(self._replace_marks)
        self.box.sigRangeChanged.connect(self._replace_marks)

    def name_axes(self, x: str, y: str) -> None:
        """Names the axes, with their units; "" for one that needs no name."""
        if (x, y) != (self.x_title, self.y_title):
            self.x_title = x
            self.y_title = y
            self.arrange()

    def arrange(self) -> None:
        """Makes room for the texts around the plotting area."""
        self.captions.arrange()
        self.viewport().update()

    def _replace_marks(self) -> None:
        """Finds room for the words anew."""
        if self.marks.count_lanes():
            self.captions.arrange()

        self.viewport().update()

    def drawForeground(self, painter: QPainter, _rect: QRectF) -> None:
        """Paints the texts around the plotting area; the scene is in pixels of the widget."""
        self.captions.paint(painter)

    def resizeEvent(self, ev: QResizeEvent) -> None:
        super().resizeEvent(ev)
        if hasattr(self, "captions"):  # pyqtgraph resizes in its constructor
            self.arrange()
