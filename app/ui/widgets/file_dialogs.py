"""Dialogs of the system that ask for a file or folder, and begin where the last one ended.

They are native where the platform has dialogs of its own: Windows, macOS, and Linux with a portal
or GTK. Elsewhere Qt's own are what there is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

if TYPE_CHECKING:
    from app.ui.state.preferences import Preferences

Purpose = Literal["data", "experiment", "example", "answers", "figures", "export", "logs"]
"""What the files of a folder are for; each purpose has a folder of its own.

data: to learn from. experiment: to save one. example: to try. answers, figures: to save them.
export: to take a trained network elsewhere. logs: of other tools, to compare with.
"""


class LastFolders(QObject):
    """Remembers the folder last used for each purpose, between starts too.

    It is a child of the window, in which dialogs find it; without one they begin where Qt wants to.
    """

    def __init__(self, window: QWidget, preferences: Preferences) -> None:
        super().__init__(window)
        self._preferences = preferences

    def get(self, purpose: Purpose) -> str:
        """Returns the folder, "" where none is known or it is gone."""
        folders: dict[str, Any] = self._preferences.get("folders", {})
        folder = folders.get(purpose)
        try:
            return folder if isinstance(folder, str) and Path(folder).is_dir() else ""
        except (OSError, ValueError):  # a name that no folder can have
            return ""

    def note(self, purpose: Purpose, chosen: str) -> None:
        """Remembers the folder of a file or folder that was chosen."""
        folders: dict[str, Any] = self._preferences.get("folders", {})
        self._preferences.set("folders", {**folders, purpose: str(Path(chosen).parent)})


def start_folder(parent: QWidget, purpose: Purpose) -> str:
    """Returns the folder in which a dialog begins, "" where none is known."""
    folders = _folders(parent)
    return folders.get(purpose) if folders is not None else ""


def note_chosen(parent: QWidget, purpose: Purpose, chosen: str) -> None:
    """Remembers where a file or folder was chosen."""
    folders = _folders(parent)
    if folders is not None:
        folders.note(purpose, chosen)


def _folders(parent: QWidget) -> LastFolders | None:
    """Returns the folders of the window in which a widget is; a dialog is in that behind it."""
    widget: QWidget | None = parent
    while widget is not None:
        window = widget.window()
        folders = window.findChild(LastFolders)
        if folders is not None:
            return folders
        widget = window.parentWidget()

    return None


def ask_to_open(parent: QWidget, purpose: Purpose, title: str, kinds: str) -> Path | None:
    """Asks for a file that is there; returns None where none was chosen.

    kinds: as QFileDialog wants them, "Texts (*.txt);;All files (*)".
    """
    name, _ = QFileDialog.getOpenFileName(parent, title, start_folder(parent, purpose), kinds)
    if not name:
        return None

    note_chosen(parent, purpose, name)
    return Path(name)


def ask_to_open_many(parent: QWidget, purpose: Purpose, title: str, kinds: str) -> list[Path]:
    """Asks for files that are there; returns [] where none was chosen. kinds: as `ask_to_open`."""
    names, _ = QFileDialog.getOpenFileNames(parent, title, start_folder(parent, purpose), kinds)
    if names:
        note_chosen(parent, purpose, names[0])

    return [Path(name) for name in names]


def ask_for_folder(parent: QWidget, purpose: Purpose, title: str) -> Path | None:
    """Asks for a folder that is there; returns None where none was chosen."""
    name = QFileDialog.getExistingDirectory(parent, title, start_folder(parent, purpose))
    if not name:
        return None

    note_chosen(parent, purpose, name)
    return Path(name)


def ask_to_save(
    parent: QWidget, purpose: Purpose, title: str, name: str, kinds: str
) -> Path | None:
    """Asks where a file is to be saved; returns None where nothing was chosen.

    name: the one proposed; with a folder, the dialog begins there.
    """
    proposal = name if Path(name).is_absolute() else str(Path(start_folder(parent, purpose), name))
    chosen, _ = QFileDialog.getSaveFileName(parent, title, proposal, kinds)
    if not chosen:
        return None

    note_chosen(parent, purpose, chosen)
    return Path(chosen)


def with_ending(path: Path, ending: str) -> Path:
    """Returns the path with an ending, ".csv", where it has another or none."""
    return path if path.name.lower().endswith(ending) else path.with_name(path.name + ending)
