"""The Try it page: a trained network asked about one's own examples."""

from app.ui.pages.tryit.page import TryItPage

__all__ = ["TryItPage"]
