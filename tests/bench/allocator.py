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
from pathlib import Path

from app.engine.experiment import toml_file
from tests.bench.ddp_turns import ROOT, large

BATCH = 512
EPOCHS = 2

ALONE = {"GLIBC_TUNABLES": "glibc.malloc.arena_test=2"}
"""A choice of a person's own, which changes nothing else here."""


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

        ratios = [kept[0] / alone[0] for kept, alone in turns]
        cleared = [
            statistics.median(each[1] for each in side) / 1e9 for side in zip(*turns, strict=True)
        ]
        print(
            f"{template}, batch size {BATCH}, start and {EPOCHS} epochs: "
            f"{statistics.median(ratios):.3f} of the processor seconds of the C library left "
            f"alone ({min(ratios):.3f} to {max(ratios):.3f}, {pairs} pairs); {cleared[0]:.1f} GB "
            f"cleared instead of {cleared[1]:.1f}",
            flush=True,
        )

    return 0


def _train(experiment: Path, number: int, variables: dict[str, str]) -> tuple[float, int]:
    """Returns the processor seconds of a training, and the bytes that were cleared for it."""
    run = experiment.with_name(f"run {number} {len(variables)}")
    command = [sys.executable, "-m", "app", "train", str(experiment), "--run-dir", str(run)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [*command, "--json"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | variables,
        capture_output=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, (after.ru_minflt - before.ru_minflt) * resource.getpagesize()
