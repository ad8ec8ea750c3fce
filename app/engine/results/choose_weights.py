"""Chooses which weights of a run are used; those of the last step are judged first."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.errors import UserError
from app.engine.runs.weights_in_use import FILE, PREFIX, WeightsInUse, Which

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset, Description
    from app.engine.runs.run import Run


def use(run: Run, which: Which, check: Callable[[], None] = lambda: None) -> None:
    """Chooses the weights that Predictor and load_report take.

    The last step's are first judged, on the CPU.

    check: called once a batch and once a file; what it raises gives up, and the choice stays as it
    was. Raises UserError where the run goes on, where weights or data are not there, or where the
    data changed.
    """
    if run.status == "running":
        raise UserError(
            f"The run '{run.name}' is still being trained.", "Wait until it ends, or stop it."
        )

    files.write_json(
        run.path / FILE, asdict(_judged(run, check)) if which == "last" else {"use": "best"}
    )


def _judged(run: Run, check: Callable[[], None]) -> WeightsInUse:
    """Writes what the last step's weights say of validation and test."""
    from app.engine.results.predictor import Predictor
    from app.engine.training.validation import write_results

    predictor = Predictor.load(run, "last")
    dataset = _data(run, predictor.description, check)

    loss: dict[str, float | None] = {}
    for split in ("validation", "test"):
        rows = dataset.indices.get(split)
        if rows is None or not len(rows):
            continue

        judged = predictor.judge(dataset, check, split)
        write_results(run, PREFIX + split, rows, judged)
        loss[split] = judged.loss if math.isfinite(judged.loss) else None

    kept = predictor.kept
    return WeightsInUse("last", kept.epoch, kept.step, kept.partial, loss)


def _data(run: Run, description: Description, check: Callable[[], None]) -> Dataset:
    """The data of the run, as they were. Raises UserError."""
    from app.engine.sources.opening import open_dataset

    try:
        dataset = open_dataset(run.experiment().data, check=check)
    except UserError as error:
        why = f"{error.what[:1].lower()}{error.what[1:]}"
        raise UserError(
            f"The last epoch cannot be judged without the data of the run: {why}",
            "Put them back, or stay with the best epoch.",
        ) from error

    if dataset.description.fingerprint != description.fingerprint:
        raise UserError(
            "The last epoch cannot be judged: the data changed since this run was trained.",
            "Put them back as they were, or stay with the best epoch.",
        )

    return dataset
