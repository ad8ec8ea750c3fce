"""The length of the gradient: how steep the ground is under the weights."""

from __future__ import annotations

import numpy as np

from app.ui.plots.base import Plot, Series
from app.ui.plots.loss import epoch_axis, marks_of
from app.ui.record import Record
from app.ui.theme import Theme


class NormPlot(Plot):
    """The gradient norm per step before clipping, where it was measured, and the limit it is clipped to."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.norm = self.add(Series("gradient norm", "training", width=1, smooth=False))
        self.clip = self.add(Series("clipped to", "validation", width=1, smooth=False, dots=False))
        self.restyle()

    def show_record(self, record: Record, clip: float) -> None:
        """clip: the limit, 0 for none."""
        per_epoch, epochs = epoch_axis(record)
        self.span = (0.0, epochs)
        there = np.isfinite(record.norms.values)
        self.norm.show(record.steps.values[there] / per_epoch, record.norms.values[there])
        drawn = clip > 0 and there.any()
        self.clip.show(np.array([0.0, epochs] if drawn else []), np.array([clip, clip] if drawn else []))
        self.set_marks(marks_of(record, per_epoch))
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, low, high = super().limits()
        norms = self.norm.y
        if len(norms) >= 30:
            limit = float(self.clip.y[0]) if len(self.clip.y) else 0.0
            high = min(high, max(1.5 * float(np.percentile(norms, 99)), limit))
        return left, right, (low if self.log else 0.0), high
