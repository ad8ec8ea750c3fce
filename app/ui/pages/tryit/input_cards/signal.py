"""Giving a signal: a WAV file, pasted numbers, or one of the test set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QSizePolicy, QWidget

from app.ui.pages.tryit.asking import Given, Reply
from app.ui.pages.tryit.input_cards.base import InputCard
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

    from app.engine.data.preparation import Preparation

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

DROP = "Drop a WAV file here, open one, or paste numbers."


class SignalInputCard(InputCard):
    def __init__(self, theme: Theme) -> None:
        super().__init__("Your signal", "opened or pasted")
        self.setObjectName("tryit.give")
        self.view = ExampleView(theme, 2.0)
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.origin = QLabel(DROP)
        self.origin.setWordWrap(True)
        style(self.origin, "secondary")
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self.origin)
        holder = QWidget()
        flow = FlowLayout(holder)
        self.open_button = self.button("Open", "tryit.open", "Opens a WAV file.", self.ask_file)
        self.paste_button = self.button(
            "Paste", "tryit.paste", "Takes numbers from the clipboard.", self.paste
        )

        self.random_button = self.button(
            "Random test signal", "tryit.random", "", self.wanted_random.emit
        )
        for one in (self.open_button, self.paste_button, self.random_button):
            flow.addWidget(one)

        self.body.addWidget(holder)

    def prepare_for(self, preparation: Preparation) -> None:
        """Any signal can be tried: it is brought to the length and rate of the training."""

    def empty(self) -> None:
        self.view.show_example(None)
        self.origin.setText(DROP)

    def take(self, given: Given) -> None:
        self._taken = given
        self.origin.setText(given.origin)
        self.given.emit(given)

    def take_mime(self, data: QMimeData) -> bool:
        files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if files and files[0].is_file():
            self.take(Given(files[0].name, files[0]))
            return True

        numbers = NUMBER.findall(data.text()) if data.hasText() else []
        if len(numbers) > 1:
            self.take(
                Given(
                    f"{len(numbers):,} numbers",
                    np.array([float(one) for one in numbers], np.float32),
                )
            )
            return True

        return False

    def paste(self) -> None:
        data = QGuiApplication.clipboard().mimeData()
        if data is None or not self.take_mime(data):
            self.refused.emit("There are no numbers in the clipboard.")

    def ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Open a signal", "", "Sounds (*.wav);;All files (*)"
        )
        if name:
            self.take(Given(Path(name).name, Path(name)))

    def give_again(self) -> None:
        if self._taken is not None:
            self.given.emit(self._taken)

    def show_reply(self, reply: Reply) -> None:
        self.view.show_example(reply.seen)

    def say_unreadable(self) -> None:
        self.view.show_example(None)


INPUT_CARD = SignalInputCard
