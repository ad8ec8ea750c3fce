"""Events of a run that never took place, for tests of what shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from app.engine.experiment import toml_file
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import ResolvedExperiment, resolve
from app.engine.runs import events
from app.ui.state.document import fake_description
from app.ui.state.record import Record

CLASSES = ("Bag", "Boot", "Shirt")
PARAMETERS = 160_874
N = 4 * PARAMETERS


def run_prepared(
    epochs: int = 4, per_epoch: int = 50, resolved: Experiment | None = None
) -> events.RunPrepared:
    predicted = {
        "weights": N,
        "gradients": N,
        "first_moment": N,
        "second_moment": N,
        "activations": 170_000_000,
        "data": 47_000_000,
        "peak": 220_000_000,
    }
    return events.RunPrepared(
        device="CPU, 2 cores",
        device_reason="No GPU was found.",
        threads=1,
        parameters=PARAMETERS,
        epochs=epochs,
        steps=epochs * per_epoch,
        steps_per_epoch=per_epoch,
        first_step=0,
        batch_size=8,
        training_examples=400,
        classes=CLASSES,
        predicted=predicted,
        resolved=_plain(resolved) if resolved else {},
    )


def _plain(experiment: Experiment) -> dict[str, Any]:
    if not isinstance(experiment, ResolvedExperiment):
        experiment = resolve(experiment, fake_description())

    return toml_file.to_plain(experiment)


def steps_done(
    first: int, losses: Any, rates: Any = None, norms: Any = None, speed: float | None = 100.0
) -> events.StepsDone:
    """Returns the event of steps from `first` (1-based) on, one for each loss."""
    losses = np.asarray(losses, dtype=float)
    count = len(losses)
    return events.StepsDone(
        position=first + count - 1,
        epoch=1,
        steps=np.arange(first, first + count),
        losses=losses,
        rates=np.full(count, 0.01) if rates is None else np.asarray(rates, dtype=float),
        norms=np.full(count, np.nan) if norms is None else np.asarray(norms, dtype=float),
        speed=speed,
        elapsed=1.0,
        remaining=10.0,
    )


def epoch_done(
    number: int, loss: float, best_epoch: int, accuracy: float = 0.9, per_epoch: int = 50
) -> events.EpochDone:
    return events.EpochDone(
        epoch=number,
        step=number * per_epoch,
        training_loss=loss,
        validation_loss=loss,
        metrics={"accuracy": accuracy},
        best=number == best_epoch,
        best_epoch=best_epoch,
        since_best=number - best_epoch,
        seconds=1.0,
    )


def memory_measured(
    step: int = 1, device: dict[str, float | None] | None = None, **reasons: str
) -> events.MemoryMeasured:
    rows: dict[str, int | None] = {
        "weights": N,
        "gradients": N,
        "first_moment": N,
        "second_moment": N,
        "activations": 168_000_000,
        "data": 47_000_000,
        "peak": 218_000_000,
    }
    return events.MemoryMeasured(step, rows, device or {}, reasons)


def record_of(*run_events: events.Event) -> Record:
    record = Record()
    for event in run_events:
        record.add(event)

    return record


def run_started(
    experiment: Experiment | None = None, path: Path = Path("run")
) -> events.RunStarted:
    return events.RunStarted(str(path), "a run", toml_file.to_plain(experiment or Experiment()))


def run_finished(
    status: str = "completed", failure: tuple[str, str, str] | None = None
) -> events.RunFinished:
    return events.RunFinished("run", status, "It ended.", {}, failure)  # type: ignore[arg-type]
