"""The data card: counts, splits, licence and fingerprint; not one of the examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.report.markup import Html, facts, heading, joined, paragraph, table, tag
from app.engine.report.section import Section
from app.engine.text import list_text

if TYPE_CHECKING:
    from app.engine.report.content import ReportContent, ReportedRun
    from app.engine.results.data_card import DataCard

MOST_CLASSES = 30
"""The table of more classes is folded away."""


class Data(Section):
    """A card for each different data set, with the names of the runs that learn from it."""

    name: ClassVar[str] = "data"
    title: ClassVar[str] = "Data"
    order: ClassVar[int] = 30

    def html(self, content: ReportContent) -> Html:
        cards: dict[tuple[str, str], tuple[DataCard, list[ReportedRun]]] = {}
        for run in content.runs:
            card = run.data_card
            if card is not None:
                key = (card.fingerprint, card.name)
                cards.setdefault(key, (card, []))[1].append(run)

        many = len(cards) > 1
        parts: list[Html] = []
        for card, runs in cards.values():
            if many:
                names = list_text([run.label for run in runs], 6)
                parts.append(heading(f"{card.name}, of {names}"))
            parts.append(_card(card, runs[0]))

        if parts:
            private = "No example of the data and no name of a file is in this report."
            parts.append(paragraph(private, "secondary"))

        return joined(parts)


def _card(card: DataCard, run: ReportedRun) -> Html:
    known = facts((name, run.remover.text(value)) for name, value in card.facts())
    splits = table("Examples by split", ("Split", "examples", "share"), card.split_rows())
    if not card.classes:
        return joined((known, splits))

    caption = "Examples by class and split"
    classes = table(caption, ("Class", *card.splits), card.class_rows())
    if len(card.classes) > MOST_CLASSES:
        summary = tag("summary", f"The {len(card.classes):,} classes as a table")
        classes = tag("details", joined((summary, classes)))

    return joined((known, splits, classes))


SECTION = Data()
