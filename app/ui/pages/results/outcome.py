"""What came of a run: its report, or the figures that the confusion of an epoch gives."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.experiment.resolve import task_of
from app.engine.results.report import Report, load_report
from app.engine.results.reports import SplitReport, report_for
from app.engine.results.reports.classes import ClassReport
from app.engine.runs import weights_in_use
from app.engine.runs.run import Run
from app.engine.runs.weights_in_use import BEST, WeightsInUse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.learning.task import Task
    from app.engine.runs.events import EpochDone


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run as read from its folder.

    report: None until its first epoch is evaluated; trouble: why. description: of its data, None if
    it did not come so far; task likewise. data: how its examples were read. weights: those in use,
    which the report is on. last: those of the last step, where they can be chosen in place of the
    best epoch's.
    """

    path: Path
    report: Report | None
    description: Description | None
    data: DataSettings
    trouble: str = ""
    weights: WeightsInUse = BEST
    last: WeightsInUse | None = None
    task: Task | None = None

    @property
    def fingerprint(self) -> str:
        return self.description.fingerprint if self.description else ""


def read_outcome(path: Path) -> Outcome:
    """Reads the folder of a run, on the background thread. Raises UserError where it is none."""
    run = Run(path)
    experiment = run.experiment()
    data = experiment.data

    plain = run.dataset()
    try:
        description = Description.from_plain(plain) if plain else None
    except (KeyError, TypeError, ValueError):
        description = None

    task = None
    with contextlib.suppress(UserError):  # a task of another version; the report says what is wrong
        task = task_of(experiment, description) if description is not None else None

    try:
        report = load_report(run)
        return Outcome(
            path,
            report,
            description,
            data,
            "",
            report.weights,
            weights_in_use.last_step_of(run),
            report.task,
        )
    except UserError as error:
        return Outcome(
            path,
            None,
            description,
            data,
            str(error),
            weights_in_use.read_weights_in_use(run),
            None,
            task,
        )


def of_epoch(
    epoch: EpochDone,
    classes: tuple[str, ...],
    counts: Mapping[str, tuple[int, ...]],
    task: Task | None = None,
) -> SplitReport | None:
    """Returns the figures of validation after an epoch, from its confusion, without examples.

    None where it has none. counts: of the data, per split and class (training has the most frequent
    class); {} if unknown.
    """
    matrix = epoch.confusion
    if matrix is None or matrix.shape != (len(classes), len(classes)) or not matrix.sum():
        return None

    usual = int(np.argmax(counts.get("training") or matrix.sum(axis=1)))
    report_class = report_for(task.view) if task is not None else ClassReport
    if not issubclass(report_class, ClassReport):
        report_class = ClassReport

    return report_class.of_confusion(
        "validation", matrix, classes, usual, dict(epoch.metrics), epoch.validation_loss
    )


def has_examples(split: SplitReport) -> bool:
    """Returns whether it is known which example got which answer."""
    return len(split.rows) > 0
