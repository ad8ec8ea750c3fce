"""Two processes of the program beside a bare DistributedDataParallel loop of two, in turns.

Both train the same network on the same data. One pair of processes is stopped (SIGSTOP) while the
other goes on for a turn, so that whatever else the machine does hits both alike. Each
writes when its steps end.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
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
    from collections.abc import Iterator

    from app.engine.experiment.experiment import Experiment

ROOT = Path(__file__).resolve().parents[2]

SETTLING = 1.0
TURN = 2.5
"""Seconds of a turn before and while it counts: less than a process may be silent, see `heart`.

What was stopped has lost its place in the caches, and a virtual machine may take its memory away.
"""

WARM = 25
"""Steps before the first turn: memory is taken and kernels are chosen in them."""

EPOCHS = 1_000
"""Epochs that nobody reaches: both are ended."""

PICTURES = 150_000
"""So many that turns seldom hold the end of an epoch."""

LOOK_EVERY = 0.05
"""Seconds."""


def large(
    template: str, epochs: int, batch_size: int, source: str = "sample:fashion"
) -> Experiment:
    """Returns a training whose steps take some tenths of a second."""
    return from_plain(
        {
            "name": "throughput",
            "data": {"source": source},
            "model": {"template": template},
            "training": {"epochs": epochs, "batch_size": batch_size, "device": "cpu", "threads": 1},
        }
    )


def many_pictures(folder: Path) -> str:
    """Writes pictures of 28 x 28 and returns the path of their file."""
    rng = np.random.default_rng(0)
    labels = rng.integers(10, size=PICTURES)
    pictures = rng.integers(100, size=(PICTURES, 28, 28), dtype=np.uint8)
    pictures += (15 * labels).astype(np.uint8)[:, None, None]
    path = folder / "pictures.npz"
    np.savez(path, x=pictures, y=labels)
    return str(path)


def costs(template: str, batch_size: int, turns: int, folder: Path) -> list[float]:
    """Returns of each two neighbouring turns the time of a step, divided by that of a bare loop.

    Of each turn it is the median, so what is seldom (a save, the end of an epoch) is left out.
    Raises RuntimeError where one of the two ends early.
    """
    requested = large(template, EPOCHS, batch_size, many_pictures(folder))
    path = folder / "turns.toml"
    toml_file.write(requested, path)
    with ExitStack() as stack:
        ours = stack.enter_context(_ours(path))
        ours.wait_for(WARM)
        ours.stop()
        bare = stack.enter_context(_bare(path))
        bare.wait_for(WARM)
        bare.stop()
        steps = [(ours.turn(), bare.turn()) for _ in range(turns)]

    return [own / theirs for own, theirs in steps]


class Loop:
    """Processes that train in turns with others, and the file in which their steps end."""

    def __init__(self, processes: list[subprocess.Popen[bytes]], out: Path) -> None:
        """out: the file to which a number is added at the end of every step, see `note_step`."""
        self._processes = processes
        self._out = out
        self._all: list[psutil.Process] = []

    def wait_for(self, steps: int) -> None:
        """Waits until so many steps are done. Raises RuntimeError where it ends before."""
        while len(self._ends()) < steps:
            if any(process.poll() is not None for process in self._processes):
                raise RuntimeError("a training has ended before it was measured")
            time.sleep(LOOK_EVERY)

        own = [psutil.Process(process.pid) for process in self._processes]
        self._all = [each for first in own for each in (*first.children(recursive=True), first)]

    def stop(self) -> None:
        self._signal(signal.SIGSTOP)

    def turn(self) -> float:
        """Lets it go on for a turn; returns the seconds of a step, a median."""
        self._signal(signal.SIGCONT)
        time.sleep(SETTLING)
        begun = time.monotonic()
        time.sleep(TURN)
        self.stop()
        ends = self._ends()
        ends = ends[ends >= begun]
        return float(np.median(np.diff(ends)))

    def end(self) -> None:
        self._signal(signal.SIGKILL)
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def _ends(self) -> np.ndarray:
        """Returns when each step ended, on the clock of all processes: (steps,) seconds."""
        content = self._out.read_bytes() if self._out.exists() else b""
        return np.frombuffer(content[: len(content) // 8 * 8])

    def _signal(self, number: signal.Signals) -> None:
        for process in self._all:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)


@contextmanager
def _ours(path: Path) -> Iterator[Loop]:
    out = path.with_name("steps")
    command = [sys.executable, "-m", "tests.bench.ddp_turns", str(out)]
    run = ["train", str(path), "--run-dir", str(path.with_suffix("")), "--processes", "2"]
    process = subprocess.Popen([*command, *run, "--json"], cwd=ROOT, stdout=subprocess.DEVNULL)
    loop = Loop([process], out)
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
    places = [[str(rank), "2", str(port), str(path), str(out)] for rank in range(2)]
    processes = [subprocess.Popen([*command, *place], cwd=ROOT) for place in places]

    loop = Loop(processes, out)
    try:
        yield loop
    finally:
        loop.end()


def note_step(handle: int) -> None:
    """Writes when a step has ended."""
    os.write(handle, struct.pack("d", time.monotonic()))


def _train(out: Path, arguments: list[str]) -> int:
    """Trains as the program does, and notes the end of every step."""
    from app import cli
    from app.engine.training.loop import Training

    step = Training._step

    def counted(self: Training) -> None:
        step(self)
        note_step(handle)

    Training._step = counted  # type: ignore[method-assign]
    handle = os.open(out, os.O_WRONLY | os.O_CREAT)
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(_train(Path(sys.argv[1]), sys.argv[2:]))
