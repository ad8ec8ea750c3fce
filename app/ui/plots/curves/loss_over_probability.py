"""The loss of one example over the probability that the network gave to the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg

from app.engine.text import number_text, percent_text, times_text
from app.engine.ticks import SHARES
from app.ui.plots.base.marks import Mark
from app.ui.plots.base.plot import Plot, Series

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.learning.loss import Loss
    from app.ui.style.theme import Theme

SURE_WRONG = 0.01
SURE_RIGHT = 0.9
POINTS = 300


@dataclass(frozen=True)
class LossCurve:
    """The loss of one example as a function of the probability given to the truth."""

    name: str
    of: Callable[[np.ndarray], np.ndarray]


def loss_curves(loss: Loss, classes: int) -> list[LossCurve]:
    """Returns one curve, or one for yes and one for no where they count differently.

    With label smoothing the target is a little less than certainty, so full certainty costs again;
    the rest of the probability is taken as spread evenly over the other classes.
    """
    weight = getattr(loss, "positive_weight", None)
    if weight is not None and weight != 1:
        return [
            LossCurve(
                f"it is yes (counts {times_text(weight)} times)", lambda p: -weight * np.log(p)
            ),
            LossCurve("it is no", lambda p: -np.log(p)),
        ]

    share = float(getattr(loss, "label_smoothing", None) or 0.0)
    if share and classes > 1:
        true = 1 - share + share / classes
        rest = share / classes

        def smoothed(p: np.ndarray) -> np.ndarray:
            other = np.maximum(1 - p, 1e-9) / (classes - 1)
            value: np.ndarray = -true * np.log(p) - (classes - 1) * rest * np.log(other)
            return value

        return [LossCurve("loss", smoothed)]

    return [LossCurve("loss", lambda p: -np.log(p))]


class LossOverProbabilityPlot(Plot):
    """The curves, with three places named: sure and right, guessing, sure and wrong."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            x_ticks=SHARES,
            x_whole=False,
            x_title="probability of the truth",
            y_title="loss",
        )
        self.marks.together = 0
        self.marks.most_lanes = 3
        self.first = self.add(Series("loss", "training"))
        self.second = self.add(Series("it is no", "validation"))
        self.places = pg.ScatterPlotItem(symbol="o")
        self.places.setZValue(10)
        self.addItem(self.places, ignoreBounds=True)

        self.given = pg.ScatterPlotItem(symbol="o")
        self.given.setZValue(9)
        self.addItem(self.given, ignoreBounds=True)
        self.setMouseEnabled(x=False, y=False)
        self.marked: list[tuple[float, float, str]] = []
        self.restyle()

    def show_loss(self, loss: Loss, classes: int, given: np.ndarray | None = None) -> None:
        """Draws the curves of a loss.

        classes: how many there are to choose from. given: (n,) probabilities that a run gave to the
        truth, drawn as dots.
        """
        places = np.linspace(0.005, 0.999, POINTS)
        prices = loss_curves(loss, classes)
        self.first.name = prices[0].name
        self.first.show(places, prices[0].of(places))
        both = len(prices) > 1
        self.second.show(*((places, prices[1].of(places)) if both else (np.empty(0), np.empty(0))))
        guess = 1 / max(2, classes)
        price = prices[0].of
        self.marked = [
            (p, float(price(np.array([p]))[0]), text)
            for p, text in (
                (SURE_WRONG, "sure and wrong"),
                (guess, "guessing"),
                (SURE_RIGHT, "sure and right"),
            )
        ]

        self._given = np.clip(np.zeros(0) if given is None else given, places[0], places[-1])
        self.given.setData(self._given, price(self._given))
        self.places.setData([p for p, _, _ in self.marked], [price for _, price, _ in self.marked])
        self.set_marks(
            Mark(p, f"{words}: {number_text(price, 2)}", "text") for p, price, words in self.marked
        )
        self.span = (0.0, 1.0)
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, _, high = super().limits()
        return left, right, 0.0, math.ceil(max(high, 1.0) * 2) / 2

    def x_text(self, x: float) -> str:
        return percent_text(min(1.0, max(0.0, x)))

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "given"):  # the base restyles before they are there
            # Only here: pyqtgraph keeps a picture of each symbol for every new brush.
            self.places.setSize(self.theme.plot_px(8))
            self.places.setPen(None)
            self.places.setBrush(self.theme.color("training"))
            self.given.setSize(self.theme.plot_px(6))
            self.given.setPen(None)
            self.given.setBrush(self.theme.color("best"))
