"""What a report of a large run costs: processor time in a process of its own, and its size.

The run has 200 classes and 100,000 steps, once as the program logs them (20,000 lines) and once
with a line for every step.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.written_runs import Shape, write_run

MOST_BYTES = 5 << 20
MOST_SECONDS = 5.0

CODE = """
import sys, time
from app.cli import main
code = main(["report", sys.argv[1], "--out", sys.argv[2]])
print(time.process_time())
sys.exit(code)
"""


def main() -> int:
    """Prints both figures; returns 1 where one is too large."""
    worst = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for logged in (5, 1):
            classes = tuple(f"class number {number}" for number in range(200))
            shape = Shape(classes, steps=100_000, epochs=50, examples=20_000, logged=logged)
            run = write_run(folder, f"every {logged}", shape)
            out = folder / "report.html"
            done = subprocess.run(
                [sys.executable, "-c", CODE, str(run.path), str(out)],
                capture_output=True,
                text=True,
                check=True,
            )
            seconds = float(done.stdout.split()[-1])
            size = out.stat().st_size
            passed = size <= MOST_BYTES and seconds <= MOST_SECONDS
            worst |= not passed
            print(
                f"200 classes, 100,000 steps, a line every {logged}: {size / 2**20:.2f} MiB (at "
                f"most {MOST_BYTES >> 20}), {seconds:.2f} s of processor time (at most "
                f"{MOST_SECONDS}), with the start of Python: {'PASS' if passed else 'FAIL'}",
                flush=True,
            )

    return int(worst)
