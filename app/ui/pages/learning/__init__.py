"""The Learning page: loss, optimizer, schedule and training, each with a picture."""

from app.ui.pages.learning.page import LearningPage

__all__ = ["LearningPage"]
