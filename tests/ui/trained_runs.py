"""Small trained runs, for tests of what comes after training.

A run is trained once a session, and copied for each test.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from app.engine.experiment import toml_file
from app.engine.runs.control import Control
from app.engine.runs.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_trained_folders: dict[str, Path] = {}


def trained_run(
    factory: pytest.TempPathFactory,
    folder: Path,
    name: str = "digits cnn",
    day: str = "2026-11-22",
    **training: object,
) -> Run:
    """Returns a copy below `folder` of a run on the built-in digits, of three epochs by default."""
    settings = {"epochs": 3, "batch_size": 64, "device": "cpu", "threads": 1} | training
    key = repr(sorted(settings.items()))
    if key not in _trained_folders:
        _trained_folders[key] = _train(factory.mktemp("trained"), settings)

    target = folder / f"{day} {name}"
    shutil.copytree(_trained_folders[key], target)
    environment = Run(target).environment() | {"started": f"{day}T10:00:00"}
    Run(target).write_json("environment.json", environment)

    return Run(target)


def train_on(
    folder: Path, data: dict[str, object], model: dict[str, object], epochs: int = 2
) -> Run:
    """Trains on any data, on one thread, and returns the run."""
    training = {"epochs": epochs, "batch_size": 8, "device": "cpu", "threads": 1, "embedding": 8}
    return Run(_run(folder, {"name": "tiny", "data": data, "model": model, "training": training}))


def _train(folder: Path, training: dict[str, object]) -> Path:
    return _run(
        folder,
        {
            "name": "digits",
            "data": {"source": "sample:digits"},
            "model": {"template": "cnn"},
            "training": training,
        },
    )


def _run(folder: Path, plain: dict[str, object]) -> Path:
    from app.engine.training.trainer import train

    experiment = toml_file.from_plain(plain)
    run = Run.create(folder, experiment)
    finished = train(experiment, run, lambda event: None, Control())
    assert finished.status == "completed", finished.reason

    return run.path
