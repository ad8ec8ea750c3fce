"""The Try it page: a trained network asked about one's own examples."""

from __future__ import annotations

from app.ui.pages.parts import Page, PageInfo, Parts


def _make(parts: Parts) -> Page:
    from app.ui.pages.tryit.page import TryItPage  # noqa: PLC0415 - loaded when first shown

    return TryItPage(parts)


PAGE = PageInfo("tryit", "Try it", order=60, make=_make)
