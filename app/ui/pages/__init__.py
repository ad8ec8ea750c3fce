"""The pages, one a step of the work: a file or a folder each, built when first needed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.pages.parts import Page, Parts

PAGES = {
    "welcome": "WelcomePage",
    "data": "DataPage",
    "model": "ModelPage",
    "learning": "LearningPage",
    "training": "TrainingPage",
    "results": "ResultsPage",
    "tryit": "TryItPage",
    "runs": "RunsPage",
}
"""Name -> class. The name is also the module's."""


def make(name: str, parts: Parts) -> Page:
    """Build one page. Raises KeyError for an unknown name."""
    page: Page = getattr(importlib.import_module(f"{__name__}.{name}"), PAGES[name])(parts)
    return page
