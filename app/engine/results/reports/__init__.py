"""The reports: a file for each view of results (Task.view), each with a class REPORT."""

from __future__ import annotations

import importlib

from app.engine.results.reports.base import OTHER, Level, Listing, SplitReport

__all__ = ["OTHER", "Level", "Listing", "SplitReport", "report_for"]

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


def report_for(view: str) -> type[SplitReport]:
    """The report of a sort of results. Raises KeyError for one that there is not."""
    found: type[SplitReport] = importlib.import_module(f"{__name__}.{_FILES[view]}").REPORT
    return found
