"""What the Guide says beside Try it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.kinds import kind_of
from app.engine.data.nouns import noun
from app.ui.pages.parts import GuideCard

if TYPE_CHECKING:
    from app.ui.pages.tryit.asking import Ready

_ANSWERS = {
    "classes": "The bars say how sure the network is of each class; together they are 100 %.",
    "yes-no": "The bars say how sure the network is of yes and of no; together they are 100 %.",
    "tags": "Each bar is a question of its own: does it have this tag? Several may be long, or "
    "none.",
    "amounts": "The dot is the answer, between the lowest and the highest amount of training; a "
    "ring is the truth.",
    "matching": "Both halves become points in space: 1 is the same direction, 0 has nothing to do "
    "with each other.",
    "space": "It becomes a point in space. What lies near it is what the network holds for alike.",
    "language": "The network says how likely each next token is; one is drawn, added, and it goes "
    "on from there.",
    "restored": "It is damaged as in training; the network sees only what is left.",
}
ALWAYS = GuideCard(
    "It always answers",
    "A network knows only what it was trained on. Shown something else, it still answers, "
    "sometimes very surely.",
)
DRAWING = GuideCard(
    "Drawing like the data",
    "Fill the sheet and keep to its middle, as the training pictures do; try a thicker or thinner "
    "pen.",
)
TEMPERATURE = GuideCard(
    "Temperature",
    "0 always takes the likeliest token and soon repeats itself; 1 follows the network's own "
    "probabilities; above, "
    "unlikely tokens come more often.",
)


def guide_cards(ready: Ready | None) -> list[GuideCard]:
    """For the run that is chosen."""
    view = ready.task.view if ready is not None else "classes"
    kind = ready.description.kind if ready is not None else "image"
    what = noun(kind, 1)
    cards = [
        GuideCard(
            "What you see",
            f"Your {what} is brought to the {kind_of(kind).brought_to} of the training {noun(kind)}, just as in "
            "training. "
            f"{_ANSWERS.get(view, '')}".strip(),
        ),
        ALWAYS,
    ]
    if ready is not None and kind == "image" and ready.description.shape[0] == 1:
        cards.append(DRAWING)
    if view == "language":
        cards.append(TEMPERATURE)

    return cards
