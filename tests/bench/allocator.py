"""What a process that only trains gains because it keeps what a step frees for the next one.

The same training in processes of their own, by turns as the program does it and with the C library
left alone, as a person may choose: processor seconds of both, and the memory that the system had to
clear for them.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.engine.experiment import toml_file
from tests.bench.ddp_turns import ROOT, large

BATCH = 512
EPOCHS = 2

ALONE = {"GLIBC_TUNABLES": "glibc.malloc.arena_test=2"}
"""A choice of a person's own, which changes nothing else here."""


@dataclass(frozen=True)
class Used:
    """Processor seconds, bytes of pages that were cleared, and the most bytes held at once."""

    seconds: float
    cleared: int
    peak: int


def main(templates: list[str], pairs: int) -> int:
    """Prints the ratio of processor seconds for each template."""
    for template in templates:
        with tempfile.TemporaryDirectory(prefix="netwright-bench-") as name:
            experiment = Path(name) / "one.toml"
            toml_file.write(large(template, EPOCHS, BATCH), experiment)
            turns = [
                (_train(experiment, number, {}), _train(experiment, number, ALONE))
                for number in range(pairs)
            ]

        ratios = [kept.seconds / alone.seconds for kept, alone in turns]
        now, before = map(list, zip(*turns, strict=True))
        print(
            f"{template}, batch size {BATCH}, start and {EPOCHS} epochs: "
            f"{statistics.median(ratios):.3f} of the processor seconds of the C library left "
            f"alone ({min(ratios):.3f} to {max(ratios):.3f}, {pairs} pairs); "
            f"{_cleared(now):.1f} GB cleared instead of {_cleared(before):.1f}; at most "
            f"{_held(now):,.0f} MB held instead of {_held(before):,.0f}",
            flush=True,
        )

    return 0


def _cleared(side: list[Used]) -> float:
    """Returns the GB that were cleared, a median."""
    return statistics.median(each.cleared for each in side) / 1e9


def _held(side: list[Used]) -> float:
    """Returns the MB that were held at most."""
    return max(each.peak for each in side) / 1e6


def _train(experiment: Path, number: int, variables: dict[str, str]) -> Used:
    """Returns what a training used from the start of its process to the end."""
    run = experiment.with_name(f"run {number} {len(variables)}")
    command = [sys.executable, "-m", "app", "train", str(experiment), "--run-dir", str(run)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the training in '{run}' failed")

    seconds = used.ru_utime + used.ru_stime
    return Used(seconds, used.ru_minflt * resource.getpagesize(), used.ru_maxrss * 1024)
