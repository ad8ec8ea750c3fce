"""A message that goes away by itself, above the bottom bar: nothing has to be pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN_MS = 12_000
"""Long enough for two sentences, read at leisure."""

WIDTH = 560
"""Pixels at 100 %."""


class Toast(QFrame):
    """Shows one sentence at a time with `say`; a later one takes its place."""

    def __init__(self, theme: Theme, parent: QWidget, above: QWidget) -> None:
        """above: the widget on whose upper edge it stands."""
        super().__init__(parent)
        self._theme = theme
        self._above = above
        self._act: Callable[[], object] | None = None
        self.setObjectName("window.message")
        style(self, "banner")
        self.text = Label()
        self.text.setObjectName("window.message.text")
        self.text.setWordWrap(True)
        self.button = QPushButton()
        self.button.setObjectName("window.message.button")
        self.button.clicked.connect(self._pressed)
        style(self.button, "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 10, 10)
        row.setSpacing(12)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        self._timer = QTimer(self, interval=SHOWN_MS, singleShot=True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def say(self, text: str, tone: str = "") -> None:
        """Shows a message for some seconds. tone: "", "good", "warning" or "problem"."""
        self._show(text, tone, "Close", "Closes this message.", None)
        self._timer.start()

    def wait(self, text: str, cancel: Callable[[], object]) -> None:
        """Shows what is under way until another message comes, or it is cancelled."""
        self._timer.stop()
        self._show(text, "", "Cancel", "Gives it up; nothing is changed.", cancel)

    def _show(
        self, text: str, tone: str, label: str, tip: str, act: Callable[[], object] | None
    ) -> None:
        self._act = act
        self.text.setText(text)
        self.setAccessibleName(text)
        self.button.setText(button_text(label))
        self.button.setAccessibleName(label)
        self.button.setToolTip(tooltip(tip))
        style(self, f"banner-{tone}" if tone else "banner")
        self._place()
        self.show()
        self.raise_()

    def _pressed(self) -> None:
        act = self._act
        self.hide()
        if act is not None:
            act()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()

        return super().eventFilter(watched, event)

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return

        width = min(self._theme.px(WIDTH), parent.width() - 32)
        self.setFixedWidth(width)
        height = self.heightForWidth(width)
        bottom = parent.height() - self._above.height() - 12
        self.setGeometry((parent.width() - width) // 2, bottom - height, width, height)
