"""The Results page: what came of a training."""

from app.ui.pages.results.page import ResultsPage

__all__ = ["ResultsPage"]
