"""A choice of one of a few, side by side: which split, which picture, which figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from collections.abc import Sequence


class Segments(QWidget):
    """A row of buttons of which one is chosen.

    chosen(key): another one was clicked. Each choice is (key, text, tooltip); its button is called
    NAME.KEY.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, name: str, choices: Sequence[tuple[str, str, str]]) -> None:
        super().__init__()
        self._theme = theme
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)

        for key, text, tip in choices:
            button = QPushButton(text)
            button.setCheckable(True)
            button.setObjectName(f"{name}.{key}")
            button.setAccessibleName(text)
            button.setToolTip(tooltip(tip))
            style(button, "segment")
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._group.addButton(button)
            self.buttons[key] = button
            row.addWidget(button)

        self.set_value(choices[0][0])
        theme.changed.connect(self._measure)
        self._measure()

    @property
    def value(self) -> str:
        return next(key for key, button in self.buttons.items() if button.isChecked())

    def set_value(self, key: str) -> None:
        """Chooses without a signal."""
        self.buttons[key].setChecked(True)

    def set_text(self, key: str, text: str) -> None:
        """Changes the text of a choice."""
        button = self.buttons[key]
        if button.text() != text:
            button.setText(text)
            button.setAccessibleName(text)
            self._measure()

    def _measure(self) -> None:
        """Makes room for the chosen button, which is bold."""
        metrics = QFontMetrics(self._theme.font(12, bold=True))
        for button in self.buttons.values():
            button.setMinimumWidth(metrics.horizontalAdvance(button.text()) + self._theme.px(24))
