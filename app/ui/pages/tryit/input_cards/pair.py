"""Giving a pair: both halves to compare them, or one half to look for its partners."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.engine.data.kinds.pair.preparation import PairPreparation
from app.ui.pages.tryit.asking import Given, Reply
from app.ui.pages.tryit.input_cards.base import InputCard
from app.ui.pages.tryit.input_cards.image import FILES, from_qt
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.example import Example, example_from
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

    from app.engine.data.preparation import Preparation


class Half(QWidget):
    """One half: a line to type in for a text, a picture that is opened, dropped or pasted.

    `raw` is None while it is not given.
    """

    def __init__(
        self, theme: Theme, input_card: PairInputCard, place: int, kind: str, name: str
    ) -> None:
        super().__init__()
        self.kind = kind
        self.input_card = input_card
        self.raw: object = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        head = QHBoxLayout()
        label = QLabel(name.capitalize())
        style(label, "row")
        head.addWidget(label)
        head.addStretch(1)
        self.clear_button = input_card.button(
            "Leave out",
            f"tryit.half.{place}.clear",
            "Looks for partners of the other half instead.",
            self.clear,
        )

        style(self.clear_button, "small")
        head.addWidget(self.clear_button)
        column.addLayout(head)
        self.view = ExampleView(theme, 1.6)
        self.edit = QLineEdit()
        self.edit.setObjectName(f"tryit.half.{place}")
        self.edit.setAccessibleName(name.capitalize())
        self.edit.setPlaceholderText(f"Type a {name} here")
        self.edit.textEdited.connect(self._typed)
        self.open_button = input_card.button(
            "Open", f"tryit.half.{place}.open", f"Opens a file as the {name}.", self._ask
        )
        label.setBuddy(self.edit if kind == "text" else self.open_button)

        for widget in (self.edit, self.view, self.open_button):
            column.addWidget(widget)

        self.edit.setVisible(kind == "text")
        self.view.setVisible(kind != "text")
        self.open_button.setVisible(kind != "text")

    def clear(self) -> None:
        self.raw = None
        self.edit.clear()
        self.view.show_example(None)
        self.input_card.changed()

    def show_half(self, example: Example) -> None:
        if self.kind == "text":
            if not self.edit.hasFocus():
                self.edit.setText(example.text)
        else:
            self.view.show_example(example)

    def take(self, raw: object) -> None:
        self.raw = raw
        self.input_card.changed()

    def _typed(self, text: str) -> None:
        self.take(text if text.strip() else None)

    def _ask(self) -> None:
        files = FILES if self.kind == "image" else "All files (*)"
        name, _ = QFileDialog.getOpenFileName(self, "Open", "", files)
        if name:
            self.take(Path(name))


class PairInputCard(InputCard):
    def __init__(self, theme: Theme) -> None:
        super().__init__("Your pair", "one half finds partners, both are compared")
        self._theme = theme
        self._preparation: PairPreparation | None = None
        self.halves: list[Half] = []
        self.setObjectName("tryit.give")
        self.row = QVBoxLayout()
        self.row.setSpacing(12)
        self.body.addLayout(self.row)
        self.body.addStretch(1)
        holder = QWidget()
        flow = FlowLayout(holder)
        self.paste_button = self.button(
            "Paste", "tryit.paste", "Takes a picture or text from the clipboard.", self.paste
        )

        self.random_button = self.button(
            "Random test pair", "tryit.random", "", self.wanted_random.emit
        )
        for one in (self.paste_button, self.random_button):
            flow.addWidget(one)

        self.body.addWidget(holder)

    def prepare_for(self, preparation: Preparation) -> None:
        assert isinstance(preparation, PairPreparation)
        if self._preparation == preparation:
            return

        self._preparation = preparation
        self._taken = None

        for half in self.halves:
            half.setParent(None)
            half.deleteLater()

        self.halves = [
            Half(self._theme, self, place, one.kind, name)
            for place, (one, name) in enumerate(
                zip(preparation.halves, preparation.names, strict=True)
            )
        ]
        for half in self.halves:
            self.row.addWidget(half)

    def empty(self) -> None:
        for half in self.halves:
            half.clear()

    def changed(self) -> None:
        """A half was given or left out."""
        self._taken = None
        raw = tuple(half.raw for half in self.halves)
        self.given.emit(Given("given", raw) if any(one is not None for one in raw) else None)

    def take(self, given: Given) -> None:
        self._taken = given
        if given.kept is not None and self._preparation is not None:
            example = example_from(self._preparation, given.kept, given.origin)
            for half, one in zip(self.halves, example.halves, strict=True):
                half.edit.clearFocus()
                half.show_half(one)
                half.raw = one.text if half.kind == "text" else _as_raw(one)

        self.given.emit(given)

    def give_again(self) -> None:
        if self._taken is not None:
            self.given.emit(self._taken)
        elif self.halves:
            self.changed()

    def show_reply(self, reply: Reply) -> None:
        for half, one, there in zip(self.halves, reply.seen.halves, reply.halves, strict=True):
            if there:
                half.show_half(one)

    def take_mime(self, data: QMimeData) -> bool:
        files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        image = data.imageData() if data.hasImage() else None
        if isinstance(image, QPixmap):
            image = image.toImage()
        if files and files[0].is_file():
            return self._give_half("image", files[0]) or self._give_half("signal", files[0])
        if isinstance(image, QImage) and not image.isNull():
            return self._give_half("image", from_qt(image))

        return data.hasText() and self._give_half("text", data.text())

    def paste(self) -> None:
        data = QGuiApplication.clipboard().mimeData()
        if data is None or not self.take_mime(data):
            self.refused.emit("There is nothing in the clipboard that could be half of a pair.")

    def _give_half(self, kind: str, raw: object) -> bool:
        """To the first half of this sort that is not given yet, else to the first of this sort."""
        fitting = [half for half in self.halves if half.kind == kind]
        if not fitting:
            return False

        chosen = next((half for half in fitting if half.raw is None), fitting[0])
        if kind == "text":
            chosen.edit.setText(str(raw))

        chosen.take(raw)
        return True


def _as_raw(example: Example) -> object:
    """A half of the data as what a person would give."""
    if example.picture is not None:
        pixels = example.picture
        return Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0).copy())

    if example.signal is not None:
        return example.signal

    return dict(example.cells) if example.kind == "row" else example.text


INPUT_CARD = PairInputCard
