"""Inside the optimizer: what it holds of every layer while it trains."""

from app.ui.pages.training.inside.view import InsideView

__all__ = ["InsideView"]
