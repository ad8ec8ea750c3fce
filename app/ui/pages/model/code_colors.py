"""Python code in the colours of the theme: keywords, texts, numbers, comments, names defined."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import TYPE_CHECKING

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat

if TYPE_CHECKING:
    from PySide6.QtGui import QTextDocument

    from app.ui.style.theme import Theme

_QUOTES = '"' * 3

_PARTS = re.compile(
    r"(?P<comment>#.*)"
    r'|(?P<text>"(?:[^"\\]|\\.)*")'
    rf"|(?P<keyword>\b(?:{'|'.join(keyword.kwlist)}|self)\b)"
    r"|(?P<defined>(?<=class )\w+|(?<=def )\w+)"
    rf"|(?P<known>\b(?:{'|'.join(name for name in dir(builtins) if name.islower())})\b(?=\())"
    r"|(?P<number>\b\d[\d_.e]*\b)"
)

ROLES = {
    "comment": "secondary",
    "text": "best",
    "keyword": "accent",
    "defined": "text",
    "known": "accent",
    "number": "validation",
}
"""The colour of the theme for each part of code."""

_WITHIN_TEXT = 1
"""State of a line that ends within a text of several lines."""


class CodeColors(QSyntaxHighlighter):
    """Colours the lines of a document as they are shown."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        theme.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        self.setCurrentBlockState(0)
        within = self.previousBlockState() == _WITHIN_TEXT
        begins = text.strip().startswith(_QUOTES)
        if within or begins:
            count = text.count(_QUOTES)
            open_still = count == 0 if within else count == 1
            self.setCurrentBlockState(_WITHIN_TEXT if open_still else 0)
            self.setFormat(0, len(text), self._format("text"))
            return

        for found in _PARTS.finditer(text):
            part = found.lastgroup or ""
            self.setFormat(found.start(), found.end() - found.start(), self._format(part))

    def _format(self, part: str) -> QTextCharFormat:
        shade = QTextCharFormat()
        shade.setForeground(self._theme.color(ROLES[part]))
        if part == "defined":
            shade.setFontWeight(600)

        return shade
