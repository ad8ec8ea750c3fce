"""The Model page: which network, with which settings, and how it looks."""

from app.ui.pages.model.page import ModelPage

__all__ = ["ModelPage"]
