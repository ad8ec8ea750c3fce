"""Reads what a report tells of: runs of this program, and logs of other tools beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.report.content import (
    ReportContent,
    ReportedRun,
    common_headline,
    labels_in_report,
)
from app.engine.report.reported_log import ReportedLog
from app.engine.runs.run import Run
from app.engine.runs.storage.labels import labels_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.runs.logs.foreign_run import ForeignRun


def read_content(runs: Sequence[Run | ForeignRun]) -> ReportContent:
    """Returns what a report on these runs tells of.

    Raises UserError where the settings of one cannot be read, for then it is no run, and where none
    is of this program.
    """
    own = [run for run in runs if isinstance(run, Run)]
    if not own:
        raise UserError(
            "A report needs a run of this program; these are logs of other tools.",
            "Name a run beside them.",
        )

    names = iter(labels_of([run.path for run in own]))
    labels = labels_in_report([next(names) if isinstance(run, Run) else run.name for run in runs])
    labelled = list(zip(runs, labels, strict=True))
    reported = {
        label: ReportedRun(run, label, run.experiment())
        for run, label in labelled
        if isinstance(run, Run)
    }
    metric = common_headline(list(reported.values())) if len(labelled) > len(reported) else None
    return ReportContent(
        tuple(
            reported[label] if isinstance(run, Run) else ReportedLog(run, label, metric)
            for run, label in labelled
        )
    )
