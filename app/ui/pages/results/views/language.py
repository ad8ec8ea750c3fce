"""Language: the passages that are hardest and easiest to foretell, and what the network writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QPlainTextEdit

from app.engine.results.reports.language import LanguageReport, Passage
from app.engine.text import number_text
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.results.figure_table import Column, FigureTable, Line
from app.ui.pages.results.missing_data import MissingDataNotice
from app.ui.pages.results.views.base import ResultsView
from app.ui.pages.results.writing_card import WritingCard
from app.ui.widgets.card import Card
from app.ui.widgets.examples.example import example_of, shortened
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.ui.pages.results.selection import ViewContent

MOST = 60
SIDES = (
    ("hardest", "Hardest", "The passages it predicts worst."),
    ("easiest", "Easiest", "The passages it predicts best."),
)
COLUMNS = (
    Column("Passage", "How it begins.", plain="passage", prose=True),
    Column(
        "Bits a byte",
        "How many bits a byte of it costs: 8 is knowing nothing.",
        number_text,
        False,
        90,
        "bits per byte",
    ),
    Column(
        "Perplexity",
        "It is as unsure as in a choice among so many equally likely tokens.",
        number_text,
        False,
        90,
        "perplexity",
    ),
)


class LanguageView(ResultsView):
    """Shows passages, and beside them what the network writes."""

    views: ClassVar[tuple[str, ...]] = ("language",)

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._passages: list[Passage] = []
        self.table = FigureTable(parts.theme, "results.passages", "Passages of the text", COLUMNS)
        self.table.picked.connect(self.show_passage)
        self.text = QPlainTextEdit()
        self.text.setObjectName("results.passage")
        self.text.setAccessibleName("The passage chosen")
        self.text.setReadOnly(True)
        self.notice = MissingDataNotice()
        self.notice.wanted.connect(self.data_wanted)
        self.sides = Segments(parts.theme, "results.show", SIDES)
        self.sides.chosen.connect(lambda _: self._show())
        self.left = Card("Passages", "of text it never trained on")
        self.left.setObjectName("results.passages.card")
        self.left.tools.addWidget(self.sides)
        self.table.setMinimumHeight(parts.theme.px(90))
        self.text.setMinimumHeight(parts.theme.px(60))
        self.left.body.addWidget(self.table, 3)
        self.left.body.addWidget(self.text, 2)
        self.left.body.addWidget(self.notice, 2)
        self.writing = WritingCard(parts)
        self.add(self.left, 1)
        self.add(self.writing, 1)

    def fill(self, content: ViewContent) -> None:
        self.writing.show_run(content.path, content.live)
        self._show()

    def _show(self) -> None:
        report = self.report_of(LanguageReport)
        content = self.content

        self._passages = (
            report.hardest(MOST) if self.sides.value == "hardest" else report.easiest(MOST)
        )
        self.table.show_lines(
            [
                Line(
                    number,
                    (_beginning(content.dataset, passage.row), passage.bits, passage.perplexity),
                )
                for number, passage in enumerate(self._passages)
            ]
        )

        is_open = content.dataset is not None
        self.text.setVisible(is_open)
        self.notice.setVisible(not is_open)
        self.notice.say(content.missing, content.offer)
        self.left.set_why(
            f"of {len(report.rows):,} that it never trained on" if len(report.rows) else ""
        )

        if self._passages:
            self.table.choose(0)
            self.show_passage(0)

    def show_passage(self, number: int) -> None:
        """Shows all of one passage, by its place in the list."""
        content = self.content
        if content is None or content.dataset is None or not 0 <= number < len(self._passages):
            return

        self.text.setPlainText(example_of(content.dataset, self._passages[number].row).text)

    def close_down(self) -> None:
        self.writing.stop()

    def guide(self) -> list[GuideCard]:
        return [
            GuideCard(
                "Bits per byte",
                "What a byte of new text costs to write down with the network's help: 8 is "
                "knowing nothing, about 4.5 is knowing how frequent each letter is, and gzip "
                "needs about 3. It can be compared whatever the tokens are.",
            ),
            GuideCard(
                "Perplexity",
                "It is as unsure as in a choice among so many equally likely tokens. "
                "Comparable only where texts are cut into the same tokens.",
            ),
            GuideCard(
                "Temperature",
                "At 0 it always takes the likeliest token and soon repeats itself; at 1 it "
                "follows its own probabilities; above 1 it becomes bolder and makes more "
                "mistakes.",
            ),
        ]


def _beginning(dataset: Dataset | None, row: int) -> str:
    return (
        shortened(example_of(dataset, row).line, 120)
        if dataset is not None
        else f"passage {row + 1:,}"
    )


VIEW = LanguageView
