"""Trainings that take a second: the class of a picture is its bright quarter."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.compute.randomness import Randomness
from app.engine.experiment.toml_file import from_plain
from app.engine.runs.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from app.engine.runs import events


def pictures(path: Path, count: int = 120, side: int = 10, classes: int = 4, seed: int = 0) -> Path:
    """Writes an NPZ file of noisy pictures whose class is the bright quarter."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    images = generator.integers(0, 120, (count, side, side), dtype=np.uint8)

    half = side // 2
    for image, label in zip(images, labels, strict=True):
        image[
            (label // 2) * half : (label // 2 + 1) * half,
            (label % 2) * half : (label % 2 + 1) * half,
        ] += 100

    np.savez(path, images=images, labels=labels)
    return path


def experiment(source: Path, **sections: dict[str, Any]) -> Experiment:
    """Returns an experiment with all that is random: dropout, shuffling and augmentation."""
    plain: dict[str, Any] = {
        "name": "small",
        "data": {"source": str(source)},
        "augmentation": {"flip": True, "shift": 0.1, "rotate": 10.0, "light": 0.2, "erase": 0.2},
        "model": {"template": "cnn", "depth": 2, "width": 8, "dropout": 0.2},
        "schedule": {"kind": "one-cycle"},
        "training": {"epochs": 2, "batch_size": 16, "threads": 1, "device": "cpu"},
    }
    for name, values in sections.items():
        changed = plain.get(name, {}) | values
        other = any(
            key in values and values[key] != plain.get(name, {}).get(key)
            for key in ("kind", "template")
        )

        plain[name] = values if other else changed

    return from_plain(plain)


def overfitted_run(folder: Path) -> Run:
    """Returns a finished run on pictures of noise: its last epoch is far worse than its best."""
    from app.engine.runs.control import Control
    from app.engine.training.trainer import train

    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(1)
    source = folder / "noise.npz"
    np.savez(
        source,
        images=generator.integers(0, 256, (90, 8, 8), dtype=np.uint8),
        labels=np.arange(90) % 3,
    )

    requested = experiment(
        source,
        data={"validation_share": 0.3, "test_share": 0.2},
        augmentation={"flip": False, "shift": 0.0, "rotate": 0.0, "light": 0.0, "erase": 0.0},
        model={"dropout": 0.0, "width": 16},
        schedule={"kind": "constant"},
        optimizer={"kind": "adam", "learning_rate": 0.03},
        training={"epochs": 8, "batch_size": 4},
    )
    run = Run.create(folder / "runs", requested)
    assert train(requested, run, lambda event: None, Control()).status == "completed"
    assert run.summary()["best_epoch"] < 8

    return run


class Listener:
    """Keeps the events of a run."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def __call__(self, event: events.Event) -> None:
        self.events.append(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@contextmanager
def at_step(step: int, action: Callable[[], object]) -> Iterator[None]:
    """Does something in the middle of a step (0-based, of the whole run), once."""
    real = Randomness.begin_step

    def begin_step(self: Randomness, epoch: int, now: int) -> None:
        real(self, epoch, now)
        if epoch and now == step:
            action()

    Randomness.begin_step = begin_step  # type: ignore[method-assign]
    try:
        yield
    finally:
        Randomness.begin_step = real  # type: ignore[method-assign]


def metrics_lines(run: Run) -> list[dict[str, Any]]:
    """Returns the lines of metrics.jsonl without marks and without times."""
    from app.engine.runs.history import METRICS, TIME_FIELDS, lines

    return [
        {key: value for key, value in line.items() if key not in TIME_FIELDS}
        for line in lines(run.path, METRICS)
        if "mark" not in line
    ]
