"""Giving a text: typed, pasted, opened from a file, or one of the test set."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QMimeData, QTimer
from PySide6.QtWidgets import QPlainTextEdit

from app.engine.sources.plain_text import UnreadableText, read_text
from app.ui.pages.tryit.input_cards.base import InputCard, dropped_file
from app.ui.pages.tryit.prediction import TryItInput, TryItResult
from app.ui.style.theme import Theme, style
from app.ui.widgets.drops import plain_text
from app.ui.widgets.examples.example import example_from
from app.ui.widgets.file_dialogs import ask_to_open
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.preparation import Preparation

PAUSE_MS = 250
"""After the last key, before the network is asked."""

LONGEST = 200_000
"""Characters taken from a file: beyond any context."""


class TextInputCard(InputCard):
    """Takes a text that is typed, pasted, opened or taken from the test set."""

    kind: ClassVar[str] = "text"
    heading: ClassVar[str] = "Your text"
    subheading: ClassVar[str] = "typed or opened"
    hint: ClassVar[str] = "Type a text on the left, or take one from the test set."

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._preparation: Preparation | None = None
        self.edit = QPlainTextEdit()
        self.edit.setObjectName("tryit.text")
        self.edit.setAccessibleName("Your text")
        self.edit.setPlaceholderText("Type or paste a text here, or drop a file.")
        self.edit.setTabChangesFocus(True)
        # the page takes files; the field would take their path as a text
        self.edit.setAcceptDrops(False)
        self.length = Label()
        style(self.length, "secondary")
        self._soon = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._soon.timeout.connect(self._give)
        self.edit.textChanged.connect(self._typed)
        self.body.addWidget(self.edit, 1)
        self.body.addWidget(self.length)
        self.open_button = self.button("Open", "tryit.open", "Opens a text file.", self.choose_file)
        self.clear = self.button("Clear", "tryit.clear", "Begins a new text.", self.edit.clear)

        self.random_button = self.button(
            "Random test text", "tryit.random", "", self.random_wanted.emit
        )
        self.add_buttons(self.open_button, self.clear, self.random_button)

    def prepare_for(self, preparation: Preparation) -> None:
        self._preparation = preparation

    def empty(self) -> None:
        self.edit.blockSignals(True)
        self.edit.clear()
        self.edit.blockSignals(False)
        self.length.setText("")

    def take(self, tryit_input: TryItInput) -> None:
        text = str(tryit_input.raw) if tryit_input.raw is not None else ""
        if tryit_input.stored is not None and self._preparation is not None:
            text = example_from(self._preparation, tryit_input.stored[0]).text

        self.edit.blockSignals(True)
        self.edit.setPlainText(text)
        self.edit.blockSignals(False)
        self._chosen = tryit_input
        self.input_changed.emit(tryit_input)

    def take_mime(self, data: QMimeData) -> bool:
        file = dropped_file(data)
        if file is not None:
            self._open(file)
            return True

        text = plain_text(data)
        if text:
            self.edit.setPlainText(text)

        return bool(text)

    def choose_file(self) -> None:
        """Asks for a text file and takes what is in it."""
        kinds = "Texts (*.txt *.md *.text);;All files (*)"
        path = ask_to_open(self, "example", "Open a text", kinds)
        if path is not None:
            self._open(path)

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
        if self._chosen is not None:
            self.input_changed.emit(self._chosen)
        else:
            self._give()

    def show_result(self, result: TryItResult) -> None:
        """Says how much of the text the network reads."""
        tokens = int((result.arrays[0] > 0).sum()) if result.arrays[0].ndim == 1 else 0
        self.length.setText(
            f"Read as {tokens:,} {'token' if tokens == 1 else 'tokens'}." if tokens else ""
        )

    def _typed(self) -> None:
        self._chosen = None
        self.length.setText("")
        self._soon.start()

    def _give(self) -> None:
        text = self.edit.toPlainText()
        self.input_changed.emit(TryItInput("typed", text) if text.strip() else None)


INPUT_CARD = TextInputCard
