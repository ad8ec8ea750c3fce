"""Runs of a study with chosen figures, for tests: whole folders, of which only one was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.runs.history import METRICS
from app.engine.runs.run import Run, default_folder
from app.engine.runs.storage import manifest

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment


def made_run(
    like: Run,
    experiment: Experiment,
    figure: float | None,
    status: str = "completed",
    dataset: dict[str, Any] | None = None,
    metric: str = "accuracy",
) -> Run:
    """Returns a run in the usual folder that seems to have reached a figure on validation.

    like: a trained run, whose files it gets. dataset: what its dataset.json has otherwise.
    """
    run = Run.create(default_folder(), experiment)
    run.write_json("environment.json", like.environment())
    run.write_json("dataset.json", like.dataset() | (dataset or {}))
    (run.path / METRICS).write_bytes(b"")
    manifest.note_grown(run.path)
    figures = {split: {metric: figure} for split in ("validation", "test")}
    run.write_json(
        "summary.json",
        dict(like.summary()) | {"status": status, "metrics": figures, "seconds": 30.0},
    )
    return run
