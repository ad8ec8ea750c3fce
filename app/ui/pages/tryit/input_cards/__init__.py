"""Where a person gives an example in Try it: a file for each kind, found by walking this folder.

A file with a class `INPUT_CARD` names the kind of example that it takes (Description.kind); a kind
that no file names is taken by the generic card, so that it needs none.
"""

from __future__ import annotations

from functools import cache

from app.engine.walk import modules_with
from app.ui.pages.tryit.input_cards.base import InputCard
from app.ui.pages.tryit.input_cards.generic import GenericInputCard

__all__ = ["InputCard", "input_card_for"]


@cache
def _all_input_cards() -> dict[str, type[InputCard]]:
    """Returns every input card, by the kind of example that it takes."""
    modules = modules_with("INPUT_CARD", __path__, __name__)
    return {module.INPUT_CARD.kind: module.INPUT_CARD for module in modules}


def input_card_for(kind: str) -> type[InputCard]:
    """Returns the class that takes examples of this kind."""
    return _all_input_cards().get(kind, GenericInputCard)
