"""How long the first point of the curve takes after Train, beside other work and without.

The engine is loaded and the window open. Turns alternate, and the figure is the median of the
ratios of neighbours: twice is what half of the processor gives.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.experiment.toml_file import from_plain
from tests.bench.window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY = 2
"""Other processes that compute all the time."""

MOST = 2.5
"""So many times the quiet figure it may take beside them."""

SAMPLES = {"digits": "cnn", "penguins": "mlp", "fashion": "resnet"}
"""Built-in data -> template."""


def main(pairs: int) -> int:
    """Prints the ratio for each of SAMPLES, and returns 0 where all are at most MOST."""
    failed = 0
    with OpenWindow() as opened, tempfile.TemporaryDirectory() as folder:
        for sample, template in SAMPLES.items():
            _first_point(opened, sample, template, Path(folder))  # caches and measures once
            quiet, beside = [], []
            for _ in range(pairs):
                quiet.append(_first_point(opened, sample, template, Path(folder)))
                with _other_work():
                    beside.append(_first_point(opened, sample, template, Path(folder)))

            ratio = statistics.median(b / q for q, b in zip(quiet, beside, strict=True))
            failed += ratio > MOST
            print(
                f"first point of the curve, {sample}, {template}: beside {BUSY} busy processes "
                f"{ratio:.2f} times the quiet figure ({statistics.median(quiet):.2f} s, {pairs} "
                f"pairs); at most {MOST}: {'FAIL' if ratio > MOST else 'PASS'}",
                flush=True,
            )

    return int(failed > 0)


def _first_point(opened: OpenWindow, sample: str, template: str, folder: Path) -> float:
    """Returns the seconds from Train to the first loss that the window has."""
    assembly = opened.window.assembly
    assert assembly is not None
    session = assembly.session
    experiment = from_plain(
        {
            "name": f"{sample}, first curve",
            "data": {"source": f"sample:{sample}"},
            "model": {"template": template},
            "training": {"device": "cpu"},
        }
    )
    opened.window.frame.go("training")
    begun = time.perf_counter()
    session.start(experiment, folder)
    opened.wait(lambda: len(session.live_record.losses) > 0 or not session.active)
    seconds = time.perf_counter() - begun
    session.stop_at_once()
    opened.wait(lambda: not session.active)

    return seconds


@contextmanager
def _other_work() -> Iterator[None]:
    command = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(command) for _ in range(BUSY)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()
