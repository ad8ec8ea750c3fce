"""The Learning page: loss, optimizer, schedule, and how long; each with a picture of what it does."""

from app.ui.pages.learning.page import LearningPage

__all__ = ["LearningPage"]
