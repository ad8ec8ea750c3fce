"""Data with wrong labels that are known: planted by a revision, so that the division stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.experiment.revision import Change, Revision, write_revision
from app.engine.experiment.toml_file import from_plain
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.training.trainer import train

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def planted_run(folder: Path, plain: dict[str, Any], share: float) -> tuple[Run, np.ndarray]:
    """Trains with this share of the training labels changed to another class.

    Returns the run, and the rows whose labels are wrong, ascending.
    """
    folder.mkdir(parents=True, exist_ok=True)
    experiment = from_plain(plain)
    dataset = open_dataset(experiment.data)
    assert dataset.fingerprints is not None
    generator = np.random.default_rng(4)
    training = dataset.indices["training"]
    wrong = np.sort(generator.choice(training, round(share * len(training)), replace=False))
    classes = dataset.description.classes
    changes = []
    for row in wrong.tolist():
        label = (dataset.targets[row] + generator.integers(1, len(classes))) % len(classes)
        key = dataset.fingerprints[row].tobytes().hex()
        changes.append(Change(key, str(dataset.names[row]), "relabel", classes[label]))

    path = folder / "planted.toml"
    write_revision(Revision(tuple(changes)), path)
    experiment = experiment.replace(data=experiment.data.replace(revision=str(path)))
    run = Run.create(folder / "runs", experiment)
    finished = train(experiment, run, lambda event: None, Control())
    assert finished.status == "completed", finished.reason
    return run, wrong


def share_found(order: np.ndarray, wrong: np.ndarray) -> float:
    """Returns which share of the first tenth of the rows `order` are wrong ones."""
    first = order[: len(order) // 10]
    return float(np.isin(first, wrong).mean())
