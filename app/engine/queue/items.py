"""The queue as files: a frozen experiment and a state for each item, in the person's data.

`N.toml` is the experiment as it was when it was added, `N.json` what became of it. Every change is
made under one lock and written whole; a file that is damaged takes no other item with it.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from filelock import FileLock, Timeout

from app.engine import files, folders
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.runs.storage import shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.experiment.experiment import Experiment

State = Literal["waiting", "running", "completed", "stopped", "failed", "damaged"]

ENDED = ("completed", "stopped", "failed")

MOST_BYTES = 1 << 20
PATIENCE = 10.0
"""Seconds that another program may hold the queue: a change takes a moment."""


@dataclass(frozen=True)
class Item:
    """One item of the queue.

    number: its own, given once. order: places are in ascending order. added: when, in local time.
    run: the folder of its run, "" before it begins. search: the folder of a search, all of whose
    trials are this item; "" for a run. why: of what failed, a sentence. seconds: how long it is
    expected to take; None if unknown. deaths: how often its process died. digest: SHA-256 of its
    experiment's file, "" in one of an earlier version.
    """

    number: int
    order: int
    name: str
    added: str
    state: State = "waiting"
    run: str = ""
    why: str = ""
    seconds: float | None = None
    deaths: int = 0
    search: str = ""
    digest: str = ""


class Queue:
    """The queue in one folder. Every method may be called by several programs at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where it is kept; None is the usual place."""
        self.folder = folder or folders.data() / "queue"

    def items(self) -> list[Item]:
        """Returns all items, in order; one whose file is damaged says so in its state."""
        try:
            paths = [path for path in self.folder.iterdir() if path.suffix in (".json", ".toml")]
        except OSError:
            return []

        numbers = {int(path.stem) for path in paths if path.stem.isdecimal()}
        found = [self._read(number) for number in numbers]
        return sorted(found, key=lambda item: (item.order, item.number))

    def experiment(self, item: Item) -> Experiment:
        """Returns the experiment of an item. Raises UserError, also where its file was changed.

        A file that was cut off in the middle may still be an experiment, but another one.
        """
        path = self.folder / f"{item.number}.toml"
        try:
            content = files.read_regular(path, toml_file.MOST)
        except OSError as error:
            raise files.disk_error(error, path) from error

        if item.digest and hashlib.sha256(content).hexdigest() != item.digest:
            raise UserError(
                f"'{path.name}' in the queue is not what was added: it is damaged.",
                "Add the experiment again.",
            )

        return toml_file.parse(content, path)

    @property
    def paused(self) -> bool:
        """Whether no further item is begun."""
        return (self.folder / "paused").exists()

    # --- changes

    def add(self, experiment: Experiment, seconds: float | None = None, search: str = "") -> Item:
        """Puts a copy of an experiment at the end. Raises UserError.

        seconds: how long it is expected to take. search: the folder of a search that varies it.
        """
        experiment = _with_whole_path(experiment)
        with self._locked():
            items = self.items()
            number = max((item.number for item in items), default=0) + 1
            order = max((item.order for item in items), default=0) + 1
            added = datetime.now().isoformat(timespec="seconds")
            name = experiment.name or Path(experiment.data.source).stem or "experiment"
            name = f"{name} (search)" if search else name
            content = toml_file.dumps(experiment).encode()
            digest = hashlib.sha256(content).hexdigest()
            item = Item(number, order, name, added, seconds=seconds, search=search, digest=digest)
            # The experiment first: an item without one could never begin.
            files.write_atomically(self.folder / f"{number}.toml", content)
            self._write(item)

        return item

    def move(self, number: int, place: int) -> None:
        """Moves a waiting item to a place among those that wait, from 1. Raises UserError."""
        with self._locked():
            item = self._waiting(number)
            waiting = [other for other in self.items() if other.state == "waiting"]
            orders = [other.order for other in waiting]
            waiting = [other for other in waiting if other.number != number]
            waiting.insert(max(1, place) - 1, item)
            for other, order in zip(waiting, orders, strict=True):
                if other.order != order:
                    self._write(replace(other, order=order))

    def remove(self, number: int) -> Item:
        """Takes an item out of the queue; its run stays. Raises UserError while it is running."""
        with self._locked():
            item = self._item(number)
            if item.state == "running":
                raise UserError(f"'{item.name}' is running.", "Stop its run first.")

            try:
                files.remove(self.folder / f"{number}.json")
                files.remove(self.folder / f"{number}.toml")
            except OSError as error:
                raise files.disk_error(error, self.folder) from error

        return item

    def pause(self, paused: bool) -> None:
        """Begins no further item from now on, or goes on. Raises UserError."""
        with self._locked():
            if paused:
                files.write_atomically(self.folder / "paused", b"")
                return
            try:
                files.remove(self.folder / "paused")
            except OSError as error:
                raise files.disk_error(error, self.folder) from error

    # --- for the runner

    def take(self, run_of: Callable[[Item], Path]) -> Item | None:
        """Returns the item that is running, or begins the next one; None where none waits.

        run_of: makes an empty folder for its run. Raises UserError.
        """
        with self._locked():
            items = self.items()
            running = next((item for item in items if item.state == "running"), None)
            if running is not None or self.paused:
                return running

            for item in items:
                if item.state != "waiting":
                    continue
                try:
                    begun = replace(item, state="running", run=str(run_of(item)))
                except UserError as error:  # it does not stop the rest
                    self._write(replace(item, state="failed", why=error.message))
                    continue

                self._write(begun)
                return begun

        return None

    def update(self, item: Item) -> None:
        """Writes what became of an item, wherever it was moved meanwhile. Raises UserError."""
        with self._locked():
            current = self._read(item.number)
            order = item.order if current.state == "damaged" else current.order
            self._write(replace(item, order=order))

    # --- files

    def _read(self, number: int) -> Item:
        try:
            content = files.read_regular(self.folder / f"{number}.json", MOST_BYTES)
            item = shape.typed(json.loads(content), Item)
        except (OSError, ValueError, RecursionError):
            item = None

        if item is not None and item.number == number:
            return item

        why = f"'{number}.json' in the queue is damaged. Its experiment is in '{number}.toml'."
        return Item(number, number, f"item {number}", "", state="damaged", why=why)

    def _write(self, item: Item) -> None:
        content = files.json_line(asdict(item), ascii_only=True)
        files.write_atomically(self.folder / f"{item.number}.json", content)

    def _item(self, number: int) -> Item:
        item = next((item for item in self.items() if item.number == number), None)
        if item is None:
            raise UserError(f"There is no item {number} in the queue.", "Look at the list.")

        return item

    def _waiting(self, number: int) -> Item:
        item = self._item(number)
        if item.state != "waiting":
            raise UserError(f"'{item.name}' does not wait any more: {item.state}.", "")

        return item

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "queue.lock")
            lock.acquire(timeout=PATIENCE)
        except Timeout as error:
            raise UserError("The queue is held by another program.", "Try again.") from error
        except OSError as error:
            raise files.disk_error(error, self.folder) from error

        try:
            yield
        finally:
            lock.release()


def _with_whole_path(experiment: Experiment) -> Experiment:
    source = experiment.data.source
    if not source or source.startswith("sample:"):
        return experiment

    whole = str(Path(source).expanduser().absolute())
    return experiment.replace(data=experiment.data.replace(source=whole))
