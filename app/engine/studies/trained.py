"""Runs that belong to a study: how they ended, and what they were trained and judged on."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.errors import UserError
from app.engine.runs.history import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.engine.runs.run import Run, RunStatus
    from app.engine.runs.summary import Summary

CHANGED = ("changed", "longer")
"""Marks of a run that was not trained as its experiment says: live changes, and more epochs."""


@dataclass(frozen=True)
class Trained:
    """One run of a study.

    figure, test: its metric on validation and on the test examples, None where there is none.
    data: a digest of what it learned from. splits: a fingerprint of how that was divided. counts:
    it was trained to its end, as its experiment says; it may have diverged.
    """

    run: Run
    status: RunStatus
    started: datetime
    figure: float | None = None
    test: float | None = None
    seconds: float | None = None
    data: str = ""
    splits: str = ""
    counts: bool = False


def read_trained(run: Run, metric: str) -> Trained:
    """Reads a run. What is damaged does not count."""
    status = run.status
    if status not in ("completed", "diverged"):
        return Trained(run, status, run.started)

    try:
        summary = run.summary()
        dataset = run.dataset()
    except UserError:
        return Trained(run, "damaged", run.started)

    completed = status == "completed"
    return Trained(
        run,
        status,
        run.started,
        _figure(summary, "validation", metric) if completed else None,
        _figure(summary, "test", metric) if completed else None,
        summary.get("seconds"),
        str(dataset.get("digest", "")),
        str(dataset.get("fingerprint", "")),
        _as_planned(run),
    )


def newest_by_seed(trained: Mapping[int, Sequence[Trained]]) -> dict[int, Trained]:
    """Returns for each seed the newest run that counts, of those on the data of the newest of all.

    A source whose files were changed meanwhile is another one.
    """
    counting = [each for runs in trained.values() for each in runs if each.counts]
    if not counting:
        return {}

    data = max(counting, key=lambda each: each.started).data
    found = {}
    for seed, runs in trained.items():
        fitting = [each for each in runs if each.counts and each.data == data]
        if fitting:
            found[seed] = max(fitting, key=lambda each: each.started)

    return found


def _figure(summary: Summary, split: str, metric: str) -> float | None:
    value = (summary.get("metrics", {}).get(split) or {}).get(metric)
    return value if value is not None and math.isfinite(value) else None


def _as_planned(run: Run) -> bool:
    """Returns whether nobody changed settings while it trained, or let it train longer."""
    try:
        with files.open_regular(run.path / METRICS) as file:
            marks = [json.loads(line) for line in file if line.startswith(b'{"mark"')]
    except (OSError, ValueError, RecursionError):
        return False

    return not any(mark.get("mark") in CHANGED for mark in marks)
