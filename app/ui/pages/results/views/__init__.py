"""What the Results page shows of a report: a file for each view, found by walking this folder.

A file with a class `VIEW` names the views of reports that it shows; a report that no file names is
shown by the generic one, so that it needs none.
"""

from __future__ import annotations

from functools import cache

from app.engine.walk import modules_with
from app.ui.pages.results.views.base import ResultsView
from app.ui.pages.results.views.generic import GenericView

__all__ = ["ResultsView", "view_for"]


@cache
def _all_views() -> dict[str, type[ResultsView]]:
    """Returns every view class, by the views of reports that it names."""
    return {
        view: module.VIEW
        for module in modules_with("VIEW", __path__, __name__)
        for view in module.VIEW.views
    }


def view_for(view: str) -> type[ResultsView]:
    """Returns the class that shows reports of this view."""
    return _all_views().get(view, GenericView)
