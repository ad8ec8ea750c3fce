"""The Model page: which network, with which settings, and how it looks."""

from __future__ import annotations

from app.ui.pages.parts import Page, PageInfo, Parts


def _make(parts: Parts) -> Page:
    from app.ui.pages.model.page import ModelPage  # noqa: PLC0415 - loaded when first shown

    return ModelPage(parts)


PAGE = PageInfo("model", "Model", order=20, make=_make)
