"""The norm of the gradient, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.ui.plots.base.plot import EMPTY, Plot, Series
from app.ui.plots.curves.loss import epoch_axis, marks_of

if TYPE_CHECKING:
    from app.ui.state.record import Record
    from app.ui.style.theme import Theme

CLIP = "training.gradient_clip"


class GradientNormPlot(Plot):
    """The gradient norm before clipping, where it was measured, and the limit it is clipped to."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, y_title="gradient norm")
        self.norm = self.add(Series("gradient norm", "training", width=1, smooth=False))
        self.clip = self.add(
            Series("clipped to", "validation", width=1, dash=(6, 3), smooth=False, dots=False)
        )
        self.restyle()

    def show_record(self, record: Record, clip: float) -> None:
        """Draws a record.

        clip: the limit as planned, 0 for none; where it was changed, it is drawn as it was.
        """
        per_epoch, epochs = epoch_axis(record)
        self.span = (0.0, epochs)
        there = np.isfinite(record.norms.values)
        self.norm.show(record.steps.values[there] / per_epoch, record.norms.values[there])
        places, limits = limits_of(record, clip)
        drawn = np.isfinite(limits).any() and there.any()
        self.clip.show(
            *(
                (np.append(places / per_epoch, epochs), np.append(limits, limits[-1]))
                if drawn
                else (EMPTY, EMPTY)
            )
        )

        self.set_marks(marks_of(record, per_epoch))
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, low, high = super().limits()
        norms = self.norm.y
        if len(norms) >= 30:
            limit = float(np.nanmax(self.clip.y)) if len(self.clip.y) else 0.0
            high = min(high, max(1.5 * float(np.percentile(norms, 99)), limit))

        return left, right, (low if self.log else 0.0), high


def limits_of(record: Record, clip: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the steps at which the limit changes, and its values there.

    NaN where nothing is clipped.
    """
    changed = [
        (change.step, float(change.values[CLIP] or 0.0))
        for change in record.changes
        if CLIP in change.values
    ]
    corners = [(0, clip)]
    for step, value in sorted(changed):
        corners += [(step, corners[-1][1]), (step, value)]

    limits = np.array([value for _, value in corners], dtype=float)
    return np.array([step for step, _ in corners], dtype=float), np.where(
        limits > 0, limits, np.nan
    )
