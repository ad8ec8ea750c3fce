"""The Training page: figures, curves, memory and predictions of the run, live."""

from __future__ import annotations

from app.ui.pages.parts import Page, PageInfo, Parts


def _make(parts: Parts) -> Page:
    from app.ui.pages.training.page import TrainingPage  # noqa: PLC0415 - loaded when first shown

    return TrainingPage(parts)


PAGE = PageInfo("training", "Training", order=40, make=_make)
