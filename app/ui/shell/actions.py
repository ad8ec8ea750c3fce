"""Everything that can be done, in one table: words, menu, shortcuts.

The menus and the overlay of shortcuts follow from it; pages add themselves (see PageInfo).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.state.action import Action
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.ui.pages.parts import PageInfo


@dataclass(frozen=True)
class Entry:
    """One action as menus and the overlay of shortcuts show it."""

    name: str
    """An Action, "go." and the name of a page, or SEPARATOR."""
    text: str = ""
    menu: str = ""
    keys: tuple[str, ...] = ()
    """The first is shown in menus; all of them work."""
    tip: str = ""


SEPARATOR = ""
"""The name of an entry that is a line in the menu."""

TABLE = (
    Entry(
        Action.NEW,
        "Start page",
        "File",
        ("Ctrl+N",),
        "Start again: your own data, recent work, built-in data.",
    ),
    Entry(
        Action.OPEN_FOLDER,
        "Open a folder of data…",
        "File",
        ("Ctrl+Shift+O",),
        "Opens a folder with a sub-folder for each class.",
    ),
    Entry(
        Action.OPEN_FILE,
        "Open an experiment or data file…",
        "File",
        ("Ctrl+O",),
        "Opens an experiment, a table, a text or an array file.",
    ),
    Entry(
        Action.READ_AGAIN,
        "Read the data again",
        "File",
        ("F6",),
        "Reads the data again, with files that were added or removed.",
    ),
    Entry(
        Action.CANCEL_READING,
        "Stop reading the data",
        "File",
        (),
        "Stops the reading that is under way.",
    ),
    Entry(SEPARATOR, menu="File"),
    Entry(
        Action.SAVE, "Save experiment", "File", ("Ctrl+S",), "Writes the settings to their file."
    ),
    Entry(
        Action.SAVE_AS,
        "Save experiment as…",
        "File",
        ("Ctrl+Shift+S",),
        "Writes the settings to another file.",
    ),
    Entry(SEPARATOR, menu="File"),
    Entry(Action.QUIT, "Quit", "File", ("Ctrl+Q",), "Ends the program; the settings are kept."),
    Entry(Action.UNDO, "Undo", "Edit", ("Ctrl+Z",), "Undoes the last change of the settings."),
    Entry(Action.REDO, "Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "Makes the change again."),
    Entry(
        Action.TRAIN, "Train", "Run", ("Ctrl+R", "F5"), "Trains the network with these settings."
    ),
    Entry(
        Action.QUEUE,
        "Add to the queue",
        "Run",
        ("Ctrl+Shift+Q",),
        "Keeps a copy of these settings, to be trained after what waits already.",
    ),
    Entry(
        Action.RACE,
        "Race several variants…",
        "Run",
        ("Ctrl+Shift+R",),
        "Trains variants of the settings side by side.",
    ),
    Entry(
        Action.SEARCH,
        "Search for good settings…",
        "Run",
        (),
        "Trains the experiment with several values of some settings.",
    ),
    Entry(
        Action.PLAN,
        "What would fit?…",
        "Run",
        (),
        "A table of what would fit the memory and what it would cost.",
    ),
    Entry(
        Action.PAUSE,
        "Pause or resume",
        "Run",
        ("Ctrl+P",),
        "Pauses after the current step, or goes on.",
    ),
    Entry(
        Action.STOP,
        "Stop, keep best",
        "Run",
        ("Ctrl+.",),
        "Stops and keeps the weights of the best epoch.",
    ),
    Entry(SEPARATOR, menu="Run"),
    Entry(
        Action.EXPORT,
        "Export the trained network…",
        "Run",
        ("Ctrl+E",),
        "Writes the network of the run shown as a file for other programs, and proves it.",
    ),
    Entry(
        Action.ZOOM_IN,
        "Larger",
        "View",
        ("Ctrl++", "Ctrl+="),
        "Makes everything larger, for the back of the room.",
    ),
    Entry(Action.ZOOM_OUT, "Smaller", "View", ("Ctrl+-",), "Makes everything smaller."),
    Entry(Action.ZOOM_RESET, "Original size", "View", ("Ctrl+0",), "Back to 100 %."),
    Entry(SEPARATOR, menu="View"),
    Entry(Action.DARK, "Light or dark", "View", ("Ctrl+D",), "Changes between light and dark."),
    Entry(Action.GUIDE, "Guide", "View", ("Ctrl+G",), "Shows or hides the Guide."),
    Entry(
        Action.PROJECTOR,
        "Projector mode",
        "View",
        ("F11",),
        "Large figures, thick curves and large pictures, without rail and Guide. Escape leaves it.",
    ),
    Entry(Action.HELP, "Help and glossary", "Help", ("F1",), "Explains the terms of the field."),
    Entry(Action.SHORTCUTS, "Keyboard shortcuts", "Help", ("Shift+F1",), "Shows what the keys do."),
    Entry(Action.MENU, "Open this menu", "Help", ("F10",), "Opens the menu."),
    Entry(
        Action.FASHION,
        "Get more open data",
        "Help",
        (),
        "Says what else there is, and copies the command that installs it.",
    ),
    Entry(
        Action.PROBLEMS,
        "Problems since the start",
        "Help",
        (),
        "What went wrong, as a list that can be copied.",
    ),
    Entry(
        Action.DIAGNOSTICS,
        "Copy diagnostics",
        "Help",
        (),
        "Copies versions, device and settings, to ask somebody.",
    ),
)
MENUS = ("File", "Edit", "Go to", "Run", "View", "Help")

NUMBER_KEYS = 9
"""Ctrl+1 to Ctrl+9 go to so many pages."""


def page_entries(pages: Sequence[PageInfo]) -> list[Entry]:
    """Returns the menu "Go to": every page that wants to stand there, in order."""
    listed = [page for page in pages if page.in_menu]
    return [
        Entry(
            f"go.{page.name}",
            page.title,
            "Go to",
            (f"Ctrl+{number}",) if number <= NUMBER_KEYS else (),
            f"Shows {page.title}.",
        )
        for number, page in enumerate(listed, 1)
    ]


class Actions:
    """The table as QActions of a window, and one more for each page, which calls `go(name)`.

    The others do nothing until `connect` says what: pages are made with `do`, and what the actions
    do is made with pages.
    """

    def __init__(
        self, window: QWidget, pages: Sequence[PageInfo], go: Callable[[str], object]
    ) -> None:
        self.entries = (*TABLE, *page_entries(pages))
        self._actions: dict[str, QAction] = {}
        for entry in self.entries:
            if entry.name == SEPARATOR:
                continue

            action = QAction(entry.text, window)
            action.setObjectName(f"action.{entry.name}")
            action.setToolTip(tooltip(entry.tip))
            action.setStatusTip(tooltip(entry.tip))
            action.setShortcuts([QKeySequence(key) for key in entry.keys])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            window.addAction(action)
            self._actions[entry.name] = action

        for page in pages:
            if page.in_menu:
                action = self._actions[f"go.{page.name}"]
                action.triggered.connect(lambda _=False, name=page.name: go(name))

    def connect(self, handlers: Mapping[Action, Callable[[], object]]) -> None:
        """Says what each action does. Raises KeyError where one is missing."""
        for name in Action:
            self[name].triggered.connect(lambda _=False, handler=handlers[name]: handler())

    def __getitem__(self, name: Action) -> QAction:
        return self._actions[name]

    def do(self, name: Action) -> None:
        """Triggers an action."""
        self[name].trigger()

    def menu(self, parent: QWidget, recent: QMenu) -> QMenu:
        """Returns one menu with a sub-menu for each group; `recent` stands in File."""
        menu = QMenu(parent)
        for title in MENUS:
            group = menu.addMenu(title)
            for entry in self.entries:
                if entry.menu != title:
                    continue

                if entry.name == SEPARATOR:
                    group.addSeparator()
                else:
                    group.addAction(self._actions[entry.name])

                if entry.name == Action.OPEN_FILE:
                    group.addMenu(recent)

        return menu
