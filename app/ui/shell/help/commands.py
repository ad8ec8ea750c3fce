"""What the menu "Help" does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from app.engine.experiment import toml_file
from app.ui.shell.help.glossary import SUBJECTS, GlossaryWindow
from app.ui.shell.help.more_data import MoreData
from app.ui.shell.help.shortcuts import Shortcuts
from app.ui.widgets.message_box import message_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.shell.actions import Entry
    from app.ui.shell.problems import Problems
    from app.ui.state.background import Background
    from app.ui.state.document import Document
    from app.ui.style.theme import Theme


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

    def show_help(self, page: str = "") -> None:
        """Shows the glossary, at the subject of a page of the window."""
        GlossaryWindow(
            self._theme, SUBJECTS.get(page, ""), self.show_shortcuts, self._window
        ).open()

    def show_more_data(self) -> None:
        """Says what else there is to learn from, and how it is installed."""
        MoreData(self._theme, self._window).open()

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
