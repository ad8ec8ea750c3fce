"""The card with the network as plain PyTorch, where the lines of the chosen block stand out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontDatabase, QGuiApplication, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolButton

from app.ui.pages.model.code_colors import CodeColors
from app.ui.style.assets import icon
from app.ui.style.theme import SMALL, Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.ui.state.background import Background, Failure
    from app.ui.state.network_measurer import Measured
    from models.code.writer import NetworkCode

COPY = "Copies the code; it needs nothing but torch."

WHY = "plain PyTorch"

BEFORE = "plain PyTorch, of the network before its mistake"


class CodeCard(Card):
    """Shows the code of the network that was measured. It is written in the background.

    Nothing is written while the card is hidden.
    """

    def __init__(self, background: Background, theme: Theme) -> None:
        super().__init__("Code", WHY)
        self._background = background
        self._theme = theme
        self._measured: Measured | None = None
        self._description: Description | None = None
        self._code: NetworkCode | None = None
        self._block = ""
        self.text = QPlainTextEdit()
        self.text.setObjectName("model.code_text")
        self.text.setAccessibleName("The network as PyTorch code")
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.body.addWidget(self.text, 1)
        self._colors = CodeColors(self.text.document(), theme)
        self._copy = QToolButton()
        self._copy.setObjectName("model.copy_code")
        self._copy.setAccessibleName("Copy the code")
        self._copy.setToolTip(tooltip(COPY))
        style(self._copy, "small")
        self._copy.clicked.connect(self._copy_text)
        self.tools.addWidget(self._copy)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_network(self, measured: Measured | None, description: Description | None) -> None:
        """Shows the code of a sound network.

        That of before stays, and is called so, where this one is not sound.
        """
        if self.isHidden():
            return

        sound = measured is not None and measured.inspection.error is None
        self.set_why(BEFORE if self._code is not None and not sound else WHY)
        if measured is None or not sound:
            return
        if measured is self._measured and description is self._description:
            return

        self._measured = measured
        self._description = description
        self._background.run(
            lambda _control: written(measured, description), self._take, self._fail, key="code"
        )

    def show_block(self, name: str) -> None:
        """Lets the lines of a block stand out and brings them into sight; "" is none."""
        if name == self._block:
            return

        self._block = name
        self._mark(scroll=True)

    # --- showing

    def _take(self, code: NetworkCode) -> None:
        place = self.text.verticalScrollBar().value()
        if self._code is None or code.text != self._code.text:
            self.text.setPlainText(code.text)
            self.text.verticalScrollBar().setValue(place)

        first = self._code is None
        self._code = code
        self._copy.setEnabled(True)
        self._mark(scroll=bool(self._block))
        if first and not self._block:
            self._bring_into_sight(_class_line(code))

    def _fail(self, failure: Failure) -> None:
        self._code = None
        self._copy.setEnabled(False)
        self.text.setPlainText(f"# {failure.what}")

    def _mark(self, scroll: bool) -> None:
        lines = self._code.lines.get(self._block, ()) if self._code is not None else ()
        marked = []
        for line in lines:
            selection = QTextEdit.ExtraSelection()
            shade = QTextCharFormat()
            shade.setBackground(self._theme.color("accent_tint"))
            shade.setProperty(QTextFormat.Property.FullWidthSelection, True)
            selection.format = shade
            selection.cursor = self._cursor(line)
            marked.append(selection)

        self.text.setExtraSelections(marked)
        if lines and scroll:
            self._bring_into_sight(lines[0])

    def _cursor(self, line: int) -> QTextCursor:
        return QTextCursor(self.text.document().findBlockByNumber(line - 1))

    def _bring_into_sight(self, line: int) -> None:
        """Scrolls so far that a line, from 1, stands in the upper part."""
        shown = self.text.viewport().height() // max(1, self.text.fontMetrics().lineSpacing())
        self.text.verticalScrollBar().setValue(max(0, line - 1 - shown // 4))

    def _copy_text(self) -> None:
        if self._code is not None:
            QGuiApplication.clipboard().setText(self._code.text)

    def _restyle(self) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(self._theme.px(SMALL))
        self.text.setFont(font)
        self._copy.setIcon(icon(self._theme, "copy", "secondary"))
        self._copy.setIconSize(QSize(self._theme.px(14), self._theme.px(14)))
        self._copy.setEnabled(self._code is not None)
        self._mark(scroll=bool(self._block))


def written(measured: Measured, description: Description | None) -> NetworkCode:
    """Writes the code of the network that was measured; on the worker."""
    from app.engine.export.network_code import notes  # noqa: PLC0415 - it loads torch
    from models.code.writer import write_network  # noqa: PLC0415 - it loads torch

    resolved = measured.resolved
    return write_network(
        resolved.model.graph(measured.problem),
        measured.problem,
        resolved.model.label,
        notes(resolved.data.task, description),
    )


def _class_line(code: NetworkCode) -> int:
    """Returns the line, from 1, on which the class of the network begins."""
    return code.text.splitlines().index("class Network(nn.Module):") + 1
