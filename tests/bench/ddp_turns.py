"""Two processes of the program beside a bare DistributedDataParallel loop of two, in turns.

Both train the same network on the same data. One pair of processes is stopped (SIGSTOP) while the
other goes on for a turn, so that whatever else the machine does hits both alike. Steps are counted
from what each writes.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from app.engine.experiment import toml_file
from app.engine.experiment.toml_file import from_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.experiment.experiment import Experiment

ROOT = Path(__file__).resolve().parents[2]

TURN = 2.5
"""Seconds of a turn: some ten steps, and less than a process may be silent, see `heart`."""

WARM = 25
"""Steps before the first turn: memory is taken and kernels are chosen in them."""

EPOCHS = 1_000
MANY = 100_000
"""Epochs and steps that neither reaches: both are ended."""

PICTURES = 150_000

LOOK_EVERY = 0.05
"""Seconds."""


def large(template: str, epochs: int, source: str = "sample:fashion") -> Experiment:
    """Returns a training whose steps take some tenths of a second."""
    return from_plain(
        {
            "name": "throughput",
            "data": {"source": source},
            "model": {"template": template},
            "training": {"epochs": epochs, "batch_size": 256, "device": "cpu", "threads": 1},
        }
    )


def many_pictures(folder: Path) -> str:
    """Writes pictures of 28 x 28, of which an epoch takes longer than all turns."""
    rng = np.random.default_rng(0)
    labels = rng.integers(10, size=PICTURES)
    pictures = rng.integers(100, size=(PICTURES, 28, 28), dtype=np.uint8)
    pictures += (15 * labels).astype(np.uint8)[:, None, None]
    path = folder / "pictures.npz"
    np.savez(path, x=pictures, y=labels)
    return str(path)


def costs(template: str, turns: int, folder: Path) -> list[float]:
    """Returns of each two neighbouring turns the time of a step, divided by that of a bare loop.

    No epoch ends in a turn: speed is that of training steps. Raises RuntimeError where one of the
    two ends early.
    """
    requested = large(template, EPOCHS, many_pictures(folder))
    path = folder / "turns.toml"
    toml_file.write(requested, path)
    with ExitStack() as stack:
        ours = stack.enter_context(_ours(path))
        ours.wait_for(WARM)
        ours.stop()
        bare = stack.enter_context(_bare(path))
        bare.wait_for(WARM)
        bare.stop()
        speeds = [(ours.turn(), bare.turn()) for _ in range(turns)]

    # What is between two steps when a turn ends counts in the next, so pairs are added in fours.
    fours = [speeds[first : first + 4] for first in range(0, len(speeds) - 3, 4)]
    return [sum(theirs for _, theirs in four) / sum(own for own, _ in four) for four in fours]


class Loop:
    """Processes that train, and how to count their steps."""

    def __init__(self, processes: list[subprocess.Popen[bytes]], count: Callable[[], int]) -> None:
        self._processes = processes
        self._count = count

    def wait_for(self, steps: int) -> None:
        """Waits until so many steps are done. Raises RuntimeError where it ends before."""
        while self._count() < steps:
            if any(process.poll() is not None for process in self._processes):
                raise RuntimeError("a training has ended before it was measured")
            time.sleep(LOOK_EVERY)

    def stop(self) -> None:
        self._signal(signal.SIGSTOP)

    def turn(self) -> float:
        """Lets it go on for a turn; returns its steps per second."""
        before = self._count()
        begun = time.perf_counter()
        self._signal(signal.SIGCONT)
        time.sleep(TURN)
        self.stop()
        seconds = time.perf_counter() - begun
        return (self._count() - before) / seconds

    def end(self) -> None:
        self._signal(signal.SIGKILL)
        for process in self._processes:
            process.wait()

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            with suppress(psutil.NoSuchProcess):
                first = psutil.Process(process.pid)
                for each in (*first.children(recursive=True), first):
                    each.send_signal(number)


@contextmanager
def _ours(path: Path) -> Iterator[Loop]:
    out = path.with_name("steps")
    command = [sys.executable, "-m", "tests.bench.ddp_turns", str(out)]
    run = ["train", str(path), "--run-dir", str(path.with_suffix("")), "--processes", "2"]
    process = subprocess.Popen([*command, *run, "--json"], cwd=ROOT, stdout=subprocess.DEVNULL)
    loop = Loop([process], lambda: _steps_of(out))
    try:
        yield loop
    finally:
        loop.end()


@contextmanager
def _bare(path: Path) -> Iterator[Loop]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    out = path.with_name("bare steps")
    command = [sys.executable, "-m", "tests.bench.bare_ddp"]
    with out.open("wb") as stream:
        processes = [
            subprocess.Popen(
                [*command, str(rank), "2", str(port), str(path), str(MANY)],
                stdout=stream,
                cwd=ROOT,
            )
            for rank in range(2)
        ]

    loop = Loop(processes, lambda: _steps_of(out))
    try:
        yield loop
    finally:
        loop.end()


def _steps_of(out: Path) -> int:
    return out.stat().st_size if out.exists() else 0


def _train(out: Path, arguments: list[str]) -> int:
    """Trains as the program does, and writes a byte after every step."""
    from app import cli
    from app.engine.training.loop import Training

    step = Training._step

    def counted(self: Training) -> None:
        step(self)
        os.write(handle, b".")

    Training._step = counted  # type: ignore[method-assign]
    handle = os.open(out, os.O_WRONLY | os.O_CREAT)
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(_train(Path(sys.argv[1]), sys.argv[2:]))
