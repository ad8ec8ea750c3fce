"""The menu "Help": the shortcuts, where more data come from, and what to send with a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from app.engine.experiment import toml_file
from app.engine.sources.samples import FULL_FASHION_HELP, MORE_DATA
from app.ui.style.theme import Theme, style
from app.ui.widgets.label import Label
from app.ui.widgets.message_box import message_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.shell.actions import Entry
    from app.ui.shell.problems import Problems
    from app.ui.state.background import Background
    from app.ui.state.document import Document

FASHION_COMMAND = "apt-get install dataset-fashion-mnist"

ELSEWHERE = (
    ("Tab, Shift+Tab", "To the next field, to the one before"),
    ("Up, Down", "A number one step further; a choice further on"),
    ("Enter", "Takes what was written"),
)
"""Keys that work without an action, for the overlay."""


class HelpCommands:
    """What the menu "Help" does."""

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        entries: Sequence[Entry],
        document: Document,
        problems: Problems,
        background: Background,
    ) -> None:
        self._window = window
        self._theme = theme
        self._entries = entries
        self._document = document
        self._problems = problems
        self._background = background

    def show_shortcuts(self) -> None:
        Shortcuts(self._theme, self._entries, self._window).open()

    def explain_fashion(self) -> None:
        """Says how the full Fashion-MNIST and other open data are got."""
        more = "\n\n".join(f"{what}\n{how}" for what, how in MORE_DATA.items())
        box = message_box(
            self._window, "help.fashion", "More open data", f"{FULL_FASHION_HELP}\n\n{more}"
        )
        copy = box.addButton("Copy the command", QMessageBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QApplication.clipboard().setText(FASHION_COMMAND))
        box.addButton(QMessageBox.StandardButton.Close)
        box.open()

    def copy_diagnostics(self) -> None:
        """Copies versions, device, settings and problems.

        They are collected in the background, because torch is asked for some of them.
        """
        problems = "\n\n".join(problem.text() for problem in self._problems.problems)
        settings = toml_file.dumps(self._document.experiment)

        def collect(_: object) -> str:
            from app.engine.diagnosis import diagnose, lines  # noqa: PLC0415 - it loads torch

            return "\n".join([*lines(diagnose()), "", settings, problems])

        self._background.run(collect, self._copy)

    def _copy(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        box = message_box(
            self._window,
            "help.diagnostics",
            "Diagnostics are copied",
            "Paste them into your question. They hold versions, the device and the settings; no "
            "pictures.",
        )

        box.addButton(QMessageBox.StandardButton.Close)
        box.open()


class Shortcuts(QDialog):
    """The overlay that says what the keys do. Escape closes it."""

    def __init__(self, theme: Theme, entries: Sequence[Entry], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("help.shortcuts")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.px(20)] * 4)
        column.setSpacing(theme.px(12))
        heading = Label("Keyboard shortcuts")
        style(heading, "heading")
        column.addWidget(heading)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(16))
        grid.setVerticalSpacing(theme.px(4))
        rows = [(_keys(entry), entry.text) for entry in entries if entry.keys] + list(ELSEWHERE)

        half = (len(rows) + 1) // 2
        for number, (keys, text) in enumerate(rows):
            row = number % half
            side = 2 * (number // half)
            key = Label(keys)
            words = Label(text.rstrip("…"))
            style(key, "key")
            grid.addWidget(key, row, side, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(words, row, side + 1)

        column.addLayout(grid)
        hint = Label("Escape closes this.")
        style(hint, "secondary")
        column.addWidget(hint)


def _keys(entry: Entry) -> str:
    """Returns the first shortcut of an action, written as on this system."""
    return QKeySequence(entry.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
