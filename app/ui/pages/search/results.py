"""What came of a search: its runs as a table, on parallel axes and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.engine.learning.metrics import metric_text
from app.ui.pages.search.importance_card import ImportanceCard
from app.ui.pages.search.trials_table import TrialsTable
from app.ui.plots.base.plot_card import PlotCard
from app.ui.plots.searches.best_so_far import BestSoFarPlot
from app.ui.plots.searches.coordinates import AxisInfo, choice_axis, number_axis
from app.ui.plots.searches.parallel import ParallelPlot
from app.ui.widgets.card import Card
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.engine.search.progress import Progress
    from app.engine.search.search_folder import Trial
    from app.ui.pages.search.words import Column
    from app.ui.style.theme import Theme

NARROW = 640
"""Below this width (at 100 %) the cards stand below each other."""

OVER = (
    ("trials", "runs", "The best figure after each run."),
    ("steps", "steps", "The best figure after so many training steps of all runs together."),
)


class Results(QWidget):
    """The cards of one search. chosen(number): of a trial, 0 for none. opened(number)."""

    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._drawn: tuple[Trial, ...] = ()
        self._shown: tuple[Progress, tuple[Column, ...]] | None = None
        self.table = TrialsTable(theme)
        self.trials_card = Card("Runs", "a click on a head sorts them")
        self.trials_card.setObjectName("search.trials")
        self.trials_card.body.addWidget(self.table)
        self.parallel = ParallelPlot(theme)
        self.parallel_card = PlotCard(
            self.parallel,
            "Settings and figure",
            "drag along an axis to mark a range of it",
            "search.parallel.card",
            "settings and figure",
        )
        self.best = BestSoFarPlot(theme)
        self.best_card = PlotCard(self.best, "Best so far", "", "search.best", "best so far")
        self.over = Segments(theme, "search.over", OVER)
        self.over.chosen.connect(self.best.show_over)
        self.best_card.add_tool(self.over)
        self.importance = ImportanceCard(theme)
        self._build()
        self.table.chosen.connect(self._choose)
        self.table.opened.connect(self.opened)
        self.parallel.picked.connect(self._pick)
        self.parallel.brushed.connect(self._brush)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _build(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self._rows: list[QBoxLayout] = []
        for parts in (
            ((self.trials_card, 7), (self.best_card, 5)),
            ((self.parallel_card, 8), (self.importance, 4)),
        ):
            row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
            row.setSpacing(12)
            for card, share in parts:
                card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
                row.addWidget(card, share)

            self._rows.append(row)
            self._column.addLayout(row, 1)

    def _restyle(self) -> None:
        for card in (self.trials_card, self.best_card, self.parallel_card):
            card.setMinimumHeight(self._theme.px(236))

        self._lay_out()
        if self._shown is not None:
            self.show_progress(*self._shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        narrow = self.width() < self._theme.px(NARROW)
        direction = QBoxLayout.Direction
        for row in self._rows:
            row.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)

    # --- showing

    def show_progress(self, progress: Progress, columns: tuple[Column, ...]) -> None:
        """Shows a search as it is now."""
        other = self._shown is None or self._shown[0].folder != progress.folder
        self._shown = (progress, columns)
        if other:
            self.parallel.brushes = {}

        self.table.show_progress(progress, columns)
        self.importance.show_progress(progress, columns)
        self._show_best(progress)
        self._show_parallel(progress, columns)
        self._brush()

    def _show_best(self, progress: Progress) -> None:
        metric = progress.metric
        judged = [trial for trial in progress.trials if trial.status != "failed"]
        self.best.show_trials(
            [trial.figure for trial in judged],
            [trial.steps for trial in judged],
            metric.better == "higher",
            metric.label,
            lambda value: metric_text(metric.name, value),
            metric.shown == "percent",
        )

    def _show_parallel(self, progress: Progress, columns: tuple[Column, ...]) -> None:
        metric = progress.metric
        drawn = [trial for trial in progress.trials if trial.figure is not None]
        self._drawn = tuple(drawn)
        if not drawn:
            self.parallel.show_trials((), np.zeros((0, 0)), np.zeros(0))
            return

        figures = [trial.figure or 0.0 for trial in drawn]
        axes: list[AxisInfo] = []
        places = []
        for column in columns:
            axis, at = _axis(column, [trial.values.get(column.name) for trial in drawn])
            axes.append(axis)
            places.append(at)

        axis, at = number_axis(
            metric.label, figures, False, lambda value: metric_text(metric.name, value), True
        )
        ranks = at if metric.better == "higher" else 1 - at
        self.parallel.show_trials((*axes, axis), np.stack([*places, at], axis=1), ranks)

    # --- choosing

    def _choose(self, number: int) -> None:
        rows = [row for row, trial in enumerate(self._drawn) if trial.number == number]
        self.parallel.choose(rows[0] if rows else -1)
        self.chosen.emit(number)

    def _pick(self, row: int) -> None:
        if row < len(self._drawn):
            self.table.choose(self._drawn[row].number)

    def _brush(self) -> None:
        """Shows in the table what passes through the marked ranges."""
        if not self.parallel.brushes:
            self.table.show_only(None)
            self.parallel_card.set_why("drag along an axis to mark a range of it")
            return

        inside = self.parallel.inside
        numbers = {trial.number for trial, there in zip(self._drawn, inside, strict=True) if there}
        self.table.show_only(numbers)
        self.parallel_card.set_why(
            f"{len(numbers):,} of {len(self._drawn):,} are marked; a double click shows all"
        )


def _axis(column: Column, values: list[Any]) -> tuple[AxisInfo, np.ndarray]:
    if column.options:
        axis, places = choice_axis(column.label, values, column.options)
        return axis, places

    numbers = [float(value) if value is not None else float("nan") for value in values]
    logarithmic = column.range.logarithmic and min(numbers) > 0
    whole = column.range.whole
    words = (lambda value: column.text(round(value))) if whole else column.text
    return number_axis(column.label, numbers, logarithmic, words)
