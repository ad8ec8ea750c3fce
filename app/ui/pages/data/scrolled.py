"""Lets scroll what is higher than the page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from app.ui.style.theme import style


def scrolled(inside: QWidget, plain: bool = True) -> QScrollArea:
    """Returns a widget in a frame that scrolls upright where room is short, never sideways."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    if plain:
        style(area, "plain")

    area.setWidget(inside)
    return area
