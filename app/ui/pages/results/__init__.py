"""The Results page: what came of a training."""

from __future__ import annotations

from app.ui.pages.parts import Page, PageInfo, Parts


def _make(parts: Parts) -> Page:
    from app.ui.pages.results.page import ResultsPage  # noqa: PLC0415 - loaded when first shown

    return ResultsPage(parts)


PAGE = PageInfo("results", "Results", order=50, make=_make)
