"""What comes back, by the sort of results (Task.view): a file each, with a class REPLY."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from app.ui.pages.tryit.answer_cards.base import ReplyView

if TYPE_CHECKING:
    from app.engine.learning.task import View
    from app.ui.style.theme import Theme

__all__ = ["ReplyView", "reply_for"]

_FILES: dict[View, str] = {
    "classes": "shares",
    "yes-no": "shares",
    "tags": "shares",
    "amounts": "amounts",
    "matching": "partners",
    "space": "partners",
    "language": "language",
    "restored": "restored",
}


def reply_for(view: View, theme: Theme) -> ReplyView:
    """A new view of this sort of reply."""
    made: ReplyView = importlib.import_module(f"{__name__}.{_FILES[view]}").REPLY(theme)
    return made


def sort_of(view: View) -> str:
    """Views that share it are shown by one and the same ReplyView."""
    return _FILES[view]
