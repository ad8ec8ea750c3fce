"""What the Guide says of a run: what holds now, of the weights in use once it has ended."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.runs import events
from app.engine.runs.findings import Finding
from app.engine.runs.storage import manifest
from app.engine.runs.weights_in_use import FILE, WeightsInUse
from app.ui.pages.training.guide import findings_of
from app.ui.state.document import fake_description
from tests.ui import fake_run

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.state.record import Record

DESCRIPTION = replace(
    fake_description(),
    classes=fake_run.CLASSES,
    counts={"training": (90, 90, 90), "validation": (30, 30, 30), "test": ()},
)
RESOLVED = resolve(
    Experiment.model_validate({"training": {"epochs": 6}, "schedule": {"kind": "constant"}}),
    DESCRIPTION,
)
RIGHT = 30 * np.eye(3, dtype=int)
NO_SHIRT = np.array([[30, 0, 0], [0, 30, 0], [10, 20, 0]])


def run_of(path: Path, ended: bool = True) -> Record:
    """Returns a run whose best epoch, the second, is right, and whose last epochs see no shirt."""
    peak = RESOLVED.optimizer.learning_rate
    record = fake_run.record_of(
        fake_run.run_started(path=path),
        fake_run.run_prepared(epochs=6, resolved=RESOLVED),
        fake_run.steps_done(1, np.full(300, 0.5), np.full(300, peak)),
    )
    for number, matrix in enumerate([NO_SHIRT, RIGHT, *[NO_SHIRT] * 4], start=1):
        epoch = fake_run.epoch_done(number, 0.5, min(2, number))
        record.add(replace(epoch, confusion=matrix))
    if ended:
        record.add(replace(fake_run.run_finished(), run=str(path)))

    return record


def keys(record: Record) -> set[str]:
    return {finding.key for finding in findings_of(record, DESCRIPTION, RESOLVED)}


def test_after_the_end_it_speaks_of_the_weights_in_use(tmp_path: Path) -> None:
    assert "never" not in keys(run_of(tmp_path))

    last = WeightsInUse("last", 6, 300)
    manifest.write(tmp_path, FILE, json.dumps(asdict(last)).encode())
    assert "never" in keys(run_of(tmp_path))


def test_what_was_found_and_holds_no_more_is_not_shown(tmp_path: Path) -> None:
    record = run_of(tmp_path, ended=False)
    for key in ("nothing", "never", "confused", "overfitting", "memory"):
        record.add(events.NewFinding(Finding(key, "warning", "So it was", "At epoch 1.")))

    assert keys(record) == {"memory"}
