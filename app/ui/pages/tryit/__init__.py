"""Try it: a trained network on a picture of one's own."""

from app.ui.pages.tryit.page import TryItPage

__all__ = ["TryItPage"]
