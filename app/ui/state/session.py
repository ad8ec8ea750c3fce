"""What runs: the current run seen from the window.

A thread trains; a timer here drains what it tells.
"""

from __future__ import annotations

import enum
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.engine.runs import events
from app.engine.runs.control import Control, Stopped
from app.ui.state.record import Record

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from app.ui.state.race import RaceState

DRAIN_MS = 100  # 10 times a second: drawing costs, telling does not
CALM_MS = 250
"""How often while nobody sees the window."""


class State(enum.Enum):
    """Of the current run. One state decides what every button does."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"


Train = Callable[[Callable[[events.Event], None], Control], None]


class ExclusiveTask(Protocol):
    """Work on a thread of its own that cannot be done beside a run: it has to be over before one
    begins.
    """

    def give_way(self) -> threading.Thread | None:
        """Ask it to end at its next boundary, and say which thread will then end.

        Called on the window's thread.
        """


class Session(QObject):
    """The current run. `record` is what is known of the run shown, live or opened from its folder.

    state_changed(): `state`. told(list): events since the last time, already in `record`. shown():
    another record. finished(RunFinished): the current run ended, whatever the reason; the state is
    IDLE again. compared(list): these run folders are to be laid over one another.

    A race is one run with several records: `race` is the one under way, or the last. What its
    watched lane tells comes as of any run; what all lanes tell comes as MemberEvent beside it.
    """

    state_changed = Signal()
    told = Signal(object)
    shown = Signal()
    finished = Signal(object)
    compared = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.state = State.IDLE
        self.record = Record()
        self.begun = 0.0
        """When the current run was asked for (time.monotonic)."""
        self.race: RaceState | None = None
        self._live = self.record
        self._control = Control()
        self._looking = self._calm = False
        self._thread: threading.Thread | None = None
        self._exclusive_tasks: list[ExclusiveTask] = []
        self._events: queue.SimpleQueue[events.Event] = queue.SimpleQueue()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.setInterval(DRAIN_MS)
        self._timer.timeout.connect(self._drain)

    @property
    def active(self) -> bool:
        return self.state is not State.IDLE

    @property
    def live(self) -> bool:
        """Whether the record shown is that of the current run."""
        return self.active and self.record is self._live

    @property
    def race_state(self) -> bool:
        """Whether what runs is a race."""
        return self.active and self.race is not None and self._control is self.race.control

    @property
    def live_record(self) -> Record:
        """The record of the current run, or of the last one; whichever run is shown."""
        return self._live

    # --- requests

    def start(self, experiment: Experiment, folder: Path) -> None:
        """Train in a new run below `folder`. Only when idle."""

        def train(emit: Callable[[events.Event], None], control: Control) -> None:
            from app.engine.runs.run import Run
            from app.engine.training.trainer import train as train_run

            train_run(experiment, Run.create(folder, experiment), emit, control)

        self._begin(train, Record())

    def start_race(self, race: RaceState, folder: Path) -> None:
        """Train the variants in new runs below `folder`, in turns. Only when idle."""
        if not self.active:
            self.race = race
            self._begin(race.train(folder), race.record, race.control)

    def watch(self, member: int) -> None:
        """Let the pages show this lane of the race."""
        if self.race is not None:
            self.race.watched = member
            if self.race_state:
                self._live = self.race.record
            self.show(self.race.record)

    def go_on(self, path: Path, epochs: int | None = None) -> None:
        """Resume a run from its last checkpoint; `epochs`: a new total, to train longer.

        Only when idle.
        """

        def train(emit: Callable[[events.Event], None], control: Control) -> None:
            from app.engine.runs.run import Run
            from app.engine.training.trainer import resume

            resume(Run(path), emit, control, epochs)

        self._begin(train, self.record if self.record.path == path else read_record(path))

    def pause(self) -> None:
        if self.state is State.RUNNING:
            self._control.pause()
            self._set(State.PAUSED)

    def resume(self) -> None:
        if self.state is State.PAUSED:
            self._control.resume()
            self._set(State.RUNNING)

    def change(self, values: Mapping[str, float | None]) -> bool:
        """Ask for other values from the next step on, as "SECTION.FIELD" -> value (see changes);
        False where no run trains. What was changed comes back as events.SettingsChanged.
        """
        if self.state not in (State.RUNNING, State.PAUSED):
            return False

        self._control.change(**{name.replace(".", "__"): value for name, value in values.items()})
        return True

    def stop(self) -> None:
        """Ask the run to stop at its next boundary; it keeps its best weights and is judged by
        them.

        Asked a second time, the judging is left out; the run can be resumed.
        """
        if self.active:
            self._control.stop()
            self._set(State.STOPPING)

    def stop_at_once(self) -> None:
        """Ask the run to end within a batch, without judging; it can be resumed."""
        if self.active:
            self._control.stop(at_once=True)
            self._set(State.STOPPING)

    def show(self, record: Record) -> None:
        """Show another run's record (None-safe for pages: an empty Record shows nothing)."""
        self.record = record
        self._look()
        self.shown.emit()

    def show_live(self) -> None:
        self.show(self._live)

    def set_calm(self, calm: bool) -> None:
        """Look less often while the window is minimised or hidden."""
        self._timer.setInterval(CALM_MS if calm else DRAIN_MS)
        self._calm = calm
        self._look()

    def look_inside(self, looking: bool) -> None:
        """Whether somebody looks at what the optimizer holds: then the run tells it, if it is the
        one shown.
        """
        self._looking = looking
        self._look()

    def _look(self) -> None:
        """Ask the run that is seen to tell what its optimizer holds; nothing costs anything while
        it is not asked.
        """
        self._control.watching = self._looking and not self._calm and self.record is self._live

    def admit(self, exclusive_task: ExclusiveTask) -> None:
        """Let it give way whenever a run or another guest begins, and when the program ends."""
        self._exclusive_tasks.append(exclusive_task)

    def make_room(self) -> list[threading.Thread]:
        """Ask all guests to end. Whoever begins next waits for these threads, on its own."""
        return [
            thread
            for exclusive_task in self._exclusive_tasks
            if (thread := exclusive_task.give_way()) is not None
        ]

    def close(self) -> None:
        """Stop and wait for the thread, and for exclusive_tasks: call it before the program ends."""
        self._timer.stop()
        self._control.stop(at_once=True)

        for thread in self.make_room():
            thread.join()

        if self._thread is not None:
            self._thread.join()
            self._thread = None

        self._set(State.IDLE)

    # --- the run

    def _begin(self, train: Train, record: Record, control: Control | None = None) -> None:
        if self.active:
            return

        if self._thread is not None:
            self._thread.join()

        record.finished = None
        self._live = record
        self._control = control or Control()
        self._events = queue.SimpleQueue()
        self.begun = time.monotonic()
        self._events.put(
            events.StageChanged("Loading engine" if "torch" not in sys.modules else "Starting")
        )
        emit = self._events.put
        control = self._control

        before = self.make_room()

        def alone(emit: Callable[[events.Event], None], control: Control) -> None:
            for thread in before:  # a guest draws from the dice that a run sets, and takes memory
                thread.join()
            train(emit, control)

        self._thread = threading.Thread(target=lambda: _work(alone, emit, control), name="training")
        self._set(State.PREPARING)
        self.show(record)
        self._thread.start()
        self._timer.start()

    def _drain(self) -> None:
        batch: list[events.Event] = []
        while not self._events.empty():
            batch.append(self._events.get())

        if not batch:
            return

        ended: events.RunFinished | None = None
        told: list[events.Event] = []
        for event in batch:
            told.append(event)
            if isinstance(event, events.MemberEvent):
                told += self._take_member(event)
                event = event.event
            else:
                if isinstance(event, events.RunFinished):
                    ended = event
                if not (self.race_state and self.race is not None and self.race.begun):
                    self._live.add(event)  # of a race, what comes before the first of its runs

            if isinstance(event, events.StepsDone) and self.state is State.PREPARING:
                self._set(State.RUNNING)

        self.told.emit(told)
        if ended is not None:
            self._timer.stop()
            if self._thread is not None:
                self._thread.join()
                self._thread = None

            self._set(State.IDLE)
            self.finished.emit(ended)

    def _take_member(self, told: events.MemberEvent) -> list[events.Event]:
        """Returns what the pages are told of it, as of any run: what the lane that is watched says."""
        if self.race is None:
            return []

        self.race.add(told)
        return [told.event] if told.member == self.race.watched else []

    def _set(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()


def _work(train: Train, emit: Callable[[events.Event], None], control: Control) -> None:
    """The thread of one run: whatever happens, exactly one RunFinished is told, and it is told
    last.
    """
    ends: list[events.RunFinished] = []

    def tell(event: events.Event) -> None:
        if isinstance(event, events.RunFinished):
            ends.append(event)
        else:
            emit(event)

    try:
        train(tell, control)
        if not ends:
            ends.append(_failed(RuntimeError("it ended without saying how")))
    except Stopped:
        ends = [
            events.RunFinished(
                "", "stopped", "Stopped before the first step; there is nothing to keep.", {}
            )
        ]
    except (
        BaseException
    ) as error:  # the trainer tells its failures itself; this is for what surrounds it
        ends = ends or [_failed(error)]

    emit(ends[0])


def read_record(path: Path) -> Record:
    """The record of a run from its folder: curves, epochs, memory and end. Raises UserError."""
    from app.engine.runs.history import read_events

    record = Record(path)
    for event in read_events(path):
        record.add(event)

    return record


def _failed(error: BaseException) -> Any:
    import traceback

    what = (
        getattr(error, "what", "")
        or f"The training could not start: {error or type(error).__name__}."
    )
    remedy = getattr(error, "remedy", "") or "Change what it names, then press Train again."
    details = "".join(traceback.format_exception(error))

    return events.RunFinished("", "failed", what, {}, (what, remedy, details))
