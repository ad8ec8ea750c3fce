"""Trains in forked children, kills them, resumes and compares; test_resume runs it.

Prints one JSON line a trial.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from app.engine.runs import checkpoint, tensors
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import recorder, saver, trainer, warm_up
from tests.engine.training.small import at_step, experiment, metrics_lines, pictures

if TYPE_CHECKING:
    from collections.abc import Callable

Plan = tuple[str, float]


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_child(work: Callable[[], Any], plan: Plan | None) -> bool:
    """Does the work in a child that is killed as planned; returns whether it finished."""
    child = os.fork()
    if child:
        if plan and plan[0] == "time":
            time.sleep(plan[1])
            os.kill(child, signal.SIGKILL)

        _, status = os.waitpid(child, 0)
        return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0

    code = 1
    try:
        if plan and plan[0] == "step":
            with at_step(int(plan[1]), kill):
                code = 0 if work().status == "completed" else 2
        else:
            if plan and plan[0] in ("fsync", "replace"):
                kill_in_call(*plan)
            code = 0 if work().status == "completed" else 2
    finally:
        os._exit(code)


def kill_in_call(name: str, number: float) -> None:
    """Dies instead of making the call of this number (0-based)."""
    real = getattr(os, name)
    calls = itertools.count()

    def call(*arguments: Any, **options: Any) -> Any:
        if next(calls) == int(number):
            kill()
        return real(*arguments, **options)

    setattr(os, name, call)


def listen(event: object) -> None:
    """Ignores the events of a run."""


def main(folder: Path, every: int) -> None:
    """Tries some of the planned kills and prints a line for each.

    every: of the many plans, one in so many is tried.
    """
    warm_up.warm_up()
    generator = random.Random(5)
    recorder.READ_EVERY = 0.0
    requested = experiment(pictures(folder / "a.npz", 72))
    whole = Run.create(folder / "runs", requested)
    begun = time.perf_counter()
    assert in_child(lambda: trainer.train(requested, whole, listen, Control()), None)

    lasts = time.perf_counter() - begun
    steps = whole.summary()["steps"]
    plans: list[list[Plan]] = [[("fsync", number)] for number in range(2, 34, 2)]
    plans += [[("replace", number)] for number in range(1, 8)]
    plans += [[("step", generator.randrange(steps)) for _ in range(2)] for _ in range(4)]
    plans += [[("time", generator.uniform(0.1, 1.0) * lasts) for _ in range(2)] for _ in range(4)]

    for number, kills in enumerate(plans[::every]):
        saver.SAVE_EVERY = 0.0 if number % 2 else 60.0  # in half of the trials every step is saved
        saver.EPOCH_EVERY = 2.0 if number % 4 == 2 else 0.0  # in a quarter not even every epoch is
        run = Run.create(folder / "runs", requested)
        done = in_child(lambda run=run: trainer.train(requested, run, listen, Control()), kills[0])

        killed = 0
        for plan in [*kills[1:], None]:
            if done:
                break

            killed += 1
            assert run.status == "interrupted", run.status
            done = in_child(lambda run=run: trainer.resume(run, listen, Control()), plan)

        print(
            json.dumps({"plan": kills, "kills": killed, "differs": differences(whole, run)}),
            flush=True,
        )


def differences(whole: Run, run: Run) -> list[str]:
    """Returns where a run that was killed differs from one that was not."""
    expected = whole.summary()
    summary = run.summary()
    keys = ("status", "weights_sha256", "best_epoch", "loss", "metrics")

    names = [key for key in keys if expected.get(key) != summary.get(key)]
    if metrics_lines(whole) != metrics_lines(run):
        names.append("metrics.jsonl")
    if tensors.weights_sha256(checkpoint.read_best(whole).model) != tensors.weights_sha256(
        checkpoint.read_best(run).model
    ):
        names.append("best")
    if list(run.path.rglob("*.tmp")):
        names.append("leftovers")

    return names


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
