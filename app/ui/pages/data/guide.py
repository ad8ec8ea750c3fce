"""What the Guide says about the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.advice.before_training import before_training
from app.engine.data.kinds import kind_of
from app.ui.pages.parts import GuideCard

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.runs.findings import Finding
    from app.ui.state.document import Document

DATASET = GuideCard(
    "Dataset",
    "One of the three parts of training: architecture, dataset, loss. The network learns from the "
    "training examples, "
    "is judged after every epoch by the validation examples, and at the very end by the test "
    "examples.",
)
FIRST = GuideCard(
    "Begin with data",
    "Pictures, texts or sounds sorted into folders are enough: the folder's name is the class. Or "
    "a table: one column "
    "is predicted from the others. Everything stays where it is, and nothing is sent anywhere.",
)
ABOUT = {
    "augmentation": GuideCard(
        "Augmentation",
        "A picture that is shifted or mirrored still belongs to its class. Varied pictures act "
        "like additional ones; allow only changes that could happen to a real picture.",
    ),
    "table": GuideCard(
        "Columns",
        "The target is what the network learns to answer, from all columns that are not "
        "ignored. Ignore columns whose values would not be known beforehand, or that give the "
        "answer away.",
    ),
    "skipped": GuideCard(
        "Left out",
        "None of this stops a training. Fix or remove what is listed, then open the data again.",
    ),
}
ASKED = "choose the task to decide."
"""End of the note that is also the question above the page."""


def guide_cards(document: Document, tab: str, show_skipped: Callable[[], None]) -> list[GuideCard]:
    """Returns cards on the dataset, the tab in front, and findings with what a click changes."""
    description = document.description
    if description is None:
        return [FIRST, DATASET]

    cards = [
        _card(document, finding, show_skipped)
        for finding in before_training(document.experiment, description)
        if not (tab == "overview" and finding.key == "imbalance")  # the overview says it itself
    ]
    kind = kind_of(description.preparation.inputs[0].kind)
    prepared = GuideCard(kind.advice_title, kind.advice)
    cards.append(prepared if tab == "preparation" else ABOUT.get(tab, DATASET))
    notes = [
        note for note in description.notes if not note.endswith(ASKED)
    ]  # the page asks it itself
    cards += [GuideCard("While reading", note) for note in notes[:3] if tab == "overview"]

    return cards


def _card(document: Document, finding: Finding, show_skipped: Callable[[], None]) -> GuideCard:
    """Returns a finding as a card.

    Before a training a remedy changes settings and starts nothing.
    """
    remedy = finding.remedy
    if remedy is None:
        return GuideCard(finding.title, finding.text, finding.level)

    changes = dict(remedy.changes)

    def act() -> None:
        if changes:
            document.change(changes)
        else:
            show_skipped()

    return GuideCard(
        finding.title, finding.text, finding.level, remedy.label, act, f"guide.{finding.key}"
    )
