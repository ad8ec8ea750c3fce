"""Tags: how well each is set, and the examples on which it goes wrong."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt

from app.engine.data.nouns import counted, noun
from app.engine.results.reports.tags import TagReport
from app.engine.text import count_text, list_text, percent_text
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.results.confusion.class_table import share_words
from app.ui.pages.results.confusion.side_card import link
from app.ui.pages.results.example_gallery import ExampleGallery, GalleryExample
from app.ui.pages.results.figure_table import Column, FigureTable, Line
from app.ui.pages.results.outcome import has_examples
from app.ui.pages.results.views.base import ResultsView
from app.ui.widgets.card import Card
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.pages.results.selection import ViewContent

COLUMNS = (
    Column("Tag", "The tags of the data.", plain="tag"),
    Column(
        "AP",
        "Average precision: how near the top the examples with the tag stand, when all are "
        "sorted by how sure the network is.",
        share_words,
        True,
        62,
        "average precision",
    ),
    Column(
        "Found",
        "Recall: of the examples that have it, the share that got it.",
        share_words,
        True,
        64,
        "recall",
    ),
    Column(
        "Right",
        "Precision: of the examples that got it, the share that have it.",
        share_words,
        True,
        64,
        "precision",
    ),
    Column(
        "F1",
        "F1: recall and precision in one figure (their harmonic mean).",
        share_words,
        True,
        62,
        "f1",
    ),
    Column(
        "Have it",
        "How many of the examples judged have it.",
        lambda n: f"{n:,}",
        False,
        64,
        "count",
    ),
    Column(
        "Got it",
        "How many of the examples judged were given it.",
        lambda n: f"{n:,}",
        False,
        62,
        "set",
        spare=True,
    ),
)
KINDS = (
    ("missed", "Missed", "Have the tag and did not get it."),
    ("added", "Wrongly set", "Got the tag and do not have it."),
    ("right", "Right", "Have the tag and got it."),
)
MOST = 300


class TagsView(ResultsView):
    """Shows the table of tags; a click on one shows where it goes wrong."""

    views: ClassVar[tuple[str, ...]] = ("tags",)

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.table = FigureTable(parts.theme, "results.tags", "Figures per tag", COLUMNS, 1)
        self.table.picked.connect(self.show_tag)
        left = Card("Tags", "how well each is set; click one for its examples")
        left.setObjectName("results.tags.card")
        left.body.addWidget(self.table, 1)
        save = link(
            "Save this table (CSV)",
            "results.tags.save",
            "Writes the figures of every tag to a file.",
        )

        save.clicked.connect(lambda: self.save_wanted.emit("tags.csv", self.table.csv))
        left.body.addWidget(save, 0, Qt.AlignmentFlag.AlignLeft)
        self.gallery = ExampleGallery(parts.theme)
        self.gallery.wanted.connect(self.data_wanted)
        self.gallery.back.setText("All tags")
        self.gallery.back.setAccessibleName("Show the worst examples of all tags")
        self.gallery.back.setToolTip("Back to the examples whose tags are furthest from right.")
        self.gallery.back_pressed.connect(lambda: self.show_tag(-1))
        self.kinds = Segments(parts.theme, "results.tag", KINDS)
        self.kinds.chosen.connect(lambda _: self._show())
        self.side = Card("Worst examples")
        self.side.setObjectName("results.side")
        self.side.tools.addWidget(self.kinds)
        self.side.body.addWidget(self.gallery, 1)
        self.tag = -1
        self.add(left, 11)
        self.add(self.side, 10)

    def fill(self, content: ViewContent) -> None:
        report = self.report_of(TagReport)
        if self.tag >= len(report.tags):
            self.tag = -1

        self.table.show_lines(
            [
                Line(
                    number,
                    (
                        row.name,
                        row.average_precision,
                        row.recall,
                        row.precision,
                        row.f1,
                        row.count,
                        row.predicted,
                    ),
                )
                for number, row in enumerate(report.tags)
            ]
        )
        self.gallery.show_data(content.dataset, content.missing, content.offer)
        self._show()

    def show_tag(self, number: int) -> None:
        """Shows the examples of one tag; of all for -1."""
        self.tag = number
        if number >= 0:
            report = self.report_of(TagReport)
            row = report.tags[number]
            missed = (row.recall or 0.0) < 1 and row.count > 0
            self.kinds.set_value("missed" if missed else "added" if row.predicted else "right")

        self._show()

    def _show(self) -> None:
        report = self.report_of(TagReport)
        content = self.content

        self.kinds.setVisible(self.tag >= 0)
        if not has_examples(report):
            self.side.title.setText("Worst examples")
            self.gallery.show_examples(
                [], "", f"Which {noun(content.kind)} these are is known once training has ended."
            )
            return

        if self.tag < 0:
            wrong = report.wrong(MOST)
            rows = [example.row for example in wrong]
            captions = [
                _wrong_text(report.names, example.missed, example.added) for example in wrong
            ]
            self.side.title.setText("Worst examples")
            words = (
                f"{count_text(len(wrong), 'example')} with wrong tags, the surest mistakes first"
            )
            empty = "" if wrong else "Every tag of every example is right."
        else:
            has, gets = {
                "missed": (True, False),
                "added": (False, True),
                "right": (True, True),
            }[self.kinds.value]
            rows = report.examples_of(self.tag, has, gets, MOST)
            name = report.names[self.tag]
            captions = [
                percent_text(float(report.predictions[self._index(report, row), self.tag]))
                for row in rows
            ]

            self.side.title.setText(name)
            words = f"{counted(content.kind, len(rows))}, with how sure it was"
            empty = "" if rows else "There is none."

        examples = [
            GalleryExample(row, text, self._answer(report, row))
            for row, text in zip(rows, captions, strict=True)
        ]
        self.gallery.show_examples(examples, words, empty, self.tag >= 0)

    def _index(self, report: TagReport, row: int) -> int:
        return int((report.rows == row).argmax())

    def _answer(self, report: TagReport, row: int) -> str:
        """Returns what an example has, and what it gets, for the line below."""
        index = self._index(report, row)
        has = [
            name
            for name, is_set in zip(report.names, report.targets[index] > 0, strict=True)
            if is_set
        ]

        order = report.predictions[index].argsort()[::-1][:4]
        answers = ", ".join(
            f"{report.names[k]} {percent_text(float(report.predictions[index, k]))}" for k in order
        )
        return f"<b>{escape(list_text(has) or 'no tag')}</b>, and it says: {escape(answers)}"

    def guide(self) -> list[GuideCard]:
        return [
            GuideCard(
                "What you see",
                "Each tag is a question of its own, and an example can have any of them. Average "
                "precision asks how well a tag sorts the examples; found and right are counted "
                "where it is surer than 50 %.",
            )
        ]


def _wrong_text(names: Sequence[str], missed: Sequence[int], added: Sequence[int]) -> str:
    """Returns "misses a, b" and "adds c", a line each."""
    lines = []
    if missed:
        lines.append(f"misses {list_text([names[k] for k in missed], 2)}")
    if added:
        lines.append(f"adds {list_text([names[k] for k in added], 2)}")

    return "\n".join(lines)


VIEW = TagsView
