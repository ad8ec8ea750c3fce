"""What the Guide says about the data."""

from __future__ import annotations

from collections.abc import Callable

from app.engine.results.advice import before_training
from app.engine.results.remedies import Finding
from app.ui.document import Document
from app.ui.parts import GuideCard
from app.ui.remedies import change

DATASET = GuideCard(
    "Dataset",
    "One of the three parts of training: architecture, dataset, loss. The network learns from the training pictures, "
    "is judged after every epoch by the validation pictures, and at the very end by the test pictures.",
)
FIRST = GuideCard(
    "Begin with data",
    "Pictures sorted into folders are enough: the folder's name is the class. They stay where they are, and nothing is "
    "sent anywhere.",
)
ABOUT = {
    "preparation": GuideCard(
        "Size", "Half the side is a quarter of the time and memory. If you can tell the classes apart at this size, so "
        "can the network.",
    ),
    "augmentation": GuideCard(
        "Variation", "A picture that is shifted or mirrored is still of its class. Varied pictures are like more "
        "pictures; take only what could happen to a real one.",
    ),
    "skipped": GuideCard(
        "Skipped files", "Nothing here stops a training. Mend or remove the files, then open the data again.",
    ),
}


def guide_cards(document: Document, tab: str, show_skipped: Callable[[], None]) -> list[GuideCard]:
    """The dataset, the tab in front, and what is to be said about these data with what one click changes."""
    about = document.description
    if about is None:
        return [FIRST, DATASET]
    cards = [
        _card(document, finding, show_skipped)
        for finding in before_training(document.experiment, about)
        if not (tab == "overview" and finding.key == "imbalance")  # the overview says it itself
    ]
    cards.append(ABOUT.get(tab, DATASET))
    cards += [GuideCard("Note", note) for note in about.notes[:3] if tab == "overview"]
    return cards


def _card(document: Document, finding: Finding, show_skipped: Callable[[], None]) -> GuideCard:
    """Before a training a remedy changes settings and starts nothing."""
    remedy = finding.remedy
    if remedy is None:
        return GuideCard(finding.title, finding.text, finding.level)
    changes = dict(remedy.changes)

    def act() -> None:
        if changes:
            change(document, changes)
        else:
            show_skipped()

    return GuideCard(finding.title, finding.text, finding.level, remedy.label, act, f"guide.{finding.key}")
