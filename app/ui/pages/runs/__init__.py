"""The Runs page: the history of what was trained."""

from app.ui.pages.runs.page import RunsPage

__all__ = ["RunsPage"]
