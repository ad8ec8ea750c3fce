"""Reports on a split: a file for each view of results, found by walking this folder.

A new view is a file with a class `REPORT`, which names its view (see Task.view). The window and the
command line show what it says without knowing it by name.
"""

from __future__ import annotations

from functools import cache

from app.engine.results.reports.base import OTHER, Level, Listing, SplitReport
from app.engine.walk import modules_with

__all__ = ["OTHER", "Level", "Listing", "SplitReport", "all_reports", "report_for"]


@cache
def all_reports() -> dict[str, type[SplitReport]]:
    """Returns every report by the view that it names. Raises ValueError where two name the same."""
    reports: dict[str, type[SplitReport]] = {}
    for module in modules_with("REPORT", __path__, __name__):
        report: type[SplitReport] = module.REPORT
        if report.view in reports:
            raise ValueError(f"two reports are for the view '{report.view}'")

        reports[report.view] = report

    return reports


def report_for(view: str) -> type[SplitReport]:
    """Returns the report for a task's view. Raises KeyError, with all views, for an unknown one."""
    reports = all_reports()
    if view not in reports:
        raise KeyError(f"there is no report for the view '{view}', only for {', '.join(reports)}")

    return reports[view]
