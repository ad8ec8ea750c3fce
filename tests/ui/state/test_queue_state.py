"""The queue as a window knows it: two windows, times to go, and what its end tells."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from app.engine.experiment.experiment import Experiment
from app.engine.queue.items import Queue
from app.engine.runs.run import Run, default_folder
from app.ui.pages.runs.queue_card import summary, words_of
from app.ui.state.background import Background
from app.ui.state.beside.queue_state import QueueState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PATIENCE_MS = 60_000


@pytest.fixture
def open_state(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], QueueState]]:
    """Returns what opens the queue as another window would."""
    with ExitStack() as stack:

        def open_one() -> QueueState:
            background = Background()
            stack.callback(background.close)
            state = QueueState(Queue(tmp_path), background)
            stack.callback(state.close)
            return state

        yield open_one


def named(name: str) -> Experiment:
    return Experiment.model_validate({"name": name, "data": {"source": "sample:digits"}})


def test_two_windows_see_one_queue_and_what_is_gone_is_told(
    qtbot: QtBot, open_state: Callable[[], QueueState]
) -> None:
    first, second = open_state(), open_state()
    first.add(named("a"), 60.0)
    second.add(named("b"), None)
    for state in (first, second):
        qtbot.waitUntil(lambda state=state: len(state.view.waiting) == 2, timeout=PATIENCE_MS)

    a, b = first.view.waiting
    second.move(b, -1)
    qtbot.waitUntil(lambda: first.view.waiting[0].number == b.number, timeout=PATIENCE_MS)
    first.remove(a)
    qtbot.waitUntil(lambda: len(first.view.waiting) == 1, timeout=PATIENCE_MS)
    with qtbot.waitSignal(second._background.failed, timeout=PATIENCE_MS) as heard:
        second.remove(a)

    assert heard.args[0].what == f"There is no item {a.number} in the queue."
    qtbot.waitUntil(lambda: len(second.view.waiting) == 1, timeout=PATIENCE_MS)


def test_its_end_tells_of_what_failed_since_the_start(
    qtbot: QtBot, open_state: Callable[[], QueueState], tmp_path: Path
) -> None:
    queue = Queue(tmp_path)
    queue.update(replace(queue.add(named("old")), state="failed", why="long ago"))
    new = queue.add(named("new"))
    state = open_state()
    state.look()
    qtbot.waitUntil(lambda: len(state.view.items) == 2, timeout=PATIENCE_MS)
    runner = FileLock(tmp_path / "runner.lock")
    runner.acquire()
    qtbot.waitUntil(lambda: state.view.working, timeout=PATIENCE_MS)
    queue.update(replace(new, state="failed", why="just now"))
    with qtbot.waitSignal(state.ended, timeout=PATIENCE_MS) as heard:
        runner.release()

    assert [item.name for item in heard.args[0].items] == ["new"]


def test_it_says_what_it_waits_for_and_what_it_does_not_know(
    qtbot: QtBot, open_state: Callable[[], QueueState], tmp_path: Path
) -> None:
    queue = Queue(tmp_path)
    for name, seconds in (("a", 300.0), ("b", 420.0), ("c", None)):
        queue.add(named(name), seconds)

    state = open_state()
    state.look()
    qtbot.waitUntil(lambda: len(state.view.waiting) == 3, timeout=PATIENCE_MS)
    assert (state.view.to_go, state.view.untimed) == (720.0, 1)
    assert summary(state.view) == (
        "3 wait, about 12 minutes and 1 of unknown length to go, not started"
    )
    busy = Run.create(default_folder(), named("busy"))
    busy.claim()
    runner = FileLock(tmp_path / "runner.lock")
    runner.acquire()
    qtbot.waitUntil(lambda: state.view.waits_for == busy.path, timeout=PATIENCE_MS)
    assert summary(state.view).startswith("3 wait until 'busy' ends, about 12 minutes")

    begun = queue.take(lambda item: default_folder() / "begun")
    assert begun is not None
    qtbot.waitUntil(lambda: state.view.running is not None, timeout=PATIENCE_MS)
    assert words_of(state.view.running, state.view) == "waits until 'busy' ends"
    assert state.view.to_go == 720.0  # of the one that begins its expected time counts
    busy.release()
    qtbot.waitUntil(lambda: state.view.waits_for is None, timeout=PATIENCE_MS)
    assert words_of(state.view.running, state.view) == "begins"
    runner.release()
