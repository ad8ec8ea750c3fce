"""Projector mode: what matters, large enough for the back of a room; everything else is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow
    from app.ui.style.theme import Theme


class ProjectorMode(QObject):
    """Takes the rail and the Guide away, and lets figures, curves and pictures grow.

    Escape leaves it. It is not kept for the next start.
    """

    def __init__(self, frame: MainWindow, theme: Theme) -> None:
        super().__init__(frame)
        self._frame = frame
        self._theme = theme
        self._escape = QShortcut(
            QKeySequence(Qt.Key.Key_Escape),
            frame,
            self.leave,
            context=Qt.ShortcutContext.WindowShortcut,
        )
        self._escape.setEnabled(False)
        frame.header.projector.clicked.connect(self.leave)

    def toggle(self) -> None:
        self._set(not self._theme.projector)

    def leave(self) -> None:
        self._set(False)

    def _set(self, on: bool) -> None:
        # The frame first, so that the pages are laid out once for the room that they have then.
        self._escape.setEnabled(on)
        self._frame.set_projector(on)
        self._theme.set_projector(on)
        self._theme.apply()  # the sheet has other sizes of figures
