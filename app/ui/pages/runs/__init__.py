"""The Runs page: the history of what was trained."""

from __future__ import annotations

from app.ui.pages.parts import Page, PageInfo, Parts


def _make(parts: Parts) -> Page:
    from app.ui.pages.runs.page import RunsPage  # noqa: PLC0415 - loaded when first shown

    return RunsPage(parts)


PAGE = PageInfo("runs", "Runs", order=70, make=_make, beside="≡")
