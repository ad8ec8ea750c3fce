"""The Learning page: loss, optimizer, schedule and training, each with a picture."""

from __future__ import annotations

from app.ui.pages.parts import Page, PageInfo, Parts


def _make(parts: Parts) -> Page:
    from app.ui.pages.learning.page import LearningPage  # noqa: PLC0415 - loaded when first shown

    return LearningPage(parts)


PAGE = PageInfo("learning", "Learning", order=30, make=_make)
