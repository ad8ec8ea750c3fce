"""The queue as the window knows it: its files, read again and again in the background."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine.detached.event_file import last_pace
from app.engine.detached.listing import listed
from app.engine.errors import UserError
from app.engine.queue import runner
from app.engine.queue.one_at_a_time import trains_beside
from app.engine.runs.run import Run
from app.engine.search import progress
from app.engine.search.search_folder import SearchFolder, usual_folder
from app.engine.studies.outcome import StudyReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.experiment.experiment import Experiment
    from app.engine.queue.items import Item, Queue
    from app.engine.search.search_folder import Plan
    from app.engine.studies.study import Study
    from app.ui.state.background import Background

LOOK_MS = 1000
"""Time between two looks while something trains or could begin elsewhere."""


@dataclass(frozen=True)
class QueueView:
    """The queue at one moment.

    items: in order, of those that ended the ones that did not complete. working: a process trains
    them. alive: the item that has begun trains at this moment. epoch, epochs: how far it is.
    remaining: seconds that it needs; None if unknown. trials: of a search, how many of how many
    were made. waits_for: another run that trains on this computer, and has to end first.
    """

    items: tuple[Item, ...] = ()
    working: bool = False
    paused: bool = False
    alive: bool = False
    epoch: int = 0
    epochs: int | None = None
    remaining: float | None = None
    trials: tuple[int, int] | None = None
    waits_for: Path | None = None

    @property
    def running(self) -> Item | None:
        return next((item for item in self.items if item.state == "running"), None)

    @property
    def waiting(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.state == "waiting")

    @property
    def ended(self) -> tuple[Item, ...]:
        """What ended without completing, and what is damaged."""
        return tuple(item for item in self.items if item.state not in ("waiting", "running"))

    @property
    def _times(self) -> list[float | None]:
        times = [item.seconds for item in self.waiting]
        if self.running is not None:
            known = self.remaining is not None
            times.append(self.remaining if known else self.running.seconds)

        return times

    @property
    def to_go(self) -> float | None:
        """Seconds until the last item ends, of those that can say; None where none can."""
        known = [seconds for seconds in self._times if seconds is not None]
        return sum(known) if known else None

    @property
    def untimed(self) -> int:
        """How many of the items cannot say how long they take."""
        return sum(seconds is None for seconds in self._times)


class QueueState(QObject):
    """Reads the queue, and asks for changes of it.

    changed(): `view` changed. ended(QueueView): nothing trains or waits any more; of the items only
    those that failed since it was started.
    """

    changed = Signal()
    ended = Signal(object)

    def __init__(self, queue: Queue, background: Background) -> None:
        super().__init__()
        self._queue = queue
        self._background = background
        self.view = QueueView()
        self._first = True
        self._failed_before: frozenset[int] = frozenset()
        self._timer = QTimer(self, interval=LOOK_MS, singleShot=True)
        self._timer.timeout.connect(self.look)

    def close(self) -> None:
        self._timer.stop()

    def look(self) -> None:
        """Reads the queue soon."""
        self._background.run(lambda _: read(self._queue), self._take, key="queue.look")

    def add(self, experiment: Experiment, seconds: float | None) -> None:
        """Puts a copy of an experiment at the end. seconds: what it is expected to take."""
        self._change(lambda queue: queue.add(experiment, seconds))

    def add_search(self, experiment: Experiment, plan: Plan, seconds: float | None) -> None:
        """Puts a search at the end: all of its runs are one item. seconds: see `add`."""

        def change(queue: Queue) -> None:
            folder = SearchFolder(usual_folder(experiment))
            folder.create(experiment, plan)
            queue.add(experiment, seconds, str(folder.path))

        self._change(change)

    def train_study(self, study: Study) -> None:
        """Puts what is missing of a study at the end, and starts the queue."""

        def change(queue: Queue) -> None:
            StudyReader(queue).add_missing(study)
            runner.start(queue)

        self._change(change)

    def move(self, item: Item, by: int) -> None:
        """Moves a waiting item up (-1) or down (1) among those that wait."""
        numbers = [other.number for other in self.view.waiting]
        if item.number in numbers:
            place = numbers.index(item.number) + 1 + by
            self._change(lambda queue: queue.move(item.number, place))

    def run_now(self, item: Item) -> None:
        """Lets an item be the next, and starts the queue."""

        def change(queue: Queue) -> None:
            queue.move(item.number, 1)
            runner.start(queue)

        self._change(change)

    def remove(self, item: Item) -> None:
        self._change(lambda queue: queue.remove(item.number))

    def start(self) -> None:
        """Trains what waits, one after the other, in a process that outlives the window."""
        self._change(runner.start)

    def pause(self) -> None:
        """Begins no further item; what trains goes on to its end."""
        self._change(lambda queue: queue.pause(True))

    def _change(self, change: Callable[[Queue], object]) -> None:
        def work(_: object) -> QueueView:
            change(self._queue)
            return read(self._queue)

        self._background.run(work, self._take)

    def _take(self, view: QueueView) -> None:
        before = self.view
        self.view = view
        if self._first and view.running is not None and not (view.working or view.paused):
            self.start()  # it was under way when the computer or the program ended

        self._first = False
        if view.working and not before.working:
            self._failed_before = frozenset(item.number for item in before.ended)
        if view.working or view.waiting or view.running is not None:
            self._timer.start()
        if view != before:
            self.changed.emit()
        if before.working and not view.working and not view.waiting and view.running is None:
            failed = [item for item in view.ended if item.number not in self._failed_before]
            self.ended.emit(replace(view, items=tuple(failed)))


def read(queue: Queue) -> QueueView:
    """Reads the queue from its files."""
    items = tuple(item for item in queue.items() if item.state not in ("completed", "stopped"))
    if not items:
        return QueueView(working=runner.working(queue))

    view = QueueView(items, runner.working(queue), queue.paused)
    if view.running is None:
        waits = view.working and view.waiting and not view.paused
        return replace(view, waits_for=trains_beside(queue) if waits else None)

    if view.running.search:
        return _with_search(view, view.running)

    path = Path(view.running.run)
    entry = listed(Run(path))
    pace = last_pace(path)
    alive = entry.status == "running"
    return replace(
        view,
        alive=alive,
        epoch=entry.epoch + 1,
        epochs=entry.epochs,
        remaining=pace.remaining if pace is not None else None,
        waits_for=trains_beside(queue) if view.working and not alive else None,
    )


def _with_search(view: QueueView, running: Item) -> QueueView:
    """Returns the queue while a search is under way."""
    try:
        now = progress.read(SearchFolder(Path(running.search)))
    except UserError:  # the runner says so in the item
        return view

    return replace(
        view,
        alive=now.working > 0,
        remaining=now.remaining,
        trials=(len(now.trials), now.wanted),
    )
