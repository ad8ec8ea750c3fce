"""The time of work that each epoch notes: it grows, also over a pause in two parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.runs.control import Control
from app.engine.runs.curves.run_curves import read_curves
from app.engine.runs.history import read_history
from app.engine.runs.run import Run
from app.engine.training.trainer import resume, train
from tests.engine.training.small import experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path


def test_each_epoch_notes_the_time_of_work_up_to_it(tmp_path: Path) -> None:
    chosen = experiment(pictures(tmp_path / "data.npz"), training={"epochs": 2})
    run = Run.create(tmp_path / "runs", chosen)
    assert train(chosen, run, lambda _: None, Control()).status == "completed"
    before = run.summary()["seconds"]
    assert resume(run, lambda _: None, Control(), epochs=4).status == "completed"

    times = [line.get("elapsed") for line in read_history(run.path).epochs]
    known = [time for time in times if time is not None]
    assert len(known) == 4 and known == sorted(known) and known[0] > 0
    assert before < known[2], "the second part counts on from the first"
    assert known[3] <= run.summary()["seconds"]

    curves = read_curves(run)
    places = curves.places("time", curves.epoch_steps)
    assert curves.has_times and places is not None and places.tolist() == known
