"""A run in a process of its own: its processor time beside the window's thread; what is left."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from app.engine import own_process
from app.engine.detached import control_file, process, starting
from app.engine.detached.follower import Follower
from app.engine.experiment.toml_file import from_plain
from app.engine.files import json_line
from app.engine.runs.events import StepsDone
from app.engine.runs.run import Run
from app.engine.runs.storage.run_lock import is_held

IN_THE_WINDOW = """
import queue, sys, threading
from pathlib import Path
from app.engine.runs.control import Control
from app.engine.runs.run import Run
run = Run(Path(sys.argv[1]))
def work():
    from app.engine.training import trainer
    trainer.train(run.experiment(), run, queue.SimpleQueue().put, Control())
thread = threading.Thread(target=work, name="training")
thread.start()
thread.join()
"""
"""What the thread of the window does, without a window."""


def main(template: str, pairs: int) -> int:
    """Prints the ratio of processor time, beside / in the window, as a median of `pairs` pairs.

    The pairs are interleaved, and each begins with the other one. Returns 1 where the median lies
    beyond 2 % or the weights differ.
    """
    ratios = []
    same = True
    with tempfile.TemporaryDirectory() as folder:
        _seconds(_new_run(template, folder), beside=True)  # data are read into the cache
        for pair in range(pairs):
            seconds = {}
            weights = set()
            for beside in (True, False) if pair % 2 else (False, True):
                run = _new_run(template, folder)
                seconds[beside] = _seconds(run, beside)
                weights.add(run.summary()["weights_sha256"])

            same = same and len(weights) == 1
            ratios.append(seconds[True] / seconds[False])

    median = statistics.median(ratios)
    print(
        f"processor time of a run beside the window / in it, {template}: {median:.3f} "
        f"({min(ratios):.3f} to {max(ratios):.3f}, {pairs} pairs); "
        f"the weights are {'the same' if same else 'NOT the same'}",
        flush=True,
    )
    return 0 if same and 0.98 <= median <= 1.02 else 1


def rounds(number: int) -> int:
    """Starts a run, follows it from two places and stops it, `number` times over.

    Prints what is left of the last rounds beside the first one; returns 1 where that is anything.
    """
    program = psutil.Process()
    left = []
    with tempfile.TemporaryDirectory() as folder:
        run = _new_run("cnn", folder, epochs=50_000)
        for count in range(number):
            started = starting.start(run, go_on=count > 0)
            first = Follower(run.path)
            while not any(isinstance(event, StepsDone) for event in first.poll()):
                time.sleep(0.02)

            control_file.send(run.path, "stop at once")
            second = Follower(run.path)
            while not second.ended:
                second.poll()
                time.sleep(0.02)

            assert started.wait(60) == process.STOPPED
            left.append(
                (
                    int(psutil.pid_exists(started.process)) + len(program.children()),
                    program.num_fds(),
                    program.num_threads(),
                    int(is_held(run.path)),
                )
            )

    names = ("processes", "handles", "threads", "locks")
    grown = [last - first for first, last in zip(left[0], left[-1], strict=True)]
    words = ", ".join(f"{count:+} {name}" for name, count in zip(names, grown, strict=True))
    print(f"{number} rounds of start, stop and attach again: {words}", flush=True)
    return int(any(count > 0 for count in grown) or left[-1][0] > 0)


def _new_run(template: str, folder: str, epochs: int = 20) -> Run:
    experiment = from_plain(
        {
            "name": "bench",
            "data": {"source": "sample:digits"},
            "model": {"template": template},
            "training": {"epochs": epochs, "batch_size": 64, "threads": 1, "device": "cpu"},
        }
    )
    return Run.create(Path(folder), experiment)


def _seconds(run: Run, beside: bool) -> float:
    """Trains a run and returns the processor time of its process, in seconds."""
    if beside:
        order = json_line({"run": str(run.path), "go_on": False, "epochs": None}).decode()
        child = own_process.start_detached(process.__name__, order, run.path / "log.txt")
    else:
        child = subprocess.Popen(
            [sys.executable, "-c", IN_THE_WINDOW, str(run.path)], stdout=subprocess.PIPE
        )

    assert child.stdout is not None
    child.stdout.close()
    _, code, usage = os.wait4(child.pid, 0)
    child.returncode = code
    assert run.summary()["status"] == "completed", run.summary()
    return usage.ru_utime + usage.ru_stime
