"""The Learning page: loss, optimizer, schedule and length, each with its picture."""

from app.ui.pages.learning.page import LearningPage

__all__ = ["LearningPage"]
