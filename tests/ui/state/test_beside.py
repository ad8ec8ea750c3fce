"""A run beside the window: controlled through its folder, left alone, found again."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from app.engine.runs.run import Run, default_folder
from app.engine.runs.storage.run_lock import owner_process
from app.ui.pages.training.inside.note import BESIDE, note_of
from app.ui.state.beside.remote_run import RunInterrupted, training_beside
from app.ui.state.beside.training_place import TrainingPlace
from app.ui.state.session import Session, State
from tests.engine.detached.following import wait_for
from tests.engine.training import small

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.experiment.experiment import Experiment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")

PATIENCE_MS = 120_000
"""A ceiling, not a measure: a process loads torch first."""


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    session = Session()
    session.place = TrainingPlace(beside=True)
    yield session
    session.close()


@pytest.fixture
def long(tmp_path: Path) -> Experiment:
    return small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 2500})


def test_it_is_paused_changed_left_found_again_and_stopped(
    qtbot: QtBot, session: Session, long: Experiment
) -> None:
    session.start(long, default_folder())
    assert session.goes_on_alone
    qtbot.waitUntil(lambda: session.state is State.RUNNING, timeout=PATIENCE_MS)
    assert note_of(session) == BESIDE  # it does not promise what never comes
    session.pause()
    qtbot.waitUntil(lambda: "paused" in events_of(session.record.path), timeout=PATIENCE_MS)
    assert session.state is State.PAUSED
    assert session.change({"optimizer.weight_decay": 0.5})
    session.resume()
    changed = {"optimizer.weight_decay": 0.5}
    qtbot.waitUntil(lambda: session.record.in_force() == changed, timeout=PATIENCE_MS)

    path = session.record.path
    seen = len(session.record.steps)
    session.close()
    assert session.state is State.IDLE
    assert Run(path).status == "running"

    again = Session()
    try:
        assert training_beside() == path
        again.follow(path)
        qtbot.waitUntil(lambda: len(again.record.steps) > seen, timeout=PATIENCE_MS)
        steps = again.record.steps.values.tolist()
        assert steps == list(range(1, len(steps) + 1))
        assert again.record.in_force() == changed
        with qtbot.waitSignal(again.finished, timeout=PATIENCE_MS) as heard:
            again.stop()
            assert again.state is State.STOPPING

        assert heard.args[0].status == "stopped"
        assert again.record.finished is not None
    finally:
        again.close()

    assert Run(path).status == "stopped"
    assert training_beside() is None


@pytest.mark.long
def test_one_whose_process_dies_is_interrupted_and_goes_on(
    qtbot: QtBot, session: Session, long: Experiment
) -> None:
    session.start(long, default_folder())
    qtbot.waitUntil(lambda: session.state is State.RUNNING, timeout=PATIENCE_MS)
    path = session.record.path
    session.pause()  # the state is saved, and the end does not come first
    qtbot.waitUntil(lambda: "paused" in events_of(path), timeout=PATIENCE_MS)
    owner = owner_process(path)
    assert owner is not None and owner != os.getpid()
    with qtbot.waitSignal(session.finished, timeout=PATIENCE_MS) as heard:
        os.kill(owner, signal.SIGKILL)

    assert isinstance(heard.args[0], RunInterrupted)
    assert session.record.finished is None
    assert Run(path).status == "interrupted"

    seen = len(session.record.steps)
    session.go_on(path)
    assert session.record.path == path
    qtbot.waitUntil(lambda: len(session.record.steps) > seen, timeout=PATIENCE_MS)
    with qtbot.waitSignal(session.finished, timeout=PATIENCE_MS) as heard:
        session.stop_at_once()

    assert heard.args[0].status == "stopped"
    steps = session.record.steps.values.tolist()
    assert steps == list(range(1, len(steps) + 1))
    numbers = [each.epoch for each in session.record.epochs]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.long
def test_what_cannot_begin_says_so(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    chosen = small.experiment(tmp_path / "gone.npz")
    with qtbot.waitSignal(session.finished, timeout=PATIENCE_MS) as heard:
        session.start(chosen, default_folder())

    assert heard.args[0].status == "failed"
    assert "gone.npz" in heard.args[0].reason
    assert session.record.finished is heard.args[0]
    wait_for(lambda: owner_process(session.record.path) is None)


def events_of(path: Path) -> str:
    return (path / "events.jsonl").read_text(encoding="utf-8")


def test_a_run_that_is_not_shown_is_read_on_its_own_thread(qtbot: QtBot, run: Run) -> None:
    session = Session()
    try:
        session.go_on(run.path, epochs=4)
        assert session.record.path == run.path
        assert not len(session.record.steps)  # nothing was read on the window's thread
        with qtbot.waitSignal(session.finished, timeout=PATIENCE_MS) as heard:
            pass

        assert heard.args[0].status == "completed"
        assert session.record.finished is heard.args[0]
        assert session.record.begun == run.started
        steps = session.record.steps.values.tolist()
        assert steps == list(range(1, session.record.prepared.steps + 1))
        assert [each.epoch for each in session.record.epochs] == [1, 2, 3, 4]
    finally:
        session.close()
