"""The Search page: searches for good settings, and what came of them."""

from __future__ import annotations

from app.ui.pages.parts import Page, PageInfo, Parts


def _make(parts: Parts) -> Page:
    from app.ui.pages.search.page import SearchPage  # noqa: PLC0415 - loaded when first shown

    return SearchPage(parts)


PAGE = PageInfo("search", "Search", order=75, make=_make, beside="∿")
