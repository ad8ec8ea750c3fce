"""Memory by purpose over the run, stacked, in the colours of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.memory.row_names import NAMES
from app.engine.text import bytes_text
from app.engine.ticks import MEMORY
from app.ui.plots.base.plot import EMPTY, Plot, Series
from app.ui.plots.curves.loss import epoch_axis
from app.ui.widgets.memory.ledger import role_of, with_workspace

if TYPE_CHECKING:
    from app.ui.state.record import Record
    from app.ui.style.theme import Theme


class MemoryPlot(Plot):
    """Areas from the bottom up in the ledger's order, and a line at the peak.

    The peak is lower than the sum, for not all of them are there at the same moment. Rows that were
    not measured are not drawn.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, y_ticks=MEMORY, room=56, y_title="memory")
        self.rows: dict[str, Series] = {}
        for key in reversed(NAMES):  # the sum is drawn first, what lies below it over it
            series = Series(
                NAMES[key],
                role_of(key),
                width=1,
                smooth=False,
                words=bytes_text,
                legend=False,
                fill=True,
                dots=False,
            )
            self.rows[key] = self.add(series)

        self.peak = self.add(
            Series(
                "peak", "text", width=1, smooth=False, words=bytes_text, legend=False, dots=False
            )
        )
        self.values: dict[str, np.ndarray] = {}
        self.restyle()

    def show_record(self, record: Record) -> None:
        per_epoch, epochs = epoch_axis(record)
        self.span = (0.0, epochs)
        steps = np.array([event.step for event in record.memory], dtype=float)
        measured = [with_workspace(event.rows) for event in record.memory]

        below = np.zeros(len(steps))
        for key, series in reversed(self.rows.items()):
            values = np.array([_or_nan(rows.get(key)) for rows in measured])
            known = np.isfinite(values)
            self.values[key] = values
            below = below + np.where(known, values, 0.0)
            series.show(
                *((steps / per_epoch, below) if (known & (values > 0)).any() else (EMPTY, EMPTY))
            )

        peaks = np.array([_or_nan(event.rows.get("peak")) for event in record.memory])
        self.peak.show(
            *((steps / per_epoch, peaks) if np.isfinite(peaks).any() else (EMPTY, EMPTY))
        )
        self.refresh()

    def limits(self) -> tuple[float, float, float, float]:
        left, right, _, high = super().limits()
        return left, right, 0.0, high

    def value_at(self, series: Series, row: int) -> float:
        """Returns the row's own bytes, not the sum up to it."""
        key = next((key for key, curve in self.rows.items() if curve is series), "")
        return float(self.values[key][row]) if key else float(series.y[row])

    def table(self) -> tuple[list[str], list[list[str]]]:
        shown = [key for key, series in reversed(self.rows.items()) if len(series.x)]
        places = self.rows[shown[0]].x if shown else EMPTY
        rows = [
            [repr(float(x)), *(_cell(self.values[key][row]) for key in shown)]
            for row, x in enumerate(places)
        ]

        return [self.x_title, *(f"{NAMES[key]} (bytes)" for key in shown)], rows


def _or_nan(value: int | None) -> float:
    return float("nan") if value is None else float(value)


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.0f}"
