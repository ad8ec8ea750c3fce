"""Everything that can be done, in one table: words, shortcut, menu.

Menus and the overlay of shortcuts follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QMenu, QVBoxLayout, QWidget

from app.ui.style.theme import Theme, style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Entry:
    """One action.

    keys: the first is shown in menus, all of them work. "-" as a name is a line in the menu.
    """

    name: str
    text: str = ""
    menu: str = ""
    keys: tuple[str, ...] = ()
    tip: str = ""


TABLE = (
    Entry(
        "new",
        "Start page",
        "File",
        ("Ctrl+N",),
        "Begin anew: built-in data, recent work, your own data.",
    ),
    Entry(
        "open_folder",
        "Open a folder of data…",
        "File",
        ("Ctrl+Shift+O",),
        "Opens a folder with a sub-folder a class.",
    ),
    Entry(
        "open_file",
        "Open an experiment or data file…",
        "File",
        ("Ctrl+O",),
        "Opens an experiment, an array file or a list.",
    ),
    Entry(
        "read_again",
        "Read the data again",
        "File",
        ("F6",),
        "Reads the data anew, with files that came or went.",
    ),
    Entry(
        "cancel_reading",
        "Stop reading the data",
        "File",
        (),
        "Gives up the reading that is under way.",
    ),
    Entry("-", menu="File"),
    Entry("save", "Save experiment", "File", ("Ctrl+S",), "Writes the settings to their file."),
    Entry(
        "save_as",
        "Save experiment as…",
        "File",
        ("Ctrl+Shift+S",),
        "Writes the settings to another file.",
    ),
    Entry("-", menu="File"),
    Entry("quit", "Quit", "File", ("Ctrl+Q",), "Ends the program; the settings are kept."),
    Entry("undo", "Undo", "Edit", ("Ctrl+Z",), "Takes the last change of the settings back."),
    Entry("redo", "Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "Makes the change again."),
    Entry("train", "Train", "Run", ("Ctrl+R", "F5"), "Trains the network with these settings."),
    Entry(
        "race",
        "Race several variants…",
        "Run",
        ("Ctrl+Shift+R",),
        "Trains variants of the settings side by side.",
    ),
    Entry(
        "plan",
        "What would fit?…",
        "Run",
        (),
        "A table of what would fit the memory and what it would cost.",
    ),
    Entry(
        "pause", "Pause or resume", "Run", ("Ctrl+P",), "Pauses after the current step, or goes on."
    ),
    Entry(
        "stop",
        "Stop, keep best",
        "Run",
        ("Ctrl+.",),
        "Stops and keeps the weights of the best epoch.",
    ),
    Entry(
        "zoom_in",
        "Larger",
        "View",
        ("Ctrl++", "Ctrl+="),
        "Makes everything larger, for the back of the room.",
    ),
    Entry("zoom_out", "Smaller", "View", ("Ctrl+-",), "Makes everything smaller."),
    Entry("zoom_reset", "Original size", "View", ("Ctrl+0",), "Back to 100 %."),
    Entry("-", menu="View"),
    Entry("dark", "Light or dark", "View", ("Ctrl+D",), "Changes between light and dark."),
    Entry("guide", "Guide", "View", ("Ctrl+G",), "Shows or hides the Guide."),
    Entry("shortcuts", "Keyboard shortcuts", "Help", ("F1",), "Shows what the keys do."),
    Entry("menu", "Open this menu", "Help", ("F10",), "Opens the menu."),
    Entry(
        "fashion", "Get the full Fashion-MNIST", "Help", (), "Says how to get all 70,000 pictures."
    ),
    Entry(
        "problems",
        "Problems since the start",
        "Help",
        (),
        "What went wrong, as a list that can be copied.",
    ),
    Entry(
        "diagnostics",
        "Copy diagnostics",
        "Help",
        (),
        "Copies versions, device and settings, to ask somebody.",
    ),
    *(
        Entry(f"go.{page}", text, "Go to", (f"Ctrl+{number}",), f"Shows {text}.")
        for number, (page, text) in enumerate(
            (
                ("data", "Data"),
                ("model", "Model"),
                ("learning", "Learning"),
                ("training", "Training"),
                ("results", "Results"),
                ("tryit", "Try it"),
                ("runs", "Runs"),
            ),
            1,
        )
    ),
)
MENUS = ("File", "Edit", "Go to", "Run", "View", "Help")
ELSEWHERE = (
    ("Tab, Shift+Tab", "To the next field, to the one before"),
    ("Up, Down", "A number one step further; a choice further on"),
    ("Enter", "Takes what was written"),
)
"""Keys that work without an action, for the overlay."""


class Actions:
    """The table as QActions of a window.

    `handlers` says what each name does; names without one are left out.
    """

    def __init__(self, window: QWidget, handlers: Mapping[str, Callable[[], object]]) -> None:
        self._actions: dict[str, QAction] = {}
        for entry in TABLE:
            if entry.name == "-" or entry.name not in handlers:
                continue

            action = QAction(entry.text, window)
            action.setObjectName(f"action.{entry.name}")
            action.setToolTip(entry.tip)
            action.setStatusTip(entry.tip)
            action.setShortcuts([QKeySequence(key) for key in entry.keys])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            handler = handlers[entry.name]
            action.triggered.connect(lambda _=False, handler=handler: handler())
            window.addAction(action)
            self._actions[entry.name] = action

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def do(self, name: str) -> None:
        """Trigger an action of the table. Raises KeyError for one that is not there."""
        self._actions[name].trigger()

    def menu(self, parent: QWidget, recent: QMenu) -> QMenu:
        """One menu with a sub-menu for each group; `recent` stands in File."""
        menu = QMenu(parent)
        for title in MENUS:
            group = menu.addMenu(title)
            for entry in TABLE:
                if entry.menu != title:
                    continue

                if entry.name == "-":
                    group.addSeparator()
                elif entry.name in self._actions:
                    group.addAction(self._actions[entry.name])

                if entry.name == "open_file":
                    group.addMenu(recent)

        return menu


class Shortcuts(QDialog):
    """What the keys do. Any key closes it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("help.shortcuts")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.px(20)] * 4)
        column.setSpacing(theme.px(12))
        heading = QLabel("Keyboard shortcuts")
        style(heading, "heading")
        column.addWidget(heading)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(16))
        grid.setVerticalSpacing(theme.px(4))
        rows = [(_keys(entry), entry.text) for entry in TABLE if entry.keys] + list(ELSEWHERE)

        half = (len(rows) + 1) // 2
        for number, (keys, text) in enumerate(rows):
            row = number % half
            side = 2 * (number // half)
            key = QLabel(keys)
            words = QLabel(text.rstrip("…"))
            style(key, "key")
            grid.addWidget(key, row, side, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(words, row, side + 1)

        column.addLayout(grid)
        hint = QLabel("Escape closes this.")
        style(hint, "secondary")
        column.addWidget(hint)


def _keys(entry: Entry) -> str:
    return QKeySequence(entry.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
