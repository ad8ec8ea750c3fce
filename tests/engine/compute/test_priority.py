"""A training gives way to the window, with all its threads, once there is something to see."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import torch

from app.engine.compute import device, priority
from app.engine.experiment.toml_file import from_plain
from app.engine.runs.control import Control
from app.engine.runs.events import Event, StepsDone
from app.engine.runs.run import Run
from app.engine.training.trainer import train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no priority of a thread")


def _in_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def _niceness(thread: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, thread)


def test_threads_that_openmp_starts_give_way_too() -> None:
    usual = _niceness(0)
    seen: list[set[int]] = []

    def work() -> None:
        with device.computing_thread(2, give_way=False):
            torch.ones(400, 400) @ torch.ones(400, 400)  # more than one thread computes it
            torch.ones(1_000_000).add(1)
            own = {threading.get_native_id(), *priority._named()}
            seen.append({_niceness(thread) for thread in own})
            priority.give_way()
            seen.append({_niceness(thread) for thread in own})
            assert len(own) >= 2

    _in_thread(work)
    assert seen == [{usual}, {max(usual, priority.NICENESS)}]
    assert _niceness(0) == usual


def test_beside_other_programs_each_has_a_processor_until_they_give_way() -> None:
    processors = os.sched_getaffinity(0)
    if len(processors) < 2:
        pytest.skip("one processor")

    seen: list[list[set[int]]] = []

    def work() -> None:
        with device.computing_thread(len(processors), give_way=False):
            threads = priority._named()
            seen.append([os.sched_getaffinity(thread) for thread in threads])
            priority.give_way()
            seen.append([os.sched_getaffinity(thread) for thread in threads])

    others = [
        subprocess.Popen([sys.executable, "-c", "while 1: pass"])
        for _ in range(len(processors) + 1)
    ]
    try:
        # Threads of a test before may still be ending.
        while priority._runnable() <= len(processors) or priority._named():
            pass
        _in_thread(work)
    finally:
        for other in others:
            other.kill()
            other.wait()

    assert seen[0] == [{processor} for processor in sorted(processors)]
    assert seen[1] == [processors] * len(processors)
    assert os.sched_getaffinity(0) == processors


def test_a_training_gives_way_after_its_first_step(tmp_path: Path) -> None:
    experiment = from_plain(
        {
            "name": "first point",
            "data": {"source": "sample:digits"},
            "model": {"template": "cnn"},
            "training": {"device": "cpu", "epochs": 1, "threads": 1},
        }
    )
    usual = _niceness(0)
    control = Control()
    at_points: list[int] = []

    def note(event: Event) -> None:
        if isinstance(event, StepsDone):
            at_points.append(_niceness(threading.get_native_id()))
            if len(at_points) == 2:
                control.stop(at_once=True)

    def work() -> None:
        train(experiment, Run.create(tmp_path, experiment), note, control)

    _in_thread(work)
    assert at_points == [usual, max(usual, priority.NICENESS)]


@pytest.mark.parametrize(("policy", "spins"), [(None, "5000"), ("active", None)])
def test_a_thread_that_waits_does_not_spin_long(policy: str | None, spins: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    if policy is not None:
        environment["OMP_WAIT_POLICY"] = policy

    shown = subprocess.run(
        [sys.executable, "-c", "import os, app.engine; print(os.environ.get('GOMP_SPINCOUNT'))"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == str(spins)
