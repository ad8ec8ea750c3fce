"""Empties layouts without leaving anything of them in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shiboken6

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLayout, QWidget


def take_out(layout: QLayout, but_last: int = 0) -> list[QWidget]:
    """Empties a layout, and returns the widgets that were in it; they keep their parent.

    but_last: so many items at the end stay. A layout in the layout is deleted.
    """
    widgets: list[QWidget] = []
    while layout.count() > but_last:
        item = layout.takeAt(0)
        if item is None:
            break
        if (widget := item.widget()) is not None:
            widgets.append(widget)

        # Nobody owns an item that is taken: PySide leaves its hundred bytes where they are.
        shiboken6.delete(item)

    return widgets


def clear(layout: QLayout, but_last: int = 0) -> None:
    """Empties a layout and deletes the widgets that were in it. but_last: see `take_out`."""
    for widget in take_out(layout, but_last):
        widget.hide()
        widget.deleteLater()
