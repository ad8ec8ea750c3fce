"""Text with foreign names in it, written so that Qt shows it as it is.

Qt takes "<b>" in a tooltip for rich text, "&" in the text of a button or a menu for the mark of its
key, and "[*]" in the title of a window for the mark of changes. A name may hold any of them.
"""

from __future__ import annotations

from html import escape

from PySide6.QtGui import Qt

from app.engine.data.names import visible


def tooltip(text: str) -> str:
    """Returns text for a tooltip or a status tip, in which nothing is a tag."""
    return rich(text) if Qt.mightBeRichText(text) else text


def rich(text: str) -> str:
    """Returns text as a rich text that shows each of its letters and line breaks."""
    return f"<span>{escape(text)}</span>".replace("\n", "<br>")


def button_text(text: str) -> str:
    """Returns text for a button, a tab, a menu or a label with a buddy, on one line."""
    return visible(text).replace("&", "&&")


def window_title(text: str) -> str:
    """Returns text for the title of a window, on one line."""
    return visible(text).replace("[*]", "[*][*]")
