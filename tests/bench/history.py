"""What reading a run of a million steps costs beside a JSON parser, and how much memory it takes.

Each turn is a process of its own, which starts with everything imported.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from app.engine.runs.history import METRICS, Writer, read_history

STEPS = 1_000_000


def main(pairs: int) -> None:
    """Prints the median ratio of processor time, and the growth of the memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        ratios, growths = [], []
        for _ in range(pairs):
            ours, growth = turn("ours", folder)
            theirs, _ = turn("json", folder)
            ratios.append(ours / theirs)
            growths.append(growth)

    print(
        f"{STEPS:,} steps, read_history / json.loads line by line: "
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), "
        f"memory at most {max(growths):+.0f} MB, {pairs} pairs"
    )


def write(folder: Path) -> None:
    """Writes the metrics of a run, an epoch after every thousand steps."""
    rng = np.random.default_rng(0)
    writer = Writer(folder / METRICS)
    for begin in range(0, STEPS, 1000):
        losses, rates, norms = rng.random((3, 1000))
        writer.steps(np.arange(begin, begin + 1000), losses, rates / 1000, norms)
        writer.line(
            {
                "epoch": begin // 1000 + 1,
                "step": begin + 1000,
                "training_loss": 0.5,
                "validation_loss": 0.5,
                "metrics": {"accuracy": 0.75},
                "best": True,
                "best_epoch": 1,
                "since_best": 0,
                "seconds": 1.5,
            }
        )
    writer.close()


def turn(what: str, folder: Path) -> tuple[float, float]:
    """Returns processor seconds, and growth of the peak memory in MB, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.history", what, str(folder)]
    seconds, growth = subprocess.check_output(command, text=True).split()
    return float(seconds), float(growth)


def _read(what: str, folder: Path) -> None:
    before = most_memory()
    begun = time.process_time()
    if what == "ours":
        assert len(read_history(folder).steps) == STEPS
    else:
        with (folder / METRICS).open("rb") as file:
            for line in file:
                json.loads(line)

    seconds = time.process_time() - begun
    print(seconds, most_memory() - before)


def most_memory() -> float:
    """Returns the most memory that the process ever held, in MB; Linux tells it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


if __name__ == "__main__":
    _read(sys.argv[1], Path(sys.argv[2]))
