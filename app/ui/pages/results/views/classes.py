"""Classes: what is taken for what, the examples behind each cell, and figures per class."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.engine.data.nouns import noun
from app.engine.results.reports.classes import ClassReport
from app.engine.text import percent_text
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.results.confusion.card import MatrixCard
from app.ui.pages.results.order import Confusion
from app.ui.pages.results.outcome import has_examples
from app.ui.pages.results.side_card import SideCard
from app.ui.pages.results.views.base import View

if TYPE_CHECKING:
    from app.ui.pages.results.showing import Shown

INTERVALS = GuideCard(
    "How sure is it?",
    "The line beside a figure is its 95 % interval: the fewer examples were judged, the wider. Two "
    "runs whose lines "
    "overlap much may be equally good.",
)


class ClassesView(View):
    """The matrix, and beside it examples or the table of classes."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.matrix_card = MatrixCard(parts.theme, parts.preferences)
        self.side = self.make_side()
        self.matrix = self.matrix_card.matrix
        self.gallery = self.side.gallery
        self.classes = self.side.classes
        self.matrix.picked.connect(self.side.show_cell)
        self.matrix_card.save_png.connect(
            lambda: self.saved.emit("confusion.png", self.matrix_card.png)
        )
        self.matrix_card.save_csv.connect(
            lambda: self.saved.emit("confusion.csv", self.matrix_card.csv)
        )
        self.side.save_csv.connect(lambda: self.saved.emit("classes.csv", self.classes.csv))
        self.gallery.wanted.connect(self.wanted)
        self.add(self.matrix_card, 11)
        self.add(self.side, 10)

    def make_side(self) -> SideCard:
        """The card beside the matrix."""
        return SideCard(self.theme)

    def fill(self, shown: Shown) -> None:
        report = self.report_of(ClassReport)
        self.show_split(report, shown)
        self.side.name_examples(noun(shown.kind))
        self.side.suggest(self.suggested(report))

    def suggested(self, report: ClassReport) -> str:
        """What stands beside the matrix until the person chooses: while it trains there are no
        examples to show.
        """
        return "pictures" if has_examples(report) else "classes"

    def show_split(self, report: ClassReport, shown: Shown) -> None:
        """Matrix, examples and table of one report."""
        self.matrix_card.show_confusion(
            Confusion(report.confusion, tuple(row.name for row in report.classes))
        )
        self.classes.show_classes(report.classes, shown.kind)
        self.gallery.show_split(report, shown.dataset, shown.missing, shown.offer, shown.kind)

    def guide(self) -> list[GuideCard]:
        cards = [
            GuideCard(
                "What you see",
                "Each row is a true class, each column an answer. On the diagonal it is right; "
                "elsewhere one class is "
                "taken for another. Click a cell to see the examples.",
            )
        ]
        if self.shown is None:
            return cards

        report = self.report_of(ClassReport)
        many = noun(self.shown.kind)
        for true, answer, count, share in report.confused(1):
            names = report.classes
            cards.append(
                GuideCard(
                    f'"{names[true].name}" is hard',
                    f'{percent_text(share)} of its {many} ({count:,}) are taken for "{names[answer].name}".',
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
