"""Matching: which half lies near which.

The diagonal should win; a cell shows both halves and the nearest partners.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.engine.results.reports.matching import SHOWN, MatchingReport, OpenOptions
from app.engine.text import number_text, percent_text
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.results.notice import Notice
from app.ui.pages.results.views.base import View
from app.ui.plots.matrices.similarity import SimilarityMatrix
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.examples.example import Example, example_of
from app.ui.widgets.examples.example_grid import ExampleGrid, ExampleRow, LazyRows
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.ui.pages.results.showing import Shown

PARTNERS = 12
PAIRS = (
    ("first", "The first", "The first pairs of this split."),
    (
        "hard",
        "The hardest",
        "The pairs that found one another worst, with those they were taken for.",
    ),
)
HINT = "Point at a cell; click it to see both halves."


class MatchingView(View):
    """The matrix on the left; on the right both halves of the cell, and what lies nearest."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        theme = parts.theme
        self._places = np.zeros(0, np.int64)
        self._cell = (0, 0)
        self.matrix = SimilarityMatrix(theme)
        self.matrix.picked.connect(self.show_cell)
        self.matrix.pointed.connect(self._point)
        self.said_line = QLabel(HINT)
        self.said_line.setObjectName("results.cell")
        self.said_line.setWordWrap(True)
        style(self.said_line, "secondary")
        self.which = Segments(theme, "results.pairs", PAIRS)
        self.which.chosen.connect(lambda _: self._show())
        self.left = Card("Who finds whom", "the diagonal should be the deepest of its row")
        self.left.setObjectName("results.similarity.card")
        self.left.tools.addWidget(self.which)
        self.left.body.addWidget(self.matrix, 1)
        self.left.body.addWidget(self.said_line)
        self.add(self.left, 11)
        self.add(self._build_side(), 10)

    def _build_side(self) -> Card:
        theme = self.theme
        self.side = Card("One pair")
        self.side.setObjectName("results.side")
        self.ways = Segments(
            theme,
            "results.way",
            (
                ("forward", "There", "What lies nearest to the first half."),
                ("back", "Back", "What lies nearest to the second half."),
            ),
        )

        self.ways.chosen.connect(lambda _: self._show_partners())
        self.side.tools.addWidget(self.ways)
        self.halves = (ExampleView(theme), ExampleView(theme))
        self.captions = (ElidedLabel(), ElidedLabel())
        self.answer = QLabel()
        self.answer.setObjectName("results.pair.answer")
        self.answer.setWordWrap(True)
        style(self.answer, "row")
        self.words = QLabel()
        self.words.setObjectName("results.partners.words")
        self.words.setWordWrap(True)
        style(self.words, "secondary")
        self.grid = ExampleGrid(theme, 64)
        self.grid.setObjectName("results.partners")
        self.grid.setAccessibleName("What lies nearest, the nearest first")
        self.grid.clickable = False
        self.notice = Notice()
        self.notice.wanted.connect(self.wanted)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        pair = QGridLayout()
        pair.setHorizontalSpacing(8)
        pair.setVerticalSpacing(2)

        for place, (view, caption) in enumerate(zip(self.halves, self.captions, strict=True)):
            style(caption, "secondary")
            pair.addWidget(caption, 0, place)
            pair.addWidget(view, 1, place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            pair.setColumnStretch(place, 1)

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

    def fill(self, shown: Shown) -> None:
        report = self.report_of(MatchingReport)
        if report.ways:
            ahead, back = report.ways
            self.ways.set_text("forward", f"{ahead.asked} → {ahead.given}")
            self.ways.set_text("back", f"{back.asked} → {back.given}")

        self.which.setVisible(report.count > SHOWN)
        self._show()

    def _show(self) -> None:
        report = self.report_of(MatchingReport)
        shown = self.shown

        assert shown is not None
        if not report.ways:
            return

        hard = self.which.value == "hard" and report.count > SHOWN
        self._places = self._hardest(report) if hard else np.arange(min(SHOWN, report.count))
        self.matrix.show_matrix(
            report.similarity(self._places), report.ways[0].asked, report.ways[0].given
        )
        self.left.set_why(f"{len(self._places)} of {report.count:,} pairs; the diagonal should win")

        row, column = self._cell
        if max(row, column) >= len(self._places):
            row = 0
            column = 0

        self.show_cell(row, column)
        self.said_line.setText(self._won())

    @staticmethod
    def _hardest(report: MatchingReport) -> np.ndarray:
        """Places of the pairs torn apart worst and of those they were taken for, neighbours side by
        side.
        """
        places = {int(row): place for place, row in enumerate(report.rows)}
        order: dict[int, None] = {}
        for one in report.confused(SHOWN):
            for row in (one.row, one.taken):
                if len(order) < SHOWN:
                    order[places[row]] = None

        return np.array(list(order) or range(min(SHOWN, report.count)), np.int64)

    def _point(self, text: str) -> None:
        self.said_line.setText(text or self._won())

    def _won(self) -> str:
        count = len(self.matrix.values)
        wrong = count - self.matrix.won
        framed = f"; framed: another lies nearer ({wrong})" if wrong else ""

        return f"{self.matrix.won} of {count} rows are won by their own partner{framed}. {HINT}"

    def show_cell(self, row: int, column: int) -> None:
        """Both halves: the first one of the pair in this row, the second one of the pair in this
        column.
        """
        self._cell = (row, column)
        self.matrix.go(row, column)
        report = self.report_of(MatchingReport)
        shown = self.shown

        assert shown is not None

        first = int(report.rows[self._places[row]])
        second = int(report.rows[self._places[column]])
        near = float(self.matrix.values[row, column])
        own = float(self.matrix.values[row, row])

        names = report.ways[0]
        if row == column:
            self.side.title.setText("A pair")
            place = int(report.forward[self._places[row]])
            behind = "the nearest of all" if place == 0 else f"with {place:,} others nearer"
            self.answer.setText(
                f"Similarity <b>{number_text(near)}</b>, {behind} of {names.candidates:,}."
            )
        else:
            self.side.title.setText("Not a pair")
            more = "more" if near > own else "less"
            self.answer.setText(
                f"Similarity <b>{number_text(near)}</b>, {more} than to its own {names.given} ({number_text(own)})."
            )

        if shown.dataset is None:
            self.notice.say(shown.missing, shown.offer)
            self._stack.setCurrentIndex(1)
            return

        self._stack.setCurrentIndex(0)
        for place, at in enumerate((first, second)):
            half = _half(example_of(shown.dataset, at), place)
            self.halves[place].show_example(half)
            name = (names.asked, names.given)[place]
            self.captions[place].setText(f"{name} {(row, column)[place] + 1}")

        self._show_partners()

    def _show_partners(self) -> None:
        """What lies nearest to one half of the cell."""
        report = self.report_of(MatchingReport)
        shown = self.shown

        assert shown is not None

        dataset = shown.dataset
        if dataset is None:
            return

        way: OpenOptions = "forward" if self.ways.value == "forward" else "back"
        names = report.ways[0 if way == "forward" else 1]
        asked = int(report.rows[self._places[self._cell[0 if way == "forward" else 1]]])
        found = report.nearest(asked, PARTNERS, way)
        right = next((number for number, one in enumerate(found, start=1) if one.right), 0)
        at = f"its own is number {right}" if right else f"its own is not among these {len(found)}"
        self.words.setText(
            f"Nearest {names.given} for this {names.asked} ({at}). Over all: its own is the "
            "nearest for "
            f"{percent_text(names.at_1)}, among five for {percent_text(names.at_5)}."
        )

        def line(number: int) -> ExampleRow:
            one = found[number]
            half = _half(example_of(dataset, one.row), 1 if way == "forward" else 0)
            return (
                half,
                f"{number_text(one.similarity)}{' (its own)' if one.right else ''}",
                "good" if one.right else "normal",
            )

        self.grid.show_rows(LazyRows(len(found), line))

    def guide(self) -> list[GuideCard]:
        return [
            GuideCard(
                "What you see",
                "Each row is a first half, each column a second one; the deeper, the nearer they "
                "lie. What belongs "
                "together is on the diagonal. An orange frame marks a row in which another one "
                "lies nearer.",
            ),
            GuideCard(
                "Recall",
                "Recall at 5 asks: is the right one among the five nearest of all? With more to "
                "choose from that is "
                "harder, so compare it with guessing, and with runs on the same data.",
            ),
        ]


def _half(example: Example, place: int) -> Example:
    return example.halves[place] if example.halves else example


VIEW = MatchingView
