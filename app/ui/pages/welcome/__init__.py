"""The Start page: built-in data, one's own, recent work."""

from app.ui.pages.welcome.page import WelcomePage

__all__ = ["WelcomePage"]
