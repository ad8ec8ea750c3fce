"""A learned space: the points in two dimensions, and the nearest neighbours of one."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QStackedLayout, QVBoxLayout, QWidget

from app.engine.learning.retrieval import explained_variance, project_tsne, sample_indices
from app.engine.results.reports.space import SpaceReport
from app.engine.text import number_text, percent_text
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.results.missing_data import MissingDataNotice
from app.ui.pages.results.views.base import ResultsView
from app.ui.plots.base.plot_card import PlotCard
from app.ui.plots.distributions.scatter import GROUPS, PointInfo, ScatterPlot, color_of, symbol_of
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.examples.example import example_of
from app.ui.widgets.examples.example_grid import ExampleGrid, ExampleRow, LazyRows
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.runs.control import Control
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.background import Failure

NEIGHBOURS = 12
NAMED = 14
SIGNS = {"o": "●", "s": "■", "t": "▼", "d": "◆", "p": "⬟", "star": "★", "h": "⬢"}
KEY = "results.unfold"


class SpaceView(ResultsView):
    """Shows the points; beside them an example and what lies nearest to it."""

    views: ClassVar[tuple[str, ...]] = ("space",)

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        theme = parts.theme
        self._places = np.zeros(0, np.int64)
        """Places in the report of the points drawn."""
        self._report: SpaceReport | None = None
        self._unfolded: np.ndarray | None = None
        self._row = -1
        self.plot = ScatterPlot(theme, axes=False)
        self.plot.picked.connect(lambda point: self.show_row(int(self._report_rows()[point])))
        self.plot_card = PlotCard(
            self.plot,
            "The space",
            "examples of a class should lie together",
            "results.space",
            "space",
        )
        self.plot.setMinimumHeight(theme.px(180))
        self.groups = QPushButton("Show groups (t-SNE)")
        self.groups.setObjectName("results.unfold")
        self.groups.setToolTip(
            "Arranges the points so that near ones stay near (t-SNE); takes some seconds. "
            "Distances between groups mean little then."
        )

        self.groups.setCheckable(True)
        style(self.groups, "small")
        self.groups.toggled.connect(self._show_groups)
        self.plot_card.add_tool(self.groups)
        self.legend = Label()
        self.legend.setObjectName("results.space.legend")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        style(self.legend, "secondary")
        self.plot_card.body.addWidget(self.legend)
        theme.changed.connect(self._show_legend)
        self.add(self.plot_card, 11)
        self.add(self._build_side(), 10)

    def _build_side(self) -> Card:
        theme = self.theme
        self.side = Card("Nearest neighbours", "click a point")
        self.side.setObjectName("results.side")
        self.example = ExampleView(theme, 1.2)
        self.answer = Label()
        self.answer.setTextFormat(Qt.TextFormat.RichText)
        self.answer.setObjectName("results.neighbours.answer")
        self.answer.setWordWrap(True)
        style(self.answer, "row")
        self.grid = ExampleGrid(theme, 64)
        self.grid.setObjectName("results.neighbours")
        self.grid.setAccessibleName("Nearest neighbours, the nearest first")
        self.grid.chosen.connect(lambda number: self.show_row(self._near[number]))
        self._near: list[int] = []
        self.notice = MissingDataNotice()
        self.notice.wanted.connect(self.data_wanted)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.example, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.answer)
        column.addWidget(self.grid, 1)
        self._stack = QStackedLayout()
        self._stack.addWidget(content)
        self._stack.addWidget(self.notice)
        self.side.body.addLayout(self._stack, 1)

        return self.side

    # --- what is shown

    def fill(self, _content: ViewContent) -> None:
        report = self.report_of(SpaceReport)
        if self._report is None or not np.array_equal(report.predictions, self._report.predictions):
            self._unfolded = None
            self._places = sample_indices(report.count)
            self._report = report

            if self.groups.isChecked():
                self.groups.setChecked(False)

            self._draw()

        self._report = report
        rows = report.rows.tolist()
        self.show_row(self._row if self._row in rows else int(report.rows[self._places[0]]))

    def _report_rows(self) -> np.ndarray:
        report = self.report_of(SpaceReport)
        return np.asarray(report.rows[self._places])

    def _draw(self) -> None:
        report = self._report
        assert report is not None

        labels = report.targets[self._places]
        flat = (
            self._unfolded
            if self.groups.isChecked() and self._unfolded is not None
            else report.flat[self._places]
        )

        self.plot.tell = self._tell
        self.plot.show_points(flat[:, 0], flat[:, 1], labels)
        count = len(self._places)

        of = f"{count:,} of {report.count:,}" if count < report.count else f"{count:,}"
        if self.groups.isChecked() and self._unfolded is not None:
            self.plot_card.set_why("what lies near stays near")
        else:
            share = percent_text(explained_variance(report.predictions))
            self.plot_card.set_why(f"shows {share} of it")
            self.plot_card.why.setToolTip(
                tooltip(f"{of} points, from the side that shows most of the space.")
            )

        self._show_legend()
        self._mark()

    def _show_legend(self) -> None:
        report = self._report
        if report is None:
            return

        words = [
            f'<span style="color:{_hex(color_of(self.theme, k))}">{SIGNS[symbol_of(k)]}</span> '
            f"{escape(row.name)}"
            for k, row in enumerate(report.classes[: min(NAMED, GROUPS)])
        ]
        more = len(report.classes) - len(words)
        self.legend.setText(
            "&nbsp;&nbsp; ".join(words) + (f" and {more:,} more" if more > 0 else "")
        )

    def _tell(self, point: int) -> PointInfo:
        report = self.report_of(SpaceReport)
        content = self.content

        index = int(self._places[point])
        example = (
            example_of(content.dataset, int(report.rows[index]))
            if content.dataset is not None
            else None
        )
        return report.classes[int(report.targets[index])].name, example

    # --- t-SNE

    def _show_groups(self, on: bool) -> None:
        if on and self._unfolded is None and self._report is not None:
            points = self._report.predictions[self._places]
            self.groups.setText("Working …")
            self.groups.setEnabled(False)

            def work(control: Control) -> np.ndarray:
                return project_tsne(points, control.check)

            self.parts.background.run(work, self._unfold_done, self._unfold_failed, KEY)
        elif self._report is not None:
            self._draw()

    def _unfold_done(self, flat: np.ndarray) -> None:
        self._idle()
        if len(flat) == len(self._places):
            self._unfolded = flat
            self._draw()

    def _unfold_failed(self, failure: Failure) -> None:
        self._idle()
        self.groups.setChecked(False)
        self.plot_card.set_why(failure.message)

    def _idle(self) -> None:
        self.groups.setText("Show groups (t-SNE)")
        self.groups.setEnabled(True)

    # --- neighbours

    def show_row(self, row: int) -> None:
        """Shows an example, by its row of the data set, and what lies nearest to it."""
        report = self.report_of(SpaceReport)
        content = self.content

        self._row = row
        index = int((report.rows == row).argmax())
        neighbours = report.nearest(row, NEIGHBOURS)
        self._near = [neighbour.row for neighbour in neighbours]
        name = report.classes[int(report.targets[index])].name
        same = sum(neighbour.same for neighbour in neighbours)
        self.answer.setText(
            f"<b>{escape(name)}</b>: {same} of its {len(neighbours)} nearest are of the same class."
        )
        self._mark()

        dataset = content.dataset
        if dataset is None:
            self.notice.say(content.missing, content.offer)
            self._stack.setCurrentIndex(1)
            return

        self._stack.setCurrentIndex(0)
        self.example.show_example(example_of(dataset, row))

        def line(number: int) -> ExampleRow:
            neighbour = neighbours[number]
            caption = f"{report.classes[neighbour.label].name}\n{number_text(neighbour.similarity)}"
            tone = "good" if neighbour.same else "wrong"
            return example_of(dataset, neighbour.row), caption, tone

        self.grid.show_rows(LazyRows(len(neighbours), line, lines=2))

    def _mark(self) -> None:
        rows = {int(row): number for number, row in enumerate(self._report_rows().tolist())}
        self.plot.mark(rows.get(self._row, -1), [rows[row] for row in self._near if row in rows])

    def close_down(self) -> None:
        self.parts.background.forget(KEY)

    def guide(self) -> list[GuideCard]:
        return [
            GuideCard(
                "What you see",
                "The network turns every example into a point; here are two of its many "
                "directions. Examples of one class should lie together. Point at one to see it, "
                "click it for its nearest neighbours.",
            ),
            GuideCard(
                "Two pictures of one space",
                "The first picture looks at the space from the side that shows most, so "
                "distances mean something. t-SNE pulls neighbours together: good for seeing "
                "groups, not for measuring how far they are apart.",
            ),
        ]


def _hex(color: object) -> str:
    return str(color.name())  # type: ignore[attr-defined]


VIEW = SpaceView
