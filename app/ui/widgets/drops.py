"""What is dragged over the window: how it is taken, and an overlay that says where it goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt
from PySide6.QtGui import QDragMoveEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.engine.text import count_text
from app.ui.style.theme import Theme, style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDropEvent


def take_copy(event: QDropEvent) -> None:
    """Accepts what is dragged or dropped, as a copy whatever was proposed.

    After a move the program from which it comes may delete it there.
    """
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def local_paths(data: QMimeData) -> list[Path]:
    """Returns the files and folders of this computer in what was dragged, dropped or pasted."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def plain_text(data: QMimeData) -> str:
    """Returns the text of what was dropped or pasted, "" of files: their addresses are no text."""
    return data.text() if data.hasText() and not local_paths(data) else ""


def name_of(paths: Sequence[Path]) -> str:
    """Returns what is dragged in a few words: "'cats.csv'", or with how many others."""
    others = len(paths) - 1
    name = f"'{paths[0].name or paths[0]}'"
    return name if not others else f"{name}, the first of {count_text(len(paths), 'file')}"


class DropOverlay(QFrame):
    """Lies over a widget while something is dragged over it, and says what a drop will do.

    The widget announces what it takes when the drag comes in; moves and the end are seen to here.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("drop.overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        style(self, "drop-overlay")
        self.title = Label(alignment=Qt.AlignmentFlag.AlignCenter)
        self.words = Label(alignment=Qt.AlignmentFlag.AlignCenter)
        style(self.title, "heading")
        style(self.words, "lead")
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.px(24)] * 4)
        column.addStretch(1)
        for label in (self.title, self.words):
            label.setWordWrap(True)
            column.addWidget(label)

        column.addStretch(1)
        parent.installEventFilter(self)
        self.hide()

    def announce(self, title: str, words: str) -> None:
        """Shows itself with what a drop will do."""
        self.title.setText(title)
        self.words.setText(words)
        self._cover()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Resize:
            self._cover()
        elif kind in (QEvent.Type.DragLeave, QEvent.Type.Drop):
            self.hide()
        elif (
            isinstance(event, QDragMoveEvent) and kind == QEvent.Type.DragMove and self.isVisible()
        ):
            take_copy(event)  # each move proposes its own action
            return True

        return super().eventFilter(watched, event)

    def _cover(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect().adjusted(8, 8, -8, -8))
