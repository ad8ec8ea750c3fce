"""The searches as the window knows them: their folders, read again and again in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine.errors import UserError
from app.engine.search import progress, starting, workers
from app.engine.search.search_folder import (
    Plan,
    SearchFolder,
    default_searches,
    list_searches,
    usual_folder,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from app.engine.search.progress import Progress
    from app.ui.state.background import Background, Failure

LOOK_MS = 1000
"""Time between two looks while a search is under way."""


@dataclass(frozen=True)
class Listed:
    """A search of the list. progress: None where its folder is damaged; trouble says how."""

    folder: SearchFolder
    experiment: Experiment | None
    progress: Progress | None
    trouble: str = ""
    stamp: tuple[Any, ...] = ()

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def working(self) -> bool:
        return self.progress is not None and self.progress.working > 0


class SearchList(QObject):
    """Reads the searches, and starts, stops and removes them.

    changed(): `searches` changed. refused(Failure): something asked for could not be done.
    removed(what): a search lies in the trash now.
    """

    changed = Signal()
    refused = Signal(object)
    removed = Signal(object)

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self.searches: tuple[Listed, ...] = ()
        self.shown: Path | None = None
        """The one that a person looks at; None is the newest."""
        self._timer = QTimer(self, interval=LOOK_MS, singleShot=True)
        self._timer.timeout.connect(self.look)

    def close(self) -> None:
        self._timer.stop()

    @property
    def current(self) -> Listed | None:
        """The search that is shown."""
        found = [one for one in self.searches if one.path == self.shown]
        return found[0] if found else next(iter(self.searches), None)

    def show(self, path: Path) -> None:
        """Shows a search of the list."""
        self.shown = path
        self.changed.emit()

    def look(self) -> None:
        """Reads the searches soon."""
        known = {one.path: one for one in self.searches}
        self._background.run(lambda _: read_all(known), self._take, key="search.look")

    # --- requests

    def begin(self, experiment: Experiment, plan: Plan) -> None:
        """Begins a search in a new folder, in processes that outlive the window, and shows it."""

        def work(_: object) -> Path:
            folder = SearchFolder(usual_folder(experiment))
            folder.create(experiment, plan)
            starting.start(folder)
            return folder.path

        self._background.run(work, self._begun, self._refuse)

    def go_on(self, listed: Listed) -> None:
        """Goes on with a search that was stopped or interrupted."""
        self._do(lambda: starting.start(listed.folder))

    def stop(self, listed: Listed) -> None:
        """Stops a search at once; its open trials are made again when it goes on."""
        self._do(listed.folder.request_stop)

    def remove(self, listed: Listed, discard: Callable[[Path], object]) -> None:
        """Moves a search with all of its runs to the trash. discard: moves a folder there."""

        def work(_: object) -> object:
            if workers.count(listed.path):
                raise UserError("The search is under way.", "Stop it first.")

            return discard(listed.path)

        def then(gone: object) -> None:
            self.removed.emit(gone)
            self.look()

        self._background.run(work, then, self._refuse)

    def bring_back(self, restore: Callable[[], Path]) -> None:
        """Takes a search out of the trash again. restore: puts its folder back."""
        self._background.run(lambda _: restore(), self._begun, self._refuse)

    def _do(self, change: Callable[[], object]) -> None:
        self._background.run(lambda _: change(), lambda _: self.look(), self._refuse)

    def _begun(self, path: Path) -> None:
        self.shown = path
        self.look()

    def _refuse(self, failure: Failure) -> None:
        self.refused.emit(failure)
        self.look()

    def _take(self, searches: tuple[Listed, ...]) -> None:
        before = self.searches
        self.searches = searches
        if any(one.working for one in searches):
            self._timer.start()
        if searches != before:
            self.changed.emit()


def read_all(known: dict[Path, Listed]) -> tuple[Listed, ...]:
    """Reads all searches, the newest first. What did not change is taken from `known`."""
    found = []
    for folder in list_searches(default_searches()):
        before = known.get(folder.path)
        stamp = _stamp(folder)
        same = before is not None and before.stamp == stamp and not before.working
        if before is not None and same and not workers.count(folder.path):
            found.append(before)
        else:
            found.append(_read(folder, stamp))

    return tuple(found)


def _read(folder: SearchFolder, stamp: tuple[Any, ...]) -> Listed:
    try:
        return Listed(folder, folder.experiment(), progress.read(folder), "", stamp)
    except UserError as error:
        return Listed(folder, None, None, error.message, stamp)


def _stamp(folder: SearchFolder) -> tuple[Any, ...]:
    """Returns a value that changes with what the files of a search hold."""
    times: list[tuple[int, int] | None] = []
    for name in ("experiment.toml", "search.json", "trials.jsonl", "importance.json", "stop"):
        try:
            status = (folder.path / name).stat()
            times.append((status.st_mtime_ns, status.st_size))
        except OSError:
            times.append(None)

    return tuple(times)
