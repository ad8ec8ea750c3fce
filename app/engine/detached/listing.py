"""What a list tells of a run: how far it is, its best epoch and its headline metric."""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.learning.metrics import METRICS, Metric
from app.engine.learning.tasks import TASKS
from app.engine.runs.history import METRICS as METRICS_FILE
from app.engine.runs.history import prepared_event
from app.engine.runs.metrics_lines import EpochLine
from app.engine.runs.storage.manifest import RunFileError
from app.engine.runs.storage.run_lock import owner_process
from app.engine.runs.storage.shape import is_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from app.engine.runs.run import Run, RunStatus


@dataclass(frozen=True)
class Listed:
    """One run of a list.

    epoch: epochs done. epochs: as planned, None before that is known. best_epoch, figure: the best
    epoch so far and its headline metric on validation; None where there is none. process: what
    trains it on this computer.
    """

    run: Run
    status: RunStatus
    epoch: int
    epochs: int | None
    best_epoch: int | None
    metric: Metric
    figure: float | None
    started: datetime
    process: int | None


def listed(run: Run) -> Listed:
    """Reads what a list tells of a run. What is damaged counts as not known."""
    epochs = epoch_lines(run.path)
    prepared = prepared_of(run)
    planned = prepared.get("epochs")
    metric = headline_of(prepared, epochs)
    best = epochs[-1]["best_epoch"] if epochs else 0
    line = next((line for line in epochs if line["epoch"] == best), None)
    figure = line["metrics"].get(metric.name) if line is not None else None

    return Listed(
        run,
        run.status,
        epochs[-1]["epoch"] if epochs else 0,
        planned if isinstance(planned, int) else None,
        best or None,
        metric,
        figure if figure is not None and math.isfinite(figure) else None,
        run.started,
        owner_process(run.path),
    )


def prepared_of(run: Run) -> dict[str, Any]:
    """Returns what was known of the run before its first step; {} where that cannot be read."""
    try:
        prepared = prepared_event(run.environment().get("prepared"))
    except RunFileError:
        return {}

    return vars(prepared) if prepared else {}


def headline_of(prepared: dict[str, Any], epochs: list[EpochLine]) -> Metric:
    """Returns the headline metric of a run.

    It is that of its task, else the first one that its epochs have.
    """
    task = TASKS.get(((prepared.get("resolved") or {}).get("data") or {}).get("task") or "")
    if task is not None:
        return task.headline

    first = next(iter(epochs[-1]["metrics"] if epochs else {}), "")
    return METRICS.get(first, METRICS["accuracy"])


def epoch_lines(folder: Path) -> list[EpochLine]:
    """Returns the lines of epochs; a damaged history is told when the run is opened.

    There are thousands of lines of steps to each, so they are told apart before they are parsed.
    """
    epochs: list[EpochLine] = []
    with contextlib.suppress(OSError), files.open_regular(folder / METRICS_FILE) as file:
        for text in file:
            if not text.startswith(b'{"epoch"'):
                continue

            with contextlib.suppress(ValueError, RecursionError):  # a line cut by a kill
                line = json.loads(text)
                if is_of(line, EpochLine):
                    epochs.append(line)

    return epochs
