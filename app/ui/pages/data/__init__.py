"""The Data page: what there is to learn from, how it is prepared, divided and varied."""

from app.ui.pages.data.page import DataPage

__all__ = ["DataPage"]
