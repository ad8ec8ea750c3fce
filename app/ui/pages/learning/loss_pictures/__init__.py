"""What a loss punishes, as a picture of a person's own data: a file for each Loss.picture."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from app.ui.pages.learning.loss_pictures.base import LossContext, LossPicture

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

__all__ = ["LossContext", "LossPicture", "picture_for"]


def picture_for(kind: str, theme: Theme) -> LossPicture:
    """Returns a new picture of this kind: "price", "distance" or "similarity"."""
    made: LossPicture = importlib.import_module(f"{__name__}.{kind}").PICTURE(theme)
    return made
