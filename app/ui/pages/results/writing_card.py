"""What the network writes: a beginning, a temperature, and the text as it comes, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QSlider

from app.engine.text import number_text
from app.ui.pages.results.loaded_network import LoadedNetwork
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.control import Control
    from app.ui.pages.parts import Parts
    from app.ui.state.background import Failure

TOKENS = 200
"""Tokens of one sample."""

USUAL = 80
"""The usual temperature, in hundredths."""

KEY = "results.write"


class WritingCard(Card):
    """Lets the network of a run write: show_run(path, live).

    Write goes on from the beginning that is typed; Stop ends it.
    """

    _piece = Signal(int, str)

    def __init__(self, parts: Parts) -> None:
        super().__init__("It writes", "token by token, each chosen by its probability")
        self.setObjectName("results.writing")
        self._parts = parts
        self._loaded = LoadedNetwork()
        self._path: Path | None = None
        self._number = 0
        self._control: Control | None = None
        self._piece.connect(self._add)
        self.prompt = QLineEdit()
        self.prompt.setAcceptDrops(False)  # the window takes files
        self.prompt.setObjectName("results.writing.prompt")
        self.prompt.setAccessibleName("How the text begins")
        self.prompt.setPlaceholderText("How it begins, or nothing")
        self.prompt.setToolTip("The network goes on from here.")
        self.prompt.returnPressed.connect(self.write)
        self.button = QPushButton("Write")
        self.button.setObjectName("results.writing.write")
        self.button.setToolTip(tooltip(f"Writes {TOKENS} tokens, different ones each time."))
        style(self.button, "primary")
        self.button.clicked.connect(self._press)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("results.writing.temperature")
        self.slider.setAccessibleName("Temperature")
        self.slider.setToolTip(
            "0 always takes the likeliest token; 1 follows its probabilities; above 1 it is bolder."
        )
        self.slider.setRange(0, 150)
        self.slider.setSingleStep(5)
        self.slider.setPageStep(10)
        self.slider.setValue(USUAL)
        self.slider.valueChanged.connect(self._name_temperature)
        self.caption = Label()
        style(self.caption, "secondary")
        self.text = QPlainTextEdit()
        self.text.setObjectName("results.writing.text")
        self.text.setAccessibleName("What it has written")
        self.text.setReadOnly(True)
        self.text.setPlaceholderText("What it writes will appear here.")
        self.note = Label()
        self.note.setObjectName("results.writing.note")
        self.note.setWordWrap(True)
        style(self.note, "secondary")
        first = QHBoxLayout()
        second = QHBoxLayout()
        first.addWidget(self.prompt, 1)
        first.addWidget(self.button)
        second.addWidget(self.caption)
        second.addWidget(self.slider, 1)
        self.body.addLayout(first)
        self.body.addLayout(second)
        self.body.addWidget(self.text, 1)
        self.body.addWidget(self.note)
        self._name_temperature()

    @property
    def temperature(self) -> float:
        return self.slider.value() / 100

    def show_run(self, path: Path | None, live: bool) -> None:
        """Takes another run. live: it still learns, so it has no weights yet to write with."""
        if path != self._path:
            self.stop()
            self._path = path
            self.text.clear()

        self.button.setEnabled(path is not None and not live)
        self.note.setText("It can write once training has ended." if live else "")
        self.note.setVisible(bool(self.note.text()))

    def _press(self) -> None:
        if self._control is not None:
            self.stop()
        else:
            self.write()

    def write(self) -> None:
        """Goes on from the beginning that is typed, in the background."""
        path = self._path
        if path is None or self._control is not None or not self.button.isEnabled():
            return

        self._number += 1
        number = self._number
        prompt = self.prompt.text()
        temperature = self.temperature
        loaded = self._loaded
        self.text.setPlainText(prompt)
        self.note.hide()

        def work(control: Control) -> str:
            from app.engine.results.generation import generate  # noqa: PLC0415 - imports torch

            def on_piece(piece: str) -> None:
                self._piece.emit(number, piece)

            predictor = loaded.predictor(path)
            return generate(predictor, prompt, TOKENS, temperature, control.check, on_piece, number)

        self._control = self._parts.background.run(work, self._done, self._failed, KEY)
        self.button.setText("Stop")

    def stop(self) -> None:
        """Ends the writing; what is written stays."""
        if self._control is not None:
            self._control.stop()
            self._number += 1  # pieces on their way belong to no text any more

        self._end()

    def _add(self, number: int, piece: str) -> None:
        if number == self._number:
            self.text.moveCursor(QTextCursor.MoveOperation.End)
            self.text.insertPlainText(piece)

    def _done(self, _: str) -> None:
        self._end()

    def _failed(self, failure: Failure) -> None:
        self._end()
        self.note.setText(failure.message)
        self.note.show()

    def _end(self) -> None:
        self._control = None
        self.button.setText("Write")

    def _name_temperature(self) -> None:
        self.caption.setText(f"Temperature {number_text(self.temperature)}")
