"""Experiments whose runs are hit: tiny ones of every kind of data, each with something special."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.experiment.toml_file import from_plain
from app.engine.learning.tasks import TASKS
from tests.engine.tiny import Combination
from tests.engine.training.small import experiment, pictures
from tests.tiny_files import settings, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment


@dataclass(frozen=True)
class Subject:
    """An experiment to be trained, and to be trained longer afterwards if `longer` is not 0.

    longer: the epochs then.
    """

    name: str
    experiment: Experiment
    longer: int = 0


def subjects(folder: Path) -> list[Subject]:
    """Writes the data below a folder and returns the experiments."""
    folder.mkdir(parents=True, exist_ok=True)
    quarters = pictures(folder / "quarters.npz", 72)
    return [
        Subject("pictures", experiment(quarters)),
        Subject("early", _early(folder)),
        Subject("table", _table(folder)),
        Subject("longer", _table(folder, epochs=2), longer=4),
        Subject("text", _of(folder, "classification", "text", "text-cnn", patience=2)),
        Subject("book", _of(folder, "language-modelling", "text", "gpt", epochs=3)),
        Subject("amounts", _of(folder, "regression", "row", "mlp", schedule=PLATEAU, test=0.0)),
        Subject("signals", _of(folder, "classification", "signal", "cnn-1d", best_by="metric")),
        Subject("captions", _of(folder, "matching", "image+text", "two-tower", epochs=3)),
        Subject("damage", _of(folder, "reconstruction", "image", "conv-autoencoder", epochs=3)),
        Subject("neighbours", _of(folder, "metric-learning", "image", "cnn", epochs=3)),
        Subject("tags", _of(folder, "multi-label", "image", "vit", accumulation=2)),
    ]


PLATEAU = {"kind": "plateau", "patience": 0, "threshold": 0.5, "reduction": 0.5}


def _early(folder: Path) -> Experiment:
    """Learns noise by heart: the best epoch is an early one, and the end comes early."""
    generator = np.random.default_rng(1)
    source = folder / "noise.npz"
    np.savez(
        source,
        images=generator.integers(0, 256, (90, 8, 8), dtype=np.uint8),
        labels=np.arange(90) % 3,
    )
    return experiment(
        source,
        data={"validation_share": 0.3, "test_share": 0.2},
        augmentation={"flip": True, "shift": 0.0, "rotate": 0.0, "light": 0.0, "erase": 0.0},
        model={"dropout": 0.0},
        schedule={"kind": "constant"},
        optimizer={"kind": "adam", "learning_rate": 0.03},
        training={"epochs": 8, "batch_size": 8, "patience": 3},
    )


def _table(folder: Path, epochs: int = 8) -> Experiment:
    return _of(
        folder,
        "classification",
        "row",
        "mlp",
        optimizer={"kind": "adamw", "learning_rate": 0.05},
        epochs=epochs,
        seed=4,
    )


def _of(
    folder: Path,
    task: str,
    sort: str,
    template: str,
    *,
    optimizer: dict[str, Any] | None = None,
    schedule: dict[str, Any] | None = None,
    test: float = 0.2,
    **training: Any,
) -> Experiment:
    """Returns an experiment of 24 training examples in steps of 5, six epochs if not said."""
    chosen = TASKS[task]
    model = settings(Combination(task, sort, template, chosen.losses[0], "adamw"))["model"]
    dropout = {"dropout": 0.2} if "dropout" in model else {}
    embedding = {"embedding": 8} if chosen.embeds else {}

    data = write_files(folder / f"{task} {sort}", task, sort) | {"test_share": test}
    return from_plain(
        {
            "name": f"{task} {sort}",
            "data": data,
            "augmentation": {"flip": True, "shift": 0.1} if sort == "image" else {},
            "model": model | dropout,
            "optimizer": optimizer or {"kind": "adamw", "learning_rate": 0.01},
            "schedule": schedule or {"kind": "cosine"},
            "training": {
                "epochs": 6,
                "batch_size": 5,
                "threads": 1,
                "device": "cpu",
                **embedding,
                **training,
            },
        }
    )
