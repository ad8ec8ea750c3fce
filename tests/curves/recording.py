"""Records a training: the real loop, on one thread of the CPU."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.advice.while_training import KEYS
from app.engine.experiment.resolve import read_resolved
from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.runs.history import epoch_line
from app.engine.runs.run import Run
from app.engine.training import trainer
from tests.curves.recorded import Recorded

if TYPE_CHECKING:
    from tests.curves.cases import Case


def record(case: Case) -> Recorded:
    """Trains to the end and returns what was told. Raises RuntimeError where the run fails."""
    told: list[events.Event] = []
    control = Control()

    def listen(event: events.Event) -> None:
        told.append(event)
        if case.by_hand and isinstance(event, events.EpochDone) and event.epoch == case.by_hand[0]:
            control.change(**{name.replace(".", "__"): v for name, v in case.by_hand[1].items()})

    dataset = case.dataset
    experiment = case.experiment
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(Path(folder), experiment)
        finished = trainer.train(experiment, run, listen, control, dataset)

    if finished.status not in ("completed", "diverged"):
        raise RuntimeError(f"{case.name}: {finished.status}: {finished.reason}")

    prepared = next(event for event in told if isinstance(event, events.RunPrepared))
    steps = [event for event in told if isinstance(event, events.StepsDone)]
    epochs = [event for event in told if isinstance(event, events.EpochDone)]
    changes = [event for event in told if isinstance(event, events.SettingsChanged)]
    return Recorded(
        case.name,
        case.seed,
        case.tuned,
        case.expected,
        finished.status,
        dataset.description,
        read_resolved(prepared.resolved),
        np.concatenate([event.steps for event in steps]),
        np.concatenate([event.losses for event in steps]),
        np.concatenate([event.rates for event in steps]),
        np.concatenate([event.norms for event in steps]),
        [epoch_line(event) for event in epochs],
        {event.epoch: event.confusion for event in epochs if event.confusion is not None},
        [{"step": event.step, "values": event.values, "why": event.why} for event in changes],
        [
            event.finding
            for event in told
            if isinstance(event, events.NewFinding) and event.finding.key not in {*KEYS, "diverged"}
        ],
    )
