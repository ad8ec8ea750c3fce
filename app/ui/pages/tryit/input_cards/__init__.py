"""The left half of the page, by the sort of example: a file each, with a class INPUT_CARD."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from app.ui.pages.tryit.input_cards.base import InputCard

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

__all__ = ["InputCard", "input_card_for"]


def input_card_for(kind: str, theme: Theme) -> InputCard:
    """A new card for this sort of example: "image", "row", "text", "signal" or "pair"."""
    made: InputCard = importlib.import_module(f"{__name__}.{kind}").INPUT_CARD(theme)
    return made
