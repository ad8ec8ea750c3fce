"""One training for a figure: an experiment as plain data in, its summary out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from app.engine.experiment.toml_file import from_plain
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer


def summary_of(plain: dict[str, Any], folder: Path | None = None) -> dict[str, Any]:
    """Trains to the end, silently.

    folder: where the run is kept. Raises RuntimeError where it does not complete.
    """
    with tempfile.TemporaryDirectory() as temporary:
        experiment = from_plain({"netwright": 1, **plain}, "the benchmark")
        run = Run.create(folder or Path(temporary), experiment)

        finished = trainer.train(experiment, run, lambda event: None, Control())
        if finished.status != "completed":
            raise RuntimeError(f"{finished.status}: {finished.reason}")

        return finished.summary
