"""How Try it shows an answer: a file for each sort of answer, found by walking this folder.

A file with a class `ANSWER_CARD` names the views of results (Task.view) whose answers it shows; an
answer that no file names is shown by the generic one, so that it needs none.
"""

from __future__ import annotations

from functools import cache

from app.engine.walk import modules_with
from app.ui.pages.tryit.answer_cards.base import AnswerCard
from app.ui.pages.tryit.answer_cards.generic import GenericAnswerCard

__all__ = ["AnswerCard", "answer_card_for"]


@cache
def _all_answer_cards() -> dict[str, type[AnswerCard]]:
    """Returns every answer card, by the views of results that it names."""
    return {
        view: module.ANSWER_CARD
        for module in modules_with("ANSWER_CARD", __path__, __name__)
        for view in module.ANSWER_CARD.views
    }


def answer_card_for(view: str) -> type[AnswerCard]:
    """Returns the class that shows answers of this view of results."""
    return _all_answer_cards().get(view, GenericAnswerCard)
