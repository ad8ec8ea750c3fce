"""The Start page: built-in data, one's own, recent work."""

from __future__ import annotations

from app.ui.pages.parts import Page, PageInfo, Parts


def _make(parts: Parts) -> Page:
    from app.ui.pages.welcome.page import WelcomePage  # noqa: PLC0415 - loaded when first shown

    return WelcomePage(parts)


PAGE = PageInfo("welcome", "Start page", order=80, make=_make, beside="+", in_menu=False)
