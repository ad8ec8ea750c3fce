"""Giving a pair: both halves to compare them, or one half to look for its partners."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PIL import Image
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.sources.plain_text import UnreadableText, read_text
from app.ui.pages.tryit.input_cards.base import InputCard, dropped_file
from app.ui.pages.tryit.input_cards.image import FILES, from_qt
from app.ui.pages.tryit.prediction import TryItInput, TryItResult
from app.ui.style.theme import Theme, style
from app.ui.widgets.drops import plain_text
from app.ui.widgets.examples.example import Example, example_from
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.file_dialogs import ask_to_open
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QMimeData

    from app.engine.data.preparation import Preparation

LONGEST = 10_000
"""Characters taken from a file for a half that is a line of text."""


class Half(QWidget):
    """One half: a line to type a text in, or a picture that is opened, dropped or pasted.

    raw: as Predictor.read takes it, None while it is not given.
    """

    def __init__(
        self, theme: Theme, input_card: PairInputCard, index: int, kind: str, name: str
    ) -> None:
        super().__init__()
        self.kind = kind
        self.input_card = input_card
        self.raw: object = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        head = QHBoxLayout()
        label = Label(name.capitalize())
        style(label, "row")
        head.addWidget(label)
        head.addStretch(1)
        self.clear_button = input_card.button(
            "Leave out",
            f"tryit.half.{index}.clear",
            "Looks for partners of the other half instead.",
            self.clear,
        )

        style(self.clear_button, "small")
        head.addWidget(self.clear_button)
        column.addLayout(head)
        self.view = ExampleView(theme, 1.6)
        self.edit = QLineEdit()
        self.edit.setAcceptDrops(False)  # the page takes files
        self.edit.setObjectName(f"tryit.half.{index}")
        self.edit.setAccessibleName(name.capitalize())
        self.edit.setPlaceholderText(f"Type a {name} here")
        self.edit.textEdited.connect(self._typed)
        self.open_button = input_card.button(
            "Open", f"tryit.half.{index}.open", f"Opens a file as the {name}.", self._ask
        )
        label.setBuddy(self.edit if kind == "text" else self.open_button)

        for widget in (self.edit, self.view, self.open_button):
            column.addWidget(widget)

        self.edit.setVisible(kind == "text")
        self.view.setVisible(kind != "text")
        self.open_button.setVisible(kind != "text")

    def clear(self) -> None:
        """Leaves this half out."""
        self.raw = None
        self.edit.clear()
        self.view.show_example(None)
        self.input_card.changed()

    def show_half(self, example: Example) -> None:
        """Shows what was given; what is being typed stays."""
        if self.kind == "text":
            if not self.edit.hasFocus():
                self.edit.setText(example.text)
        else:
            self.view.show_example(example)

    def take(self, raw: object) -> None:
        """Takes another example for this half; None leaves it out."""
        self.raw = raw
        self.input_card.changed()

    def _typed(self, text: str) -> None:
        self.take(text if text.strip() else None)

    def _ask(self) -> None:
        kinds = FILES if self.kind == "image" else "All files (*)"
        title = "Open a picture" if self.kind == "image" else "Open a file"
        path = ask_to_open(self, "example", title, kinds)
        if path is not None:
            self.take(path)


class PairInputCard(InputCard):
    """Takes both halves of a pair, or one of them."""

    kind: ClassVar[str] = "pair"
    heading: ClassVar[str] = "Your pair"
    subheading: ClassVar[str] = "one half finds partners, both are compared"
    nothing_to_paste: ClassVar[str] = (
        "There is nothing in the clipboard that could be half of a pair."
    )

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._preparation: PairPreparation | None = None
        self.halves: list[Half] = []
        self.row = QVBoxLayout()
        self.row.setSpacing(12)
        self.body.addLayout(self.row)
        self.body.addStretch(1)
        self.paste_button = self.button(
            "Paste", "tryit.paste", "Takes a picture or text from the clipboard.", self.paste
        )

        self.random_button = self.button(
            "Random test pair", "tryit.random", "", self.random_wanted.emit
        )
        self.add_buttons(self.paste_button, self.random_button)

    def prepare_for(self, preparation: Preparation) -> None:
        assert isinstance(preparation, PairPreparation)
        if self._preparation == preparation:
            return

        self._preparation = preparation
        self._chosen = None

        for half in self.halves:
            half.setParent(None)
            half.deleteLater()

        self.halves = [
            Half(self.theme, self, index, half.kind, name)
            for index, (half, name) in enumerate(
                zip(preparation.halves, preparation.names, strict=True)
            )
        ]
        for half in self.halves:
            self.row.addWidget(half)

    def empty(self) -> None:
        for half in self.halves:
            half.clear()

    def changed(self) -> None:
        """Gives the pair as it is now, after a half was given or left out."""
        self._chosen = None
        raw = tuple(half.raw for half in self.halves)
        is_empty = all(half is None for half in raw)
        self.input_changed.emit(None if is_empty else TryItInput("given", raw))

    def take(self, tryit_input: TryItInput) -> None:
        self._chosen = tryit_input
        if tryit_input.stored is not None and self._preparation is not None:
            example = example_from(self._preparation, tryit_input.stored, tryit_input.origin)
            for half, shown in zip(self.halves, example.halves, strict=True):
                half.edit.clearFocus()
                half.show_half(shown)
                half.raw = shown.text if half.kind == "text" else _as_raw(shown)

        self.input_changed.emit(tryit_input)

    def give_again(self) -> None:
        if self._chosen is not None:
            self.input_changed.emit(self._chosen)
        elif self.halves:
            self.changed()

    def show_result(self, result: TryItResult) -> None:
        for half, seen, given in zip(self.halves, result.seen.halves, result.halves, strict=True):
            if given:
                half.show_half(seen)

    def take_mime(self, data: QMimeData) -> bool:
        file = dropped_file(data)
        image = data.imageData() if data.hasImage() else None
        if isinstance(image, QPixmap):
            image = image.toImage()

        if file is not None:
            return any(self._give_half(kind, file) for kind in ("image", "signal")) or (
                self._give_text_of(file)
            )
        if isinstance(image, QImage) and not image.isNull():
            return self._give_half("image", from_qt(image))

        text = plain_text(data)
        return bool(text) and self._give_half("text", text)

    def _give_text_of(self, file: Path) -> bool:
        """Fills a half with what a text file says; returns False where it cannot be read."""
        try:
            text, _ = read_text(file)
        except (UnreadableText, OSError):
            return False

        return self._give_half("text", " ".join(text.split())[:LONGEST])

    def _give_half(self, kind: str, raw: object) -> bool:
        """Fills the first half of this kind that is not given yet, else the first of this kind."""
        fitting = [half for half in self.halves if half.kind == kind]
        if not fitting:
            return False

        chosen = next((half for half in fitting if half.raw is None), fitting[0])
        if kind == "text":
            chosen.edit.setText(str(raw))

        chosen.take(raw)
        return True


def _as_raw(example: Example) -> object:
    """Returns a half of the data as a person would give it."""
    if example.picture is not None:
        pixels = example.picture
        return Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0).copy())

    if example.signal is not None:
        return example.signal

    return dict(example.cells) if example.kind == "row" else example.text


INPUT_CARD = PairInputCard
