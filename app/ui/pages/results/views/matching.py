"""Matching: which half lies near which, both halves of a cell, and the nearest partners."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QStackedLayout, QVBoxLayout, QWidget

from app.engine.results.reports.matching import SHOWN, Direction, MatchingReport
from app.engine.text import number_text, percent_text
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.results.missing_data import MissingDataNotice
from app.ui.pages.results.views.base import ResultsView
from app.ui.plots.matrices.similarity import SimilarityMatrix
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.examples.example import Example, example_of
from app.ui.widgets.examples.example_grid import ExampleGrid, ExampleRow, LazyRows
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.ui.pages.results.selection import ViewContent

PARTNERS = 12
PAIRS = (
    ("first", "The first", "The first pairs of this split."),
    (
        "hard",
        "The hardest",
        "The pairs that were matched worst, with what they were mistaken for.",
    ),
)
HINT = "Point at a cell; click it to see both halves."


class MatchingView(ResultsView):
    """Shows the matrix; beside it both halves of a cell, and what lies nearest."""

    views: ClassVar[tuple[str, ...]] = ("matching",)

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        theme = parts.theme
        self._places = np.zeros(0, np.int64)
        self._cell = (0, 0)
        self.matrix = SimilarityMatrix(theme)
        self.matrix.picked.connect(self.show_cell)
        self.matrix.pointed.connect(self._show_cell_text)
        self.cell_text = Label(HINT)
        self.cell_text.setObjectName("results.cell")
        self.cell_text.setWordWrap(True)
        style(self.cell_text, "secondary")
        self.which = Segments(theme, "results.pairs", PAIRS)
        self.which.chosen.connect(lambda _: self._show())
        self.left = Card("Similarity matrix", "the diagonal, where partners meet, should stand out")
        self.left.setObjectName("results.similarity.card")
        self.left.tools.addWidget(self.which)
        self.left.body.addWidget(self.matrix, 1)
        self.left.body.addWidget(self.cell_text)
        self.add(self.left, 11)
        self.add(self._build_side(), 10)

    def _build_side(self) -> Card:
        theme = self.theme
        self.side = Card("One pair")
        self.side.setObjectName("results.side")
        self.directions = Segments(
            theme,
            "results.way",
            (
                ("forward", "There", "What lies nearest to the first half."),
                ("back", "Back", "What lies nearest to the second half."),
            ),
        )

        self.directions.chosen.connect(lambda _: self._show_partners())
        self.side.tools.addWidget(self.directions)
        self.halves = (ExampleView(theme), ExampleView(theme))
        self.captions = (ElidedLabel(), ElidedLabel())
        self.answer = Label()
        self.answer.setObjectName("results.pair.answer")
        self.answer.setWordWrap(True)
        style(self.answer, "row")
        self.words = Label()
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setObjectName("results.partners.words")
        self.words.setWordWrap(True)
        style(self.words, "secondary")
        self.grid = ExampleGrid(theme, 64)
        self.grid.setObjectName("results.partners")
        self.grid.setAccessibleName("What lies nearest, the nearest first")
        self.grid.clickable = False
        self.notice = MissingDataNotice()
        self.notice.wanted.connect(self.data_wanted)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        pair = QGridLayout()
        pair.setHorizontalSpacing(8)
        pair.setVerticalSpacing(2)

        for index, (view, caption) in enumerate(zip(self.halves, self.captions, strict=True)):
            style(caption, "secondary")
            pair.addWidget(caption, 0, index)
            pair.addWidget(view, 1, index, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            pair.setColumnStretch(index, 1)

        column.addLayout(pair)
        column.addWidget(self.answer)
        column.addWidget(self.words)
        column.addWidget(self.grid, 1)
        self._stack = QStackedLayout()
        self._stack.addWidget(content)
        self._stack.addWidget(self.notice)
        self.side.body.addLayout(self._stack, 1)

        return self.side

    # --- what is shown

    def fill(self, _content: ViewContent) -> None:
        report = self.report_of(MatchingReport)
        if report.directions:
            ahead, back = report.directions
            self.directions.set_text("forward", f"{ahead.query} → {ahead.target}")
            self.directions.set_text("back", f"{back.query} → {back.target}")

        self.which.setVisible(report.count > SHOWN)
        self._show()

    def _show(self) -> None:
        report = self.report_of(MatchingReport)
        if not report.directions:
            return

        hard = self.which.value == "hard" and report.count > SHOWN
        self._places = self._hardest(report) if hard else np.arange(min(SHOWN, report.count))
        self.matrix.show_matrix(
            report.similarity(self._places), report.directions[0].query, report.directions[0].target
        )
        self.left.set_why(f"{len(self._places)} of {report.count:,} pairs; the diagonal should win")

        row, column = self._cell
        if max(row, column) >= len(self._places):
            row = 0
            column = 0

        self.show_cell(row, column)
        self.cell_text.setText(self._won_text())

    @staticmethod
    def _hardest(report: MatchingReport) -> np.ndarray:
        """Returns places of the pairs torn apart worst and of those they were taken for.

        Each stands beside the one that it was taken for.
        """
        places = {int(row): index for index, row in enumerate(report.rows)}
        order: dict[int, None] = {}
        for pair in report.confused(SHOWN):
            for row in (pair.row, pair.nearest):
                if len(order) < SHOWN:
                    order[places[row]] = None

        return np.array(list(order) or range(min(SHOWN, report.count)), np.int64)

    def _show_cell_text(self, text: str) -> None:
        self.cell_text.setText(text or self._won_text())

    def _won_text(self) -> str:
        count = len(self.matrix.values)
        wrong = count - self.matrix.won
        framed = f"; framed: another lies nearer ({wrong})" if wrong else ""

        return f"{self.matrix.won} of {count} rows are won by their own partner{framed}. {HINT}"

    def show_cell(self, row: int, column: int) -> None:
        """Shows both halves of a cell: the first of its row's pair, the second of its column's."""
        self._cell = (row, column)
        self.matrix.go(row, column)
        report = self.report_of(MatchingReport)
        content = self.content

        first = int(report.rows[self._places[row]])
        second = int(report.rows[self._places[column]])
        near = float(self.matrix.values[row, column])
        own = float(self.matrix.values[row, row])

        names = report.directions[0]
        if row == column:
            self.side.title.setText("A pair")
            index = int(report.forward[self._places[row]])
            behind = "the nearest of all" if index == 0 else f"with {index:,} others nearer"
            self.answer.setText(
                f"Similarity <b>{number_text(near)}</b>, {behind} of {names.candidates:,}."
            )
        else:
            self.side.title.setText("Not a pair")
            more = "more" if near > own else "less"
            self.answer.setText(
                f"Similarity <b>{number_text(near)}</b>, {more} than to its own "
                f"{escape(names.target)} ({number_text(own)})."
            )

        if content.dataset is None:
            self.notice.say(content.missing, content.offer)
            self._stack.setCurrentIndex(1)
            return

        self._stack.setCurrentIndex(0)
        for index, at in enumerate((first, second)):
            half = _half(example_of(content.dataset, at), index)
            self.halves[index].show_example(half)
            name = (names.query, names.target)[index]
            self.captions[index].setText(f"{name} {(row, column)[index] + 1}")

        self._show_partners()

    def _show_partners(self) -> None:
        """Shows what lies nearest to one half of the cell."""
        report = self.report_of(MatchingReport)
        dataset = self.content.dataset
        if dataset is None:
            return

        direction: Direction = "forward" if self.directions.value == "forward" else "back"
        query, target = (0, 1) if direction == "forward" else (1, 0)
        figures = report.directions[query]
        row = int(report.rows[self._places[self._cell[query]]])
        partners = report.nearest(row, PARTNERS, direction)

        own = next((number for number, partner in enumerate(partners, 1) if partner.right), 0)
        where = f"its own is number {own}" if own else f"its own is not among these {len(partners)}"
        self.words.setText(
            f"Nearest {figures.target} for this {figures.query} ({where}). Over all: its own is "
            f"the nearest for {percent_text(figures.at_1)}, among five for "
            f"{percent_text(figures.at_5)}."
        )

        def line(number: int) -> ExampleRow:
            partner = partners[number]
            half = _half(example_of(dataset, partner.row), target)
            caption = number_text(partner.similarity) + (" (its own)" if partner.right else "")
            return half, caption, "good" if partner.right else "normal"

        self.grid.show_rows(LazyRows(len(partners), line))

    def guide(self) -> list[GuideCard]:
        return [
            GuideCard(
                "What you see",
                "Each row is a first half, each column a second one; the deeper, the nearer they "
                "lie. What belongs together is on the diagonal. An orange frame marks a row in "
                "which another one lies nearer.",
            ),
            GuideCard(
                "Recall",
                "Recall at 5 asks: is the right one among the five nearest of all? With more to "
                "choose from that is harder, so compare it with guessing, and with runs on the "
                "same data.",
            ),
        ]


def _half(example: Example, index: int) -> Example:
    return example.halves[index] if example.halves else example


VIEW = MatchingView
