"""The sizes of the numbers of a layer now, and the norms of the weights over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg

from app.engine.runs.optimizer_figures import BINS, EDGES
from app.engine.text import number_text, percent_text
from app.engine.ticks import FACTORS, POWERS, SHARES
from app.ui.plots.base.plot import EMPTY, Plot, Series
from app.ui.plots.optimizer.quantities import HELD

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

THIN_POINTS = 2000
"""Points that the thin lines of all other layers have together, at most."""


class SizesPlot(Plot):
    """Curves of how many of the numbers of a layer have which size, one for each quantity."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            x_ticks=POWERS,
            y_ticks=SHARES,
            x_title="size",
            room=46,
            y_title="share of the numbers",
        )
        self.curves: dict[str, Series] = {}
        for quantity in HELD:
            name = (
                quantity.name
                if quantity.sign in ("g", "w", "step")
                else f"{quantity.sign}  {quantity.name}"
            )
            series = Series(name, quantity.role, dash=quantity.dash, words=percent_text, dots=False)
            self.curves[quantity.key] = self.add(series)

        self.restyle()

    def show_sizes(self, histograms: dict[str, np.ndarray]) -> None:
        """Draws histograms: quantity -> (BINS,) counts."""
        middles = (EDGES[:-1] + EDGES[1:]) / 2
        used = np.zeros(BINS, bool)
        for key, series in self.curves.items():
            counts = histograms.get(key)
            total = counts.sum() if counts is not None else 0
            if counts is None or not total:
                series.show(EMPTY, EMPTY)
                continue

            shares = counts / total
            used |= shares > 0.002
            series.show(middles, shares)

        places = np.flatnonzero(used)
        if len(places):
            self.span = (
                float(EDGES[max(0, places[0] - 1)]),
                float(EDGES[min(BINS, places[-1] + 2)]),
            )

        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, _, high = super().limits()
        return left, right, 0.0, high

    def x_text(self, x: float) -> str:
        return f"about {number_text(10**x, 2)}"


class WeightNormsPlot(Plot):
    """The norms of the weights as times what they were at the first measurement.

    The chosen layer, all together, and each of the others thin.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, y_ticks=FACTORS, x_title="epoch", y_title="norm of the weights")
        self.others = pg.PlotDataItem()
        self.others.setZValue(-5)
        self.addItem(self.others, ignoreBounds=True)
        self.whole = self.add(Series("all weights", "secondary", words=growth_text))
        self.layer = self.add(Series("this layer", "memory.weights", words=growth_text))
        self.restyle()

    def show_norms(self, norms: np.ndarray, epochs: np.ndarray, row: int, name: str) -> None:
        """Draws (L, T) Euclidean norms of the weights of the layers.

        epochs: (T,) places on the axis. row: the chosen layer.
        """
        first = np.where(norms[:, :1] > 0, norms[:, :1], np.nan) if norms.size else norms
        grown = norms / first if norms.size else norms
        whole = np.sqrt((norms**2).sum(axis=0))
        self.layer.name = name
        there = norms.size > 0
        self.whole.show(epochs if there else EMPTY, whole / whole[0] if there else EMPTY)
        self.layer.show(epochs if there else EMPTY, grown[row] if there else EMPTY)
        self._show_others(grown, epochs)
        self.refresh()

    def _show_others(self, grown: np.ndarray, epochs: np.ndarray) -> None:
        """Draws all other layers as one item, each a line of few points with a hole behind it."""
        layers, measurements = grown.shape
        if not layers or not measurements:
            self.others.setData(EMPTY, EMPTY)
            return

        places = np.unique(
            np.linspace(
                0, measurements - 1, max(2, min(measurements, THIN_POINTS // layers - 1))
            ).astype(int)
        )
        hole = np.full((layers, 1), np.nan)
        x = np.concatenate(
            [np.broadcast_to(epochs[places], (layers, len(places))), hole], axis=1
        ).ravel()
        y = np.concatenate([grown[:, places], hole], axis=1).ravel()
        self.others.setData(x, y, connect="finite")

    def limits(self) -> tuple[float, float, float, float]:
        """Returns limits that the thin lines do not set.

        A layer that begins near zero, as an output head does, grows many times over.
        """
        left, right, low, high = super().limits()
        middle = (low + high) / 2
        half = max((high - low) / 2, 0.02)  # a hundredth more is not a mountain

        return left, right, middle - half, middle + half

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "others"):
            self.others.setPen(pg.mkPen(self.theme.color("line"), width=self.theme.line_width(1)))


def growth_text(factor: float) -> str:
    """Returns a norm as times that of the first measurement, with the digits that change."""
    return f"{number_text(factor, 4)} times"
