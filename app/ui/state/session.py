"""What runs: the current run as the window sees it.

A thread trains, and a timer here delivers the events that it emits.
"""

from __future__ import annotations

import enum
import queue
import sys
import threading
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.runs.copies import same_again
from app.engine.runs.run import Run
from app.ui.state import trainings
from app.ui.state.beside import remote_run
from app.ui.state.beside.training_place import HERE
from app.ui.state.record import Record, read_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.engine.compute.outputs.values import OutputsRequest
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.promises.promise import Promise
    from app.ui.state.race import RaceState

DRAIN_MS = 100
"""Time between two deliveries of events: drawing them costs much, emitting them little."""

CALM_MS = 250
"""The same while nobody sees the window."""


class State(enum.Enum):
    """The state of the current run; it alone decides what every button does."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"


class Session(QObject):
    """The current run. `record` holds what is known of the run shown, live or from its folder.

    state_changed(): `state` changed.
    events_received(list): the events since the last time, already in `record`.
    shown(): another record is shown.
    finished(RunFinished): the run ended, whatever the reason; the state is IDLE again.
    compared(list): these run folders are to be laid over one another.

    A race is one run with several records: `race` is the one under way, or the last. The events of
    its watched member come like those of any run; those of all members come as MemberEvent beside
    them.
    """

    state_changed = Signal()
    events_received = Signal(object)
    shown = Signal()
    finished = Signal(object)
    compared = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.state = State.IDLE
        self.record = Record()
        self.begun = 0.0
        """When the current run was requested, as time.monotonic()."""
        self.race: RaceState | None = None
        self.place = HERE
        """Where the next run trains."""
        self._live = self.record
        self._control = Control()
        self._looking = self._calm = False
        self._outputs: OutputsRequest | None = None
        self._thread: threading.Thread | None = None
        self.exclusive = trainings.ExclusiveTasks()
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
    def racing(self) -> bool:
        """Whether a race is under way."""
        return self.active and self.race is not None and self._control is self.race.control

    @property
    def live_record(self) -> Record:
        """The record of the current run, or of the last one; whichever run is shown."""
        return self._live

    @property
    def goes_on_alone(self) -> bool:
        """Whether the current run trains in a process of its own."""
        return self.active and isinstance(self._control, remote_run.RemoteControl)

    @property
    def where(self) -> str:
        """Where a run that goes on alone trains, in words."""
        return self._control.where if isinstance(self._control, remote_run.RemoteControl) else ""

    # --- requests

    def start(self, experiment: Experiment, folder: Path, promise: Promise | None = None) -> None:
        """Trains in a new run below `folder`; only when idle. promise: what was promised of it."""
        if self.place.beside:
            train = remote_run.new_beside(self.place, experiment, folder, promise)
            self._begin(train, Record(), remote_run.RemoteControl())
        else:
            self._begin(trainings.new_run(experiment, folder, promise), Record())

    def run_again(self, path: Path, folder: Path) -> None:
        """Trains a run again, to the same bits, in a new run below `folder`; only when idle."""
        if self.place.beside:
            self._begin_beside(lambda _: same_again(Run(path), folder), Record())
        else:
            self._begin(trainings.same_run(path, folder), Record())

    def branch(self, record: Record, path: Path, epochs: int | None, at: int | None = None) -> None:
        """Goes on with a copy of a run, which stays as it is; only when idle.

        record: that of the run, which becomes the copy's. epochs: a new total, to train longer.
        at: the epoch after which it goes on, None for where the run stands.
        """
        record.begun = None
        if self.place.beside:
            self._begin_beside(
                lambda emit: trainings.branch_of(path, emit, at), record, True, epochs
            )
        else:
            self._begin(trainings.branch(path, epochs, at), record)

    def start_race(self, race: RaceState, folder: Path) -> None:
        """Trains the variants in new runs below `folder`, in turns; only when idle."""
        if not self.active:
            self.race = race
            self._begin(race.train(folder), race.record, race.control)

    def watch(self, member: int) -> None:
        """Lets the pages show this member of the race."""
        if self.race is not None:
            self.race.watched = member
            if self.racing:
                self._live = self.race.record
            self.show(self.race.record)

    def go_on(self, path: Path, epochs: int | None = None) -> None:
        """Resumes a run from its last checkpoint; only when idle.

        epochs: a new total, to train longer. A run that is not shown is read on its thread first.
        """
        control = remote_run.RemoteControl() if self.place.beside else None
        train = trainings.resumed(path, epochs)
        if self.place.beside:
            train = remote_run.trained_beside(
                lambda _: Run(path), self.place.processes, True, epochs
            )
        elif self.record.path == path:
            self._begin(train, self.record)
            return

        self._begin(trainings.after_reading(path, read_record, train), Record(path), control)

    def follow(self, path: Path) -> None:
        """Follows a run that trains in a process of its own; only when idle."""
        record = Record()
        record.has_weights = Run(path).best_folder is not None
        self._begin(remote_run.followed(path), record, remote_run.RemoteControl())

    def pause(self) -> None:
        if self.state is State.RUNNING:
            self._control.pause()
            self._set(State.PAUSED)

    def resume(self) -> None:
        if self.state is State.PAUSED:
            self._control.resume()
            self._set(State.RUNNING)

    def change(self, values: Mapping[str, float | None]) -> bool:
        """Asks for other values, "SECTION.FIELD" -> value, from the next step on.

        Returns False where no run trains. What was changed comes back as events.SettingsChanged.
        """
        if self.state not in (State.RUNNING, State.PAUSED):
            return False

        self._control.change(**{name.replace(".", "__"): value for name, value in values.items()})
        return True

    def stop(self) -> None:
        """Asks the run to stop at its next boundary and to evaluate its best weights.

        Asked a second time, the run leaves out the evaluation; it can be resumed.
        """
        if self.active:
            self._control.stop()
            self._set(State.STOPPING)

    def stop_at_once(self) -> None:
        """Asks the run to end within a batch, without evaluation; it can be resumed."""
        if self.active:
            self._control.stop(at_once=True)
            self._set(State.STOPPING)

    def leave(self) -> None:
        """Lets a run in a process of its own go on without the window."""
        if isinstance(self._control, remote_run.RemoteControl):
            self._control.leave()

    def show(self, record: Record) -> None:
        """Shows another run's record; an empty one shows nothing."""
        self.record = record
        self._look()
        self.shown.emit()

    def show_live(self) -> None:
        self.show(self._live)

    def set_calm(self, calm: bool) -> None:
        """Delivers events less often while the window is minimised or hidden."""
        self._timer.setInterval(CALM_MS if calm else DRAIN_MS)
        self._calm = calm
        self._look()

    def look_inside(self, looking: bool) -> None:
        """Says whether somebody looks at what the optimizer holds.

        If so, the run tells it as long as it is the run shown.
        """
        self._looking = looking
        self._look()

    def see_outputs(self, request: OutputsRequest | None) -> None:
        """Lets the run tell what comes out of its blocks for an example; None: nobody looks."""
        self._outputs = request
        self._look()

    def _look(self) -> None:
        """Asks the run to tell what its optimizer holds and what its blocks give, if that is seen.

        It costs nothing while nobody asks.
        """
        self._control.watching = self._looking and not self._calm and self.record is self._live
        self._control.outputs = None if self._calm else self._outputs

    def close(self) -> None:
        """Stops, and waits for all threads. Call it before the program ends.

        A run in a process of its own goes on.
        """
        self._timer.stop()
        if self.goes_on_alone:
            self.leave()
        else:
            self._control.stop(at_once=True)

        for thread in self.exclusive.make_room():
            thread.join()

        if self._thread is not None:
            self._thread.join()
            self._thread = None

        self._set(State.IDLE)

    # --- the run

    def _begin_beside(
        self,
        make: remote_run.MakeRun,
        record: Record,
        go_on: bool = False,
        epochs: int | None = None,
    ) -> None:
        train = remote_run.trained_beside(make, self.place.processes, go_on, epochs)
        self._begin(train, record, remote_run.RemoteControl())

    def _begin(
        self, train: trainings.Train, record: Record, control: Control | None = None
    ) -> None:
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
        emit, control = self._events.put, self._control
        before = self.exclusive.make_room()

        def train_alone(emit: Callable[[events.Event], None], control: Control) -> None:
            # An exclusive task draws from the generator that a run sets, and takes memory.
            for thread in before:
                thread.join()
            train(emit, control)

        self._thread = threading.Thread(
            target=lambda: trainings.work(train_alone, emit, control), name="training"
        )
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
        received: list[events.Event] = []
        for event in batch:
            if isinstance(event, trainings.RunRead) and event.record is not None:
                self._take_record(event.record)
            received.append(event)
            if isinstance(event, events.MemberEvent):
                received += self._take_member(event)
                event = event.event
            else:
                if isinstance(event, events.RunFinished):
                    ended = event
                if isinstance(event, remote_run.RunInterrupted):
                    continue  # the run has not said how it ends, and can go on
                if not (self.racing and self.race is not None and self.race.begun):
                    # Of a race these are the events before the first of its runs.
                    self._live.add(event)

            if isinstance(event, events.StepsDone) and self.state is State.PREPARING:
                self._set(State.RUNNING)
            elif isinstance(event, events.Paused) and self.state is State.RUNNING:
                self._set(State.PAUSED)  # it was paused before it was followed

        self.events_received.emit(received)
        if ended is not None:
            self._timer.stop()
            if self._thread is not None:
                self._thread.join()
                self._thread = None

            self._set(State.IDLE)
            self.finished.emit(ended)

    def _take_record(self, record: Record) -> None:
        """Takes what was known of the run that goes on, and shows it where the run is shown."""
        shown = self.record is self._live
        record.finished = None
        self._live = record
        if shown:
            self.show(record)

    def _take_member(self, member_event: events.MemberEvent) -> list[events.Event]:
        """Takes in an event of one race member; returns it for the pages if that one is watched."""
        if self.race is None:
            return []

        self.race.add(member_event)
        return [member_event.event] if member_event.member == self.race.watched else []

    def _set(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()
