"""Restored examples: as they are, damaged, and as the network restores them, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtWidgets import QStackedLayout

from app.engine.data.nouns import counted
from app.engine.results.reports.restored import Restored, RestoredReport
from app.engine.text import number_text
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.results.loaded_network import LoadedNetwork
from app.ui.pages.results.missing_data import MissingDataNotice
from app.ui.pages.results.views.base import ResultsView
from app.ui.plots.base.plot_card import PlotCard
from app.ui.plots.distributions.histogram import HistogramPlot
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.examples.example import Example, example_from
from app.ui.widgets.examples.example_grid import ExampleGrid, ExampleRow, LazyRows
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from app.engine.runs.control import Control
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.background import Failure

MOST = 24
SIDES = (
    ("worst", "Worst", "The examples restored worst."),
    ("best", "Best", "The examples restored best."),
    ("first", "As they come", "The first examples of this split."),
)
KEY = "results.restore"
Trio = tuple[np.ndarray, np.ndarray, np.ndarray]


class RestoredView(ResultsView):
    """Shows trios of examples, and beside them how the errors are spread."""

    views: ClassVar[tuple[str, ...]] = ("restored",)

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._loaded = LoadedNetwork()
        self._requested: object = None
        self.grid = ExampleGrid(parts.theme, 64)
        self.grid.setObjectName("results.restored")
        self.grid.setAccessibleName("Examples as they are, damaged, and restored")
        self.grid.clickable = False
        self.notice = MissingDataNotice()
        self.notice.wanted.connect(self.data_wanted)
        self.words = Label("Each: as it is, damaged, restored.")
        self.words.setObjectName("results.restored.words")
        style(self.words, "secondary")
        self.sides = Segments(parts.theme, "results.show", SIDES)
        self.sides.chosen.connect(lambda _: self._show())
        self.left = Card("Restored", "examples that it never trained on")
        self.left.setObjectName("results.restored.card")
        self.left.tools.addWidget(self.sides)
        self.left.body.addWidget(self.words)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.notice)
        self.left.body.addLayout(self._stack, 1)
        self.histogram = HistogramPlot(parts.theme, both=False)
        self.right = PlotCard(self.histogram, "Errors", "how far off", "results.errors", "errors")
        self.histogram.setMinimumHeight(parts.theme.px(140))
        self.figures = Label()
        self.figures.setObjectName("results.figures")
        self.figures.setWordWrap(True)
        style(self.figures, "row")
        self.right.body.addWidget(self.figures)
        self.add(self.left, 13)
        self.add(self.right, 8)

    # --- what is shown

    def fill(self, _content: ViewContent) -> None:
        report = self.report_of(RestoredReport)
        self.histogram.show_values(report.predictions[:, 1], "mean squared error")
        least, middle, most = (
            number_text(float(np.quantile(report.predictions[:, 1], share)))
            for share in (0.0, 0.5, 1.0)
        )
        self.figures.setText(
            f"Mean squared error of the best {least}, the middle one {middle}, the worst {most}. "
            f"Left as they are {number_text(report.baseline)}; always the mean 1."
        )

        self._show()

    def _chosen(self, report: RestoredReport) -> list[Restored]:
        if self.sides.value == "first":
            return [
                Restored(int(row), float(mae), float(mse))
                for row, (mae, mse) in zip(
                    report.rows[:MOST], report.predictions[:MOST], strict=True
                )
            ]
        return report.examples(best=self.sides.value == "best", most=MOST)

    def _show(self) -> None:
        report = self.report_of(RestoredReport)
        content = self.content

        self.left.set_why(counted(content.kind, report.count))
        if content.live:
            self._say("Restored examples can be seen once training has ended.", False)
        elif content.past:
            self._say(
                "These are figures of an epoch whose weights are gone; restored examples are made "
                "by those in use.",
                False,
            )
        elif content.dataset is None:
            self._say(content.missing, content.offer)
        else:
            self._restore(report, content)

    def _say(self, text: str, offer: bool) -> None:
        self._requested = None
        self.notice.say(text, offer)
        self.words.hide()
        self._stack.setCurrentIndex(1)

    def _restore(self, report: RestoredReport, content: ViewContent) -> None:
        """Restores the examples chosen, in the background, damaged as in the evaluation."""
        dataset = content.dataset
        path = content.path

        assert dataset is not None and path is not None

        chosen = self._chosen(report)
        rows = np.array([example.row for example in chosen], np.int64)

        request = (path, report.split, report.mae, tuple(rows.tolist()))
        if request == self._requested:
            return

        self._say("Restoring …", False)
        self._requested = request

        loaded = self._loaded

        def work(control: Control) -> list[Trio]:
            from app.engine.results.restoring import restore_rows  # noqa: PLC0415 - imports torch

            predictor = loaded.predictor(path)
            control.check()
            restored = restore_rows(predictor, dataset, rows, report.split)

            return list(zip(restored.clean, restored.damaged, restored.restored, strict=True))

        def done(trios: list[Trio]) -> None:
            if request == self._requested:
                self._take(dataset.description.preparation, chosen, trios)

        def failed(failure: Failure) -> None:
            self._say(failure.message, False)

        self.parts.background.run(work, done, failed, KEY)

    def _take(self, preparation: Preparation, chosen: list[Restored], trios: list[Trio]) -> None:
        def line(index: int) -> ExampleRow:
            parts = tuple(example_from(preparation, array) for array in trios[index])
            caption = f"squared error {number_text(chosen[index].mse)}"
            return Example("pair", halves=parts), caption, "normal"

        self.grid.show_rows(LazyRows(len(trios), line))
        self.words.show()
        self._stack.setCurrentIndex(0)

    def close_down(self) -> None:
        self.parts.background.forget(KEY)

    def guide(self) -> list[GuideCard]:
        return [
            GuideCard(
                "What you see",
                "Each trio is one example: as it is, what was done to it, and what the network "
                "made of that. Errors are in standard deviations of the values, so they can be "
                "compared whatever the values are.",
            ),
            GuideCard(
                "What it is good for",
                "To restore, the network must learn how the examples are made, without any "
                "labels. Examples restored badly are unlike the others: worth a look where "
                "something odd is to be found.",
            ),
        ]


VIEW = RestoredView
