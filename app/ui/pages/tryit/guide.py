"""What the Guide says beside Try it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.kinds import kind_of
from app.engine.data.nouns import noun
from app.ui.pages.parts import GuideCard
from app.ui.pages.tryit.answer_cards import answer_card_for
from app.ui.pages.tryit.input_cards import input_card_for

if TYPE_CHECKING:
    from app.ui.pages.tryit.usable_runs import LoadedRun

ALWAYS = GuideCard(
    "It always answers",
    "A network knows only what it was trained on. Shown something else, it still answers, "
    "sometimes very surely.",
)


def guide_cards(run: LoadedRun | None) -> list[GuideCard]:
    """Returns the cards for the run that is chosen."""
    view = run.task.view if run is not None else "classes"
    kind = run.description.kind if run is not None else "image"

    input_card = input_card_for(kind)
    answer_card = answer_card_for(view)
    what_you_see = (
        f"Your {noun(kind, 1)} is brought to the {kind_of(kind).brought_to} of the training "
        f"{noun(kind)}, just as in training. {answer_card.views.get(view, '')}"
    )

    return [
        GuideCard("What you see", what_you_see.strip()),
        ALWAYS,
        *(input_card.guide(run.description) if run is not None else ()),
        *answer_card.guide,
    ]
