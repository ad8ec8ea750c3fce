"""The state machine of a run: one RunFinished whatever happens, and the buttons' state with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.runs import events
from app.engine.runs.control import Control, Stopped
from app.ui.state.exclusive_task import ExclusiveTask, Tell
from app.ui.state.record import Record
from app.ui.state.session import Session, State
from tests.ui import fake_run

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.engine.runs.summary import Status

Emit = Callable[[events.Event], None]


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def run(session: Session, train: Callable[[Emit, Control], None]) -> None:
    session._begin(train, Record())


def steps(first: int, count: int) -> events.StepsDone:
    numbers = np.arange(first, first + count)
    return events.StepsDone(
        first + count - 1, 1, numbers, 1.0 / numbers, numbers * 1.0, numbers * 1.0, 100.0, 1.0, 2.0
    )


def end(status: Status = "completed") -> events.RunFinished:
    return events.RunFinished("", status, "Done.", {})


def test_a_run_goes_through_its_states(qtbot: QtBot, session: Session) -> None:
    states: list[State] = []
    go_on = threading.Event()

    def train(emit: Emit, control: Control) -> None:
        emit(steps(1, 5))
        go_on.wait()
        emit(end())

    session.state_changed.connect(lambda: states.append(session.state))
    run(session, train)
    qtbot.waitUntil(lambda: session.state is State.RUNNING)

    with qtbot.waitSignal(session.finished) as heard:
        go_on.set()

    assert heard.args[0].status == "completed"
    assert states == [State.PREPARING, State.RUNNING, State.IDLE]
    assert session.record.losses.values.tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5])


def test_there_is_a_stage_from_the_first_moment(qtbot: QtBot, session: Session) -> None:
    waiting = threading.Event()
    run(session, lambda emit, control: waiting.wait() and emit(end()))
    qtbot.waitUntil(lambda: session.record.stage is not None)
    assert session.record.stage.text

    with qtbot.waitSignal(session.finished):
        waiting.set()


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError("broken"), "failed"), (Stopped(), "stopped"), (SystemExit(3), "failed")],
)
def test_whatever_a_run_raises_it_ends_once(
    qtbot: QtBot, session: Session, error: BaseException, status: str
) -> None:
    def train(emit: Emit, control: Control) -> None:
        raise error

    ends: list[events.RunFinished] = []
    session.finished.connect(ends.append)
    run(session, train)
    qtbot.waitUntil(lambda: bool(ends))

    assert [event.status for event in ends] == [status]
    assert session.state is State.IDLE


def test_a_run_that_says_nothing_has_failed(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.finished) as heard:
        run(session, lambda emit, control: None)
    assert heard.args[0].status == "failed"


def test_an_end_emitted_before_an_error_counts(qtbot: QtBot, session: Session) -> None:
    def train(emit: Emit, control: Control) -> None:
        emit(end("diverged"))
        raise RuntimeError("while tidying up")

    with qtbot.waitSignal(session.finished) as heard:
        run(session, train)

    assert heard.args[0].status == "diverged"


def test_pause_resume_and_stop_reach_the_run(qtbot: QtBot, session: Session) -> None:
    def train(emit: Emit, control: Control) -> None:
        step = 1
        while not control.stopping:
            emit(steps(step, 1))
            step += 1
            control.wait_while_paused()

        emit(end("stopped"))

    run(session, train)
    session.pause()
    assert session.state is State.PREPARING  # there is nothing to pause yet

    qtbot.waitUntil(lambda: session.state is State.RUNNING)
    session.pause()
    assert session.state is State.PAUSED

    session.resume()
    assert session.state is State.RUNNING
    session.pause()

    with qtbot.waitSignal(session.finished):
        session.stop()
        assert session.state is State.STOPPING

    run(session, train)
    qtbot.waitUntil(lambda: session.state is State.RUNNING)
    session.close()
    assert session.state is State.IDLE


def test_a_second_start_while_one_runs_does_nothing(qtbot: QtBot, session: Session) -> None:
    waiting = threading.Event()
    run(session, lambda emit, control: waiting.wait() and emit(end()))
    record = session.record
    session.start(None, Path("nowhere"))  # type: ignore[arg-type]

    assert session.record is record
    with qtbot.waitSignal(session.finished):
        waiting.set()


def test_a_listener_that_fails_does_not_hold_the_run(qtbot: QtBot, session: Session) -> None:
    def fail(_: object) -> None:
        raise ValueError("a plot that cannot be drawn")

    session.events_received.connect(fail)
    with qtbot.captureExceptions() as caught, qtbot.waitSignal(session.finished):
        run(session, lambda emit, control: emit(end()))

    assert caught and session.state is State.IDLE


class Piece(ExclusiveTask):
    """An exclusive task that notes when it begins and ends, and waits for a request to stop."""

    def __init__(self, session: Session, name: str, log: list[str]) -> None:
        super().__init__(session)
        self.name = name
        self.log = log
        self.begun = threading.Event()

    def start(self) -> None:
        self.begun = begun = threading.Event()

        def work(tell: Tell, control: Control) -> None:
            self.log.append(f"{self.name} begins")
            begun.set()
            control._stop.wait()
            self.log.append(f"{self.name} ends")
            tell("too late")

        self._begin(work)

    def _take(self, message: str) -> None:
        self.log.append(message)

    def _gave_way(self) -> None:
        self.log.append(f"{self.name} gives way")


def test_exclusive_tasks_give_way_to_each_other_and_to_a_run(
    qtbot: QtBot, session: Session
) -> None:
    """Two never compute at the same time, because they share the random generator."""
    log: list[str] = []
    first = Piece(session, "one", log)
    second = Piece(session, "other", log)
    first.start()
    assert first.begun.wait(60)

    second.start()
    assert not first.busy and second.busy and second.begun.wait(60)
    first.start()
    assert first.begun.wait(60)

    def train(emit: Emit, control: Control) -> None:
        log.append("run begins")
        emit(end())

    with qtbot.waitSignal(session.finished):
        run(session, train)

    beginnings_and_ends = [line for line in log if not line.endswith("gives way")]
    assert beginnings_and_ends == [
        "one begins",
        "one ends",
        "other begins",
        "other ends",
        "one begins",
        "one ends",
        "run begins",
    ]

    assert log.count("one gives way") == 2 and log.count("other gives way") == 1


def test_a_run_that_begins_once_more_is_drawn_from_there() -> None:
    """This happens where memory ran out before the first checkpoint."""
    record = Record()
    for event in (fake_run.run_prepared(), steps(1, 5), fake_run.run_prepared(), steps(1, 2)):
        record.add(event)

    assert record.steps.values.tolist() == [1, 2]


def test_what_a_killed_run_did_after_its_checkpoint_is_forgotten_on_resume() -> None:
    record = Record()
    record.add(steps(1, 100))
    record.add(events.Resumed(60))
    record.add(steps(61, 3))

    assert record.steps.values.tolist() == [*range(1, 64)]
    assert len(record.losses) == len(record.rates) == len(record.norms) == 63
    assert record.marks == [(60, "resumed")]
