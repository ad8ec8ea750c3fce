"""What the Guide says about the network."""

from __future__ import annotations

from app.ui.document import Document
from app.ui.measurer import Measured, Measurer
from app.ui.parts import GuideCard
from app.ui.words import pictures
from models.graph import INPUT

ARCHITECTURE = {
    "CNN": "A CNN slides small filters over the picture: first edges, then shapes made of edges, then things made of "
    "shapes.",
    "Transformer": "A transformer cuts the picture into patches and lets every patch look at all others; it needs "
    "more examples, and sees far from the first block on.",
}


def guide_cards(document: Document, measurer: Measurer, chosen: str) -> list[GuideCard]:
    """The architecture, the selected block, and how the network fits the data."""
    measured = measurer.measured
    cards = []
    if measured is not None and measured.inspection.error is not None:
        error = measured.inspection.error
        cards.append(GuideCard("This network cannot be built", f"{error.what} {error.remedy}".strip(), "problem"))
    elif measurer.trouble is not None:
        trouble = measurer.trouble
        cards.append(GuideCard("No network yet", f"{trouble.what} {trouble.remedy}".strip(), "problem"))
    family = measured.experiment.model.family if measured and measured.experiment.model else ""
    first = "One of the three parts of training: architecture, dataset, loss."
    cards.append(GuideCard("Architecture", f"{first} {ARCHITECTURE.get(family, '')}".strip()))
    if measured is not None:
        cards.append(_block(measured, chosen))
        if (card := _fit(document, measured)) is not None:
            cards.append(card)
    return cards


def _block(measured: Measured, chosen: str) -> GuideCard:
    if chosen == INPUT:
        return GuideCard("Picture", "One example, brought to one size, each channel to mean 0 and spread 1.")
    block = next((block for block in measured.inspection.blocks if block.name == chosen), None)
    if block is None:
        return GuideCard("Blocks", "Select a block in the drawing to read what it does.")
    return GuideCard(block.title, block.help)


def _fit(document: Document, measured: Measured) -> GuideCard | None:
    about = document.description
    if about is None:
        return GuideCard("No data yet", "Sizes are those for 60,000 grey pictures of 28 × 28 until you open data.")
    each = measured.inspection.parameters / max(1, about.size("training"))
    text = f"{pictures(about)}. "
    if each > 100:
        text += f"{each:,.0f} parameters for each training picture: it can learn them by heart, so vary the pictures."
    elif each >= 1:
        text += f"{each:,.0f} parameters for each training picture."
    else:
        text += "More training pictures than parameters: little danger of learning by heart."
    return GuideCard("Fits your data", text)
