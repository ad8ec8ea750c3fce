"""What stands on a page that has nothing to show yet: what will be here, and how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable


class EmptyState(QWidget):
    """An icon, a heading, a sentence, and one button that goes on.

    `say` changes heading and sentence.
    """

    def __init__(
        self,
        theme: Theme,
        picture: str,
        heading: str,
        text: str,
        button: str,
        action: Callable[[], None],
        name: str,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._picture = picture
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 16, 32, 16)
        column.setSpacing(8)
        self._icon = Label()
        self.heading = Label(heading)
        self.text = Label(text)
        style(self.heading, "heading")
        style(self.text, "why")
        self.text.setObjectName(f"{name}.text")
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton(button)
        self.button.setObjectName(name)
        self.button.setAccessibleName(button)
        self.button.setToolTip(tooltip(f"{button}."))
        style(self.button, "primary")
        self.button.clicked.connect(lambda: action())
        column.addStretch(2)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.heading, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.text)
        column.addSpacing(4)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        theme.changed.connect(self._restyle)
        self._restyle()

    def say(self, heading: str, text: str) -> None:
        self.heading.setText(heading)
        self.text.setText(text)

    def _restyle(self) -> None:
        side = self._theme.px(40)
        self._icon.setPixmap(icon(self._theme, self._picture, "line").pixmap(QSize(side, side)))
