"""The best figure so far, over the trials of a search or over the steps that they trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.ticks import NUMBERS, SHARES
from app.ui.plots.base.plot import EMPTY, Plot, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.ui.style.theme import Theme

PLACES = {"trials": "run", "steps": "training step"}


class BestSoFarPlot(Plot):
    """A dot for each trial, and a line for the best of them so far."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, x_title="run", room=48)
        self.dots = self.add(Series("each run", "training_raw", width=0, symbol="o", smooth=False))
        self.best = self.add(Series("best so far", "training", width=2, dots=False))
        self.over = "trials"
        self._figures: tuple[float | None, ...] = ()
        self._steps: tuple[int, ...] = ()
        self._higher = True
        self.restyle()

    def show_trials(
        self,
        figures: Sequence[float | None],
        steps: Sequence[int],
        higher: bool,
        name: str,
        words: Callable[[float], str],
        shares: bool,
    ) -> None:
        """Draws the trials in the order in which they ended.

        figures: of each, None without one. steps: of training that each took. higher: whether that
        is better. name: of the figure. words: a figure as text. shares: whether it is a percentage.
        """
        self._figures = tuple(figures)
        self._steps = tuple(steps)
        self._higher = higher
        self.left.ticks = SHARES if shares else NUMBERS
        for series in (self.dots, self.best):
            series.words = words

        self.name_axes(PLACES[self.over], name)
        self._hand_over()

    def show_over(self, over: str) -> None:
        """Lays "trials" or "steps" along the axis."""
        self.over = over
        self.name_axes(PLACES[over], self.y_title)
        self._hand_over()

    def _hand_over(self) -> None:
        ends = (
            np.cumsum(self._steps) if self.over == "steps" else np.arange(1, len(self._steps) + 1)
        )
        judged = np.array([figure is not None for figure in self._figures], dtype=bool)
        if not judged.any():
            self.dots.show(EMPTY, EMPTY)
            self.best.show(EMPTY, EMPTY)
            self.follow()
            return

        x = ends[judged].astype(float)
        y = np.array([figure for figure in self._figures if figure is not None], dtype=float)
        best = (np.maximum if self._higher else np.minimum).accumulate(y)
        # A step where something better was found; in between the line is flat.
        new = np.flatnonzero(np.append(True, best[1:] != best[:-1]))
        line_x = np.append(np.repeat(x[new], 2)[1:], float(ends[-1]))
        line_y = np.repeat(best[new], 2)
        self.dots.show(x, y)
        self.best.show(line_x, line_y)
        self.bottom.whole = True
        self.set_best((float(x[int(y.argmax() if self._higher else y.argmin())]), float(best[-1])))
        self.best_name = "best run"
        self.refresh()

    def x_text(self, x: float) -> str:
        return f"{round(x):,}"

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "dots"):  # the base restyles before they are there
            self.dots.item.setPen(None)
