"""Giving a signal: a WAV file, pasted numbers, or one of the test set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtWidgets import QFileDialog, QLabel, QSizePolicy

from app.ui.pages.tryit.input_cards.base import InputCard, dropped_file
from app.ui.pages.tryit.prediction import TryItInput, TryItResult
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.painting import ExampleView

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

DROP = "Drop a WAV file here, open one, or paste numbers."


class SignalInputCard(InputCard):
    """Takes any signal: the network's preparation brings it to length and rate of the training."""

    kind: ClassVar[str] = "signal"
    heading: ClassVar[str] = "Your signal"
    subheading: ClassVar[str] = "opened or pasted"
    nothing_to_paste: ClassVar[str] = "There are no numbers in the clipboard."

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.view = ExampleView(theme, 2.0)
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.origin = QLabel(DROP)
        self.origin.setWordWrap(True)
        style(self.origin, "secondary")
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self.origin)

        self.open_button = self.button("Open", "tryit.open", "Opens a WAV file.", self.choose_file)
        self.paste_button = self.button(
            "Paste", "tryit.paste", "Takes numbers from the clipboard.", self.paste
        )
        self.random_button = self.button(
            "Random test signal", "tryit.random", "", self.random_wanted.emit
        )
        self.add_buttons(self.open_button, self.paste_button, self.random_button)

    def empty(self) -> None:
        self.view.show_example(None)
        self.origin.setText(DROP)

    def take(self, tryit_input: TryItInput) -> None:
        self._chosen = tryit_input
        self.origin.setText(tryit_input.origin)
        self.input_changed.emit(tryit_input)

    def take_mime(self, data: QMimeData) -> bool:
        file = dropped_file(data)
        if file is not None:
            self.take(TryItInput(file.name, file))
            return True

        numbers = NUMBER.findall(data.text()) if data.hasText() else []
        if len(numbers) > 1:
            values = np.array([float(number) for number in numbers], np.float32)
            self.take(TryItInput(f"{len(numbers):,} numbers", values))
            return True

        return False

    def choose_file(self) -> None:
        """Asks for a WAV file and gives it."""
        name, _ = QFileDialog.getOpenFileName(
            self, "Open a signal", "", "Sounds (*.wav);;All files (*)"
        )
        if name:
            self.take(TryItInput(Path(name).name, Path(name)))

    def show_result(self, result: TryItResult) -> None:
        self.view.show_example(result.seen)

    def say_unreadable(self) -> None:
        self.view.show_example(None)


INPUT_CARD = SignalInputCard
