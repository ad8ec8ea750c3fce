"""Further looks at the results of a run, beside its figures: a file for each, found by walking.

A file with a class `PANEL` is a button above the figures; a panel says of which runs it can speak.
"""

from __future__ import annotations

from functools import cache

from app.engine.walk import modules_with
from app.ui.pages.results.panels.base import Panel

__all__ = ["Panel", "panels"]


@cache
def panels() -> tuple[type[Panel], ...]:
    """Returns every panel class, in the order of the buttons."""
    found = [module.PANEL for module in modules_with("PANEL", __path__, __name__)]
    return tuple(sorted(found, key=lambda panel: panel.order))
