"""Giving a text: typed, pasted, opened from a file, or one of the test set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QTimer
from PySide6.QtWidgets import QFileDialog, QLabel, QPlainTextEdit, QWidget

from app.engine.sources.plain_text import UnreadableText, read_text
from app.ui.pages.tryit.asking import Given, Reply
from app.ui.pages.tryit.input_cards.base import InputCard
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.example import example_from
from app.ui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation

PAUSE_MS = 250
"""After the last key, before the network is asked."""

LONGEST = 200_000
"""Characters taken from a file: beyond any context."""


class TextInputCard(InputCard):
    hint = "Type a text on the left, or take one of the test set."

    def __init__(self, theme: Theme) -> None:
        super().__init__("Your text", "typed or opened")
        self._theme = theme
        self._preparation: Preparation | None = None
        self.setObjectName("tryit.give")
        self.edit = QPlainTextEdit()
        self.edit.setObjectName("tryit.text")
        self.edit.setAccessibleName("Your text")
        self.edit.setPlaceholderText("Type or paste a text here, or drop a file.")
        self.edit.setTabChangesFocus(True)
        self.edit.setAcceptDrops(
            False
        )  # the page takes files, and would get their path typed in here
        self.length = QLabel()
        style(self.length, "secondary")
        self._soon = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._soon.timeout.connect(self._give)
        self.edit.textChanged.connect(self._typed)
        self.body.addWidget(self.edit, 1)
        self.body.addWidget(self.length)
        holder = QWidget()
        flow = FlowLayout(holder)
        self.open_button = self.button("Open", "tryit.open", "Opens a text file.", self.ask_file)
        self.clear = self.button("Clear", "tryit.clear", "Begins a new text.", self.edit.clear)

        self.random_button = self.button(
            "Random test text", "tryit.random", "", self.wanted_random.emit
        )
        for one in (self.open_button, self.clear, self.random_button):
            flow.addWidget(one)

        self.body.addWidget(holder)

    def prepare_for(self, preparation: Preparation) -> None:
        self._preparation = preparation

    def empty(self) -> None:
        self.edit.blockSignals(True)
        self.edit.clear()
        self.edit.blockSignals(False)
        self.length.setText("")

    def take(self, given: Given) -> None:
        text = str(given.raw) if given.raw is not None else ""
        if given.kept is not None and self._preparation is not None:
            text = example_from(self._preparation, given.kept[0]).text

        self.edit.blockSignals(True)
        self.edit.setPlainText(text)
        self.edit.blockSignals(False)
        self._taken = given
        self.given.emit(given)

    def take_mime(self, data: QMimeData) -> bool:
        files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if files and files[0].is_file():
            self._open(files[0])
            return True

        if data.hasText():
            self.edit.setPlainText(data.text())
            return True

        return False

    def ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Open a text", "", "Texts (*.txt *.md *.text);;All files (*)"
        )
        if name:
            self._open(Path(name))

    def _open(self, path: Path) -> None:
        try:
            text, _ = read_text(path)
        except UnreadableText as error:
            self.refused.emit(f"'{path.name}' cannot be used: {error.reason}.")
        except OSError as error:
            self.refused.emit(f"'{path.name}' cannot be read: {error.strerror}.")
        else:
            self.edit.setPlainText(text[:LONGEST])

    def give_again(self) -> None:
        if self._taken is not None:
            self.given.emit(self._taken)
        else:
            self._give()

    def show_reply(self, reply: Reply) -> None:
        """How much of it the network reads."""
        tokens = int((reply.arrays[0] > 0).sum()) if reply.arrays[0].ndim == 1 else 0
        self.length.setText(
            f"Read as {tokens:,} {'token' if tokens == 1 else 'tokens'}." if tokens else ""
        )

    def _typed(self) -> None:
        self._taken = None
        self.length.setText("")
        self._soon.start()

    def _give(self) -> None:
        text = self.edit.toPlainText()
        self.given.emit(Given("typed", text) if text.strip() else None)


INPUT_CARD = TextInputCard
