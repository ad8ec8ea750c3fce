"""Classes: what is taken for what, the examples behind each cell, and figures per class."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from app.engine.data.nouns import noun
from app.engine.results.reports.classes import ClassReport
from app.engine.text import percent_text
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.results.confusion.counts import Confusion
from app.ui.pages.results.confusion.matrix_card import MatrixCard
from app.ui.pages.results.confusion.side_card import SideCard
from app.ui.pages.results.outcome import has_examples
from app.ui.pages.results.views.base import ResultsView

if TYPE_CHECKING:
    from app.ui.pages.results.selection import ViewContent

INTERVALS = GuideCard(
    "How sure is it?",
    "The line beside a figure is its 95 % interval: the fewer examples were judged, the wider. "
    "Two runs whose lines overlap much may be equally good.",
)


class ClassesView(ResultsView):
    """Shows the matrix, and beside it examples or the table of classes."""

    views: ClassVar[tuple[str, ...]] = ("classes",)

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.matrix_card = MatrixCard(parts.theme, parts.preferences)
        self.side = self.make_side()
        self.matrix = self.matrix_card.matrix
        self.gallery = self.side.gallery
        self.classes = self.side.classes
        self.matrix.picked.connect(self.side.show_cell)
        self.matrix_card.save_png.connect(
            lambda: self.save_wanted.emit("confusion.png", self.matrix_card.png)
        )
        self.matrix_card.save_csv.connect(
            lambda: self.save_wanted.emit("confusion.csv", self.matrix_card.csv)
        )
        self.side.confusions.confusion_picked.connect(self.matrix.set_current)
        self.side.save_csv.connect(lambda: self.save_wanted.emit("classes.csv", self.classes.csv))
        self.gallery.wanted.connect(self.data_wanted)
        self.add(self.matrix_card, 11)
        self.add(self.side, 10)

    def make_side(self) -> SideCard:
        """Returns the card beside the matrix."""
        return SideCard(self.theme)

    def fill(self, content: ViewContent) -> None:
        report = self.report_of(ClassReport)
        self.show_split(report, content)
        self.side.name_examples(noun(content.kind))
        self.side.suggest(self.suggested(report))

    def suggested(self, report: ClassReport) -> str:
        """Returns what stands beside the matrix until a person chooses.

        While the network trains there are no examples to show.
        """
        return "pictures" if has_examples(report) else "classes"

    def show_split(self, report: ClassReport, content: ViewContent) -> None:
        """Shows matrix, examples and table of one report."""
        confusion = Confusion(report.confusion, tuple(row.name for row in report.classes))
        self.matrix_card.show_confusion(confusion)
        self.side.show_confusion(confusion, noun(content.kind))
        self.classes.show_classes(report.classes, content.kind)
        self.gallery.show_split(
            report, content.dataset, content.missing, content.offer, content.kind
        )

    def guide(self) -> list[GuideCard]:
        cards = [
            GuideCard(
                "What you see",
                "Each row is a true class, each column an answer. On the diagonal it is right; "
                "elsewhere one class is taken for another. Click a cell to see the examples.",
            )
        ]
        if self._content is None:
            return cards

        report = self.report_of(ClassReport)
        many = noun(self.content.kind)
        for true, answer, count, share in report.confused(1):
            names = report.classes
            cards.append(
                GuideCard(
                    f'"{names[true].name}" is hard',
                    f"{percent_text(share)} of its {many} ({count:,}) are taken for "
                    f'"{names[answer].name}".',
                    "warning" if share >= 0.2 else "info",
                    f"Show these {many}",
                    partial(self._go_to, true, answer),
                    "guide.results.confused",
                )
            )

        return [*cards, INTERVALS]

    def _go_to(self, true: int, answer: int) -> None:
        self.matrix.set_current(true, answer)
        self.side.show_cell(true, answer)


VIEW = ClassesView
