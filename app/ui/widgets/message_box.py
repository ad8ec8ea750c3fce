"""A message box that does not stop the program while it is open."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def message_box(window: QWidget, name: str, title: str, text: str) -> QMessageBox:
    """Returns a message box without buttons yet; show it with `open`. `name` is its objectName."""
    box = QMessageBox(window)
    box.setObjectName(name)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    # A name in it may look like rich text.
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle("Netwright")
    box.setText(title)
    box.setInformativeText(text)

    return box
