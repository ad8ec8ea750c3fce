"""What a loss punishes, drawn from the person's own data: a file for each picture (Loss.picture)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from app.ui.pages.learning.pictures.base import LossPicture, Told

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

__all__ = ["LossPicture", "Told", "picture_for"]


def picture_for(kind: str, theme: Theme) -> LossPicture:
    """A new picture of this sort: "price", "distance" or "similarity"."""
    made: LossPicture = importlib.import_module(f"{__name__}.{kind}").PICTURE(theme)
    return made
