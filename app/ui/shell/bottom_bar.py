"""The bottom bar: Train, Pause and Stop, the progress, and the memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QWidget

from app.ui.shell.place_button import PlaceButton
from app.ui.style.theme import Theme, style
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.memory.memory_bar import MemoryBar

if TYPE_CHECKING:
    from app.ui.widgets.memory.ledger import Part

HEIGHT = 64
FINE = 10_000
"""Steps of the progress bar, so that it moves smoothly."""


@dataclass(frozen=True)
class BarState:
    """What the bar shows.

    progress: 0 to 1, None where it is not known how far it is. memory: parts of a bar of `total`
    bytes.

    brief, brief_right: shorter words for a narrow window, "" where they are the same.
    """

    text: str
    role: str = "secondary"
    progress: float | None = 0.0
    right: str = ""
    memory_text: str = ""
    memory: tuple[Part, ...] = ()
    total: int | None = None
    memory_tip: str = ""
    brief: str = ""
    brief_right: str = ""


class BottomBar(QFrame):
    """Draws the bar; the RunBar decides what it shows."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._memory: tuple[tuple[Part, ...], int | None] = ((), None)
        self._narrow = False
        self._state = BarState("")
        style(self, "bottom")
        self.train = self._button("Train", "train.start", "primary-big")
        self.place = PlaceButton()
        self.pause = self._button("Pause", "train.pause", "big")
        self._paused = False
        self._pause_icons = (QIcon(), QIcon())
        self.stop = self._button("Stop, keep best", "train.stop", "big")
        self.text = ElidedLabel("", 16)
        self.text.setObjectName("status.text")
        self.right = ElidedLabel("", 10)
        self.right.setObjectName("status.speed")
        self.memory_text = ElidedLabel("", 0)
        self.memory_text.setObjectName("status.memory.text")

        for label in (self.text, self.right, self.memory_text):
            style(label, "secondary")

        self.progress = QProgressBar()
        self.progress.setObjectName("status.progress")
        self.progress.setAccessibleName("Progress of the training")
        self.progress.setTextVisible(False)
        self.progress.setRange(0, FINE)
        self.memory = MemoryBar(theme, thin=True)
        self.memory.setObjectName("status.memory")
        self.memory.setAccessibleName("Memory")
        self._gap = QWidget()

        self._row = QHBoxLayout(self)
        for button in (self.train, self.place, self.pause, self.stop):
            self._row.addWidget(button)

        self._row.addWidget(self.text)
        self._row.addWidget(self.progress, 1)
        self._row.addWidget(self._gap, 1)

        for widget in (self.right, self.memory_text, self.memory):
            self._row.addWidget(widget)

        self.set_running(False)
        self._size()
        theme.changed.connect(self._size)

    def _button(self, text: str, name: str, role: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        style(button, role)

        return button

    def set_icons(self, train: QIcon, pause: QIcon, stop: QIcon, resume: QIcon) -> None:
        self._pause_icons = pause, resume
        for button, icon in (
            (self.train, train),
            (self.pause, self._pause_icons[self._paused]),
            (self.stop, stop),
        ):
            button.setIcon(icon)

    def set_paused(self, paused: bool) -> None:
        """Lets the button in the middle pause, or go on."""
        self._paused = paused
        self.pause.setText("Resume" if paused else "Pause")
        self.pause.setAccessibleName(self.pause.text())
        self.pause.setToolTip(
            "Goes on where it paused." if paused else "Pauses after the current step."
        )
        self.pause.setIcon(self._pause_icons[paused])

    def set_running(self, running: bool) -> None:
        """Shows Train, or Pause and Stop."""
        self.train.setVisible(not running)
        self.place.setVisible(not running)
        self.pause.setVisible(running)
        self.stop.setVisible(running)
        self.progress.setVisible(running)
        self._gap.setVisible(not running)

    def show_state(self, state: BarState) -> None:
        self._state = state
        text = (self._narrow and state.brief) or state.text
        right = (self._narrow and state.brief_right) or state.right
        memory_text = "" if self._narrow and state.brief else state.memory_text

        if self.text.text() != text:
            self.text.setText(text)
            self.text.setAccessibleName(state.text)

        if self.text.property("role") != state.role:
            style(self.text, state.role)

        if state.progress is None:
            if self.progress.maximum():
                self.progress.setRange(0, 0)
        else:
            if not self.progress.maximum():
                self.progress.setRange(0, FINE)
            self.progress.setValue(round(state.progress * FINE))

        for label, words in ((self.right, right), (self.memory_text, memory_text)):
            if label.text() != words:
                label.setText(words)
            label.setVisible(bool(words))

        self.memory.setVisible(bool(state.memory))
        if (state.memory, state.total) != self._memory:
            self._memory = (state.memory, state.total)
            self.memory.show_parts(state.memory, state.total)

        self.memory.setAccessibleDescription(state.memory_tip)
        self.memory_text.setAccessibleDescription(state.memory_tip)

    def set_narrow(self, narrow: bool) -> None:
        self._narrow = narrow
        self.show_state(self._state)
        self.memory.setFixedWidth(self._theme.px(48 if narrow else 90))
        self._row.setSpacing(self._theme.px(8 if narrow else 12))

    def _size(self) -> None:
        px = self._theme.px
        self.setFixedHeight(px(HEIGHT))
        self._row.setContentsMargins(px(16), 0, px(16), 0)
        self._row.setSpacing(px(12))
        self.memory.setFixedWidth(px(90))
        self.progress.setMinimumWidth(px(48))

        for button in (self.train, self.pause, self.stop):
            button.setIconSize(QSize(px(20), px(20)))

        self._row.setAlignment(Qt.AlignmentFlag.AlignVCenter)
