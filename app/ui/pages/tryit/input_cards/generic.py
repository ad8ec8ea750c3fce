"""Giving an example of any kind: a file, a pasted text, or one of the test set."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QSizePolicy

from app.ui.pages.tryit.input_cards.base import InputCard, dropped_file
from app.ui.pages.tryit.prediction import TryItInput, TryItResult
from app.ui.style.theme import Theme, style
from app.ui.widgets.drops import plain_text
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.file_dialogs import ask_to_open
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData


class GenericInputCard(InputCard):
    """Takes a file or a text as it is; the network's preparation reads it.

    A card for one kind says in its attributes what it opens and pastes.
    """

    drop_hint: ClassVar[str] = "Drop a file here, open one, or paste a text."
    open_tip: ClassVar[str] = "Opens a file."
    paste_tip: ClassVar[str] = "Takes a file or a text from the clipboard."
    random_text: ClassVar[str] = "Random test example"
    dialog_title: ClassVar[str] = "Open an example"
    file_filter: ClassVar[str] = "All files (*)"

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.view = ExampleView(theme, 2.0)
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.origin = Label(self.drop_hint)
        self.origin.setWordWrap(True)
        style(self.origin, "secondary")
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self.origin)

        self.open_button = self.button("Open", "tryit.open", self.open_tip, self.choose_file)
        self.paste_button = self.button("Paste", "tryit.paste", self.paste_tip, self.paste)
        self.random_button = self.button(
            self.random_text, "tryit.random", "", self.random_wanted.emit
        )
        self.add_buttons(self.open_button, self.paste_button, self.random_button)

    def empty(self) -> None:
        self.view.show_example(None)
        self.origin.setText(self.drop_hint)

    def take(self, tryit_input: TryItInput) -> None:
        self._chosen = tryit_input
        self.origin.setText(tryit_input.origin)
        self.input_changed.emit(tryit_input)

    def take_mime(self, data: QMimeData) -> bool:
        file = dropped_file(data)
        if file is not None:
            self.take(TryItInput(file.name, file))
            return True

        return self.take_text(plain_text(data))

    def take_text(self, text: str) -> bool:
        """Gives a text that was dropped or pasted; returns False where there is nothing in it."""
        if not text.strip():
            return False

        self.take(TryItInput("from the clipboard", text))
        return True

    def choose_file(self) -> None:
        """Asks for a file and gives it."""
        path = ask_to_open(self, "example", self.dialog_title, self.file_filter)
        if path is not None:
            self.take(TryItInput(path.name, path))

    def show_result(self, result: TryItResult) -> None:
        self.view.show_example(result.seen)

    def say_unreadable(self) -> None:
        self.view.show_example(None)
