"""Names of the axes as words inside of the plot, so that they take no room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.ui.style.theme import style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.plots.base.plot import Plot


class AxisNames:
    """Two labels of a plot: x at the lower right, y at the upper left.

    The plot calls `place` when it is laid out.
    """

    def __init__(self, x: str, y: str) -> None:
        self.labels = (Label(), Label())
        self._plot: Plot | None = None

        for label in self.labels:
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            style(label, "secondary")

        self.say(x, y)

    def join(self, plot: Plot) -> None:
        """Becomes part of this plot."""
        self._plot = plot
        for label in self.labels:
            label.setParent(plot)

    def say(self, x: str, y: str) -> None:
        for label, name in zip(self.labels, (x, y), strict=True):
            label.setText(name)
            label.setVisible(bool(name))
        self.place()

    @property
    def texts(self) -> tuple[str, str]:
        return self.labels[0].text(), self.labels[1].text()

    def place(self) -> None:
        plot = self._plot
        if plot is None:
            return

        px = plot.theme.px
        across, up = self.labels

        for label in self.labels:
            label.adjustSize()

        bottom = int(plot.bottom.height()) if plot.bottom.isVisible() else 0
        left = int(plot.left.width()) if plot.left.isVisible() else 0
        across.move(
            plot.width() - across.width() - px(16), plot.height() - bottom - across.height() - 2
        )
        up.move(
            plot.auto.geometry().right() + px(8) if plot.auto.isVisible() else left + px(6), px(4)
        )
