"""The Data page: what there is to learn from, how it is prepared, divided and varied."""

from __future__ import annotations

from app.ui.pages.parts import Page, PageInfo, Parts


def _make(parts: Parts) -> Page:
    from app.ui.pages.data.page import DataPage  # noqa: PLC0415 - loaded when first shown

    return DataPage(parts)


PAGE = PageInfo("data", "Data", order=10, make=_make)
