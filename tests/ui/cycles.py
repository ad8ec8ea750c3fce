"""Sessions that are started and stopped at random points, and what of the process they leave."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import random
import shutil
import sys
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject
from PySide6.QtWidgets import QApplication

from app.engine.experiment.toml_file import from_plain
from app.engine.runs import events
from app.ui.state.record import Record
from app.ui.state.session import Session, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.experiment.experiment import Experiment
    from app.ui.shell.application import Window


PAGES = ("training", "results", "learning", "runs")
KINDS = ("trains", "fails", "diverges")


@dataclass(frozen=True)
class Inventory:
    """What the process holds. memory: resident bytes; the others are counts."""

    threads: int
    handles: int
    widgets: int
    objects: int
    memory: int

    def growth_since(self, before: Inventory) -> dict[str, int]:
        """Returns what has become more, by name."""
        return {
            field.name: getattr(self, field.name) - getattr(before, field.name)
            for field in fields(self)
        }


def inventory() -> Inventory:
    """Counts after everything that was let go is gone; memory that is free goes back first."""
    settle()
    process = psutil.Process()
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).malloc_trim(0)

    return Inventory(
        process.num_threads(),
        process.num_handles() if sys.platform == "win32" else process.num_fds(),
        len(QApplication.allWidgets()),
        len(_objects()),
        process.memory_info().rss,
    )


def handles() -> Counter[str]:
    """Counts what the handles of the process lead to, where the system tells; for a message."""
    folder = Path("/proc/self/fd")
    found: Counter[str] = Counter()
    for link in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError):  # the one of the listing itself
            found[str(link.readlink())] += 1

    return found


def settle() -> None:
    """Collects, and does all deletions that wait for the event loop."""
    for _ in range(3):
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()

    gc.collect()


def _objects() -> set[int]:
    """Returns the addresses of all QObjects that Python knows, and of all below them."""
    roots = [known for known in shiboken6.getAllValidWrappers() if isinstance(known, QObject)]
    addresses = set()
    for root in roots:
        for found in (root, *(root.findChildren(QObject) if root.parent() is None else ())):
            addresses.add(shiboken6.getCppPointer(found)[0])

    return addresses


# --- cycles


def write_little(folder: Path) -> Path:
    """Writes a table of sixty rows in two classes."""
    values = np.random.default_rng(0).normal(size=(60, 3)).round(3)
    lines = [f"{x},{y + 3 * (row % 2)},{z},{'ab'[row % 2]}" for row, (x, y, z) in enumerate(values)]
    path = folder / "little.csv"
    path.write_text("\n".join(["x,y,z,class", *lines]) + "\n", encoding="utf-8")

    return path


def little(source: Path, **changes: dict[str, object]) -> Experiment:
    """Returns an experiment that takes a moment. changes: settings by section."""
    plain: dict[str, dict[str, object]] = {
        "data": {"source": str(source)},
        "model": {"template": "mlp", "width": 4, "depth": 1},
        "training": {"epochs": 3, "batch_size": 16, "device": "cpu", "threads": 1},
    }
    for section, values in changes.items():
        plain[section] = plain.get(section, {}) | values

    return from_plain({"name": "little", **plain})


class Cycles:
    """Starts and stops the session of a window again and again, each time at another point."""

    def __init__(self, window: Window, folder: Path, seed: int) -> None:
        assert window.assembly is not None
        self.window = window
        self.assembly = window.assembly
        self.session: Session = window.assembly.session
        self.folder = folder
        self.random = random.Random(seed)
        self.ends: dict[str, int] = {}
        """How the cycles ended: status of the run -> number of cycles."""
        self._source = write_little(folder)
        self._seen: list[events.Event] = []
        self._end: events.RunFinished | None = None
        self.session.events_received.connect(self._note)
        self.session.finished.connect(self._note_end)
        self._points: dict[str, Callable[[], bool]] = {
            "requested": lambda: True,
            "preparing": lambda: self._stage("Building"),
            "first batch": lambda: self.session.state is State.RUNNING,
            "epoch": lambda: self._any(events.EpochDone),
            "judging": lambda: self._stage("Judging"),
            "end": lambda: False,
        }

    def warm_up(self, count: int) -> None:
        """Lets everything be built that is built at its first use; then does `count` cycles."""
        for page in PAGES:
            for kind in KINDS:
                self._one(page, kind, "end", opened=True)

        for _ in range(count):
            self.one()

    def one(self) -> None:
        """Starts a session on a page, ends it at a random point in a random way, and tidies up."""
        self._one(
            self.random.choice(PAGES),
            self.random.choice(KINDS),
            self.random.choice(list(self._points)),
            opened=self.random.random() < 0.5,
        )

    def _one(self, page: str, kind: str, point: str, opened: bool) -> None:
        self._seen.clear()
        self._end = None
        self.window.frame.go(page)
        self.session.start(self._experiment(kind), self.folder / "runs")

        reached = self._points[point]
        self._until(lambda: self._end is not None or reached())
        if self._end is None:
            self.random.choice(self._ways())()

        self._until(lambda: self._end is not None and not self.session.active)
        assert self._end is not None
        self.ends[self._end.status] = self.ends.get(self._end.status, 0) + 1
        self._open_and_close(opened)

    def rest(self) -> None:
        """Brings the window into the same state each time, for an inventory.

        A page keeps what it built for the kind of task that it showed last.
        """
        for page in PAGES:
            self._one(page, "trains", "end", opened=True)

        self.window.frame.go("welcome")
        self.session.show(Record())
        self._seen.clear()
        self._until(lambda: self.assembly.document.data_state != "reading")
        self._until(lambda: not self.assembly.network_measurer.busy)
        self._finish_work()
        # Guide and rail follow a moment later: until then the cards are another page's.
        self._until(lambda: not self.window.frame._later.isActive())

    def _finish_work(self) -> None:
        """Waits for what is done beside: a file that is written meanwhile is a handle more."""
        assembly = self.assembly
        assembly.files.keep()  # else it is written aside a moment later
        for _ in range(2):  # what a job brings may ask for another one
            for background in assembly._workers:
                reached: list[None] = []
                background.run(lambda _: None, reached.append)
                self._until(lambda reached=reached: bool(reached))  # type: ignore[misc]

    def _experiment(self, kind: str) -> Experiment:
        if kind == "fails":
            return little(self.folder / "gone.csv")
        if kind == "diverges":
            return little(
                self._source,
                optimizer={"kind": "sgd", "learning_rate": 10.0},
                schedule={"kind": "constant"},
                loss={"kind": "l2"},
                data={"task": "regression", "target": "z"},
                training={"gradient_clip": 0.0, "epochs": 30},
            )

        return little(self._source)

    def _ways(self) -> list[Callable[[], None]]:
        session = self.session
        return [
            session.stop,
            session.stop_at_once,
            lambda: (session.stop(), session.stop())[0],
            lambda: (session.pause(), session.stop())[0],
            lambda: (session.pause(), session.resume(), session.stop())[0],
        ]

    def _open_and_close(self, opened: bool) -> None:
        """Opens the run that ended, or closes it; then removes its folder."""
        self.assembly.problems.close()
        path = self.session.record.path
        if path is not None and opened:
            self.assembly.files.open(str(path))

        self.session.show(Record())
        shutil.rmtree(self.folder / "runs", ignore_errors=True)
        self.assembly.problems.problems.clear()

    # --- waiting

    def _note(self, batch: list[events.Event]) -> None:
        self._seen += batch

    def _note_end(self, end: events.RunFinished) -> None:
        self._end = end

    def _stage(self, begins: str) -> bool:
        return any(
            isinstance(event, events.StageChanged) and event.text.startswith(begins)
            for event in self._seen
        )

    def _any(self, kind: type[events.Event]) -> bool:
        return any(isinstance(event, kind) for event in self._seen)

    def _until(self, condition: Callable[[], bool]) -> None:
        """Runs the window until the condition holds; each wait ends with an event.

        Qt deletes what was left to `deleteLater` in a loop that was started by exec only, so that
        it is asked to here: what two thousand cycles left would be held to the end otherwise.
        """
        while not condition():
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
