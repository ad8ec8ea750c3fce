"""What the Guide says about the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.kinds import kind_of
from app.engine.data.nouns import noun
from app.engine.text import number_text
from app.ui.pages.parts import GuideCard
from app.ui.text.words import holds
from models.graph import INPUT, OTHER

if TYPE_CHECKING:
    from app.ui.state.document import Document
    from app.ui.state.network_measurer import Measured, NetworkMeasurer

ARCHITECTURE = {
    "CNN": {
        "image": (
            "A CNN slides small filters over the picture: first edges, then shapes made of edges, "
            "then things made of shapes."
        ),
        "text": (
            "A CNN slides small filters over the text: each looks for a few words beside one "
            "another."
        ),
        "signal": (
            "A CNN slides small filters over the signal: first slopes and bumps, then what they "
            "add up to."
        ),
        "row": (
            "A CNN slides small filters over the values of a row; it helps where neighbours "
            "belong together."
        ),
    },
    "Transformer": {
        "image": (
            "A transformer cuts the picture into patches and lets every patch look at all "
            "others; it needs more examples, but sees far from its first block on."
        ),
        "text": "A transformer lets every token look at the others, near and far.",
        "row": (
            "A transformer lets every column look at all others, to find which belong together."
        ),
        "signal": "A transformer lets every stretch of the signal look at all others.",
    },
    "Dense": {
        "image": (
            "Every pixel is a value of its own, and every value reaches every other; the "
            "network is not told which pixels are neighbours. A CNN is, and needs fewer "
            "weights."
        ),
        "row": (
            "Layers in which every value reaches every other: the plain choice for table rows."
        ),
    },
}
"""What the Guide says of an architecture, by family and sort of input."""

DRAWING = (
    "Select a block to read what it does and to change it. Insert opens the list of blocks: drag "
    "one onto a wire. Drag from the dot below a block to another one to draw a wire; Delete takes "
    "out what is selected. The button … above the drawing has the rest."
)

PAIRED = (
    "An encoder for each half of a pair turns it into a point in space. What belongs together is "
    "pulled together, "
    "everything else in the batch is pushed apart."
)


def guide_cards(
    document: Document, network_measurer: NetworkMeasurer, chosen: str
) -> list[GuideCard]:
    """Returns cards on the architecture, the selected block, and how the network fits the data."""
    measured = network_measurer.measured
    cards = []
    if measured is not None and measured.inspection.error is not None:
        error = measured.inspection.error
        place = error.place[:1].upper() + error.place[1:]
        what = f"{place}: {error.message}"
        cards.append(GuideCard("This network cannot be built", what, "problem"))
    elif network_measurer.trouble is not None:
        trouble = network_measurer.trouble
        cards.append(GuideCard("No network yet", trouble.message, "problem"))

    family = measured.resolved.model.family if measured else ""
    kind = measured.problem.input if measured else ""
    how = ARCHITECTURE.get(family, {}).get(kind, PAIRED if family == "Pair" else "")
    first = "One of the three parts of training: architecture, dataset, loss."
    cards.append(GuideCard("Architecture", f"{first} {how}".strip()))

    if measured is not None:
        cards.append(_block(measured, chosen))
        cards.append(_fit(document, measured))

    return cards


def _block(measured: Measured, chosen: str) -> GuideCard:
    for name, part in zip((INPUT, OTHER), measured.problem.inputs, strict=False):
        if chosen == name:
            return GuideCard(noun(part.kind, 1).capitalize(), kind_of(part.kind).prepared)

    block = next((block for block in measured.inspection.blocks if block.name == chosen), None)
    if block is None:
        return GuideCard("Blocks", DRAWING)

    called = f"Inside the optimizer, in files and in the code it is called '{block.name}'."
    return GuideCard(block.title, f"{block.help} {called}")


def _fit(document: Document, measured: Measured) -> GuideCard:
    description = document.description
    if description is None:
        return GuideCard(
            "No data yet",
            "Sizes are those for 60,000 grey pictures of 28 × 28 until you open data.",
        )

    example = noun(description.kind, 1)
    many = noun(description.kind)
    text = f"{holds(description)}. "
    if measured.inspection.error is not None:
        text += (
            f"How many parameters the network has for each training {example} is known as soon as "
            "it can be built."
        )
        return GuideCard("Fits your data", text)

    each = measured.inspection.parameters / max(1, description.size("training"))
    if each > 100:
        cure = (
            "so vary the pictures"
            if description.kind == "image"
            else "so a smaller network or weight decay may help"
        )
        text += (
            f"{number_text(each)} parameters for each training {example}: "
            f"it can learn them by heart, {cure}."
        )
    elif each >= 1:
        text += f"{number_text(each)} parameters for each training {example}."
    else:
        text += f"More training {many} than parameters: little danger of learning by heart."

    return GuideCard("Fits your data", text)
