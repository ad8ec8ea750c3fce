"""What the Results page shows for each sort of results (Task.view): a file each, with a class VIEW."""

from __future__ import annotations

import importlib

from app.ui.pages.results.views.base import View

__all__ = ["View", "view_for"]

_FILES = {
    "classes": "classes",
    "yes-no": "yes_no",
    "tags": "tags",
    "amounts": "amounts",
    "matching": "matching",
    "space": "space",
    "language": "language",
    "restored": "restored",
}


def view_for(view: str) -> type[View]:
    """The view of a sort of results. Raises KeyError for one that there is not."""
    found: type[View] = importlib.import_module(f"{__name__}.{_FILES[view]}").VIEW
    return found
