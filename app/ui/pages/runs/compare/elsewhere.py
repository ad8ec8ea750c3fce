"""Runs of other tools in a comparison: which logs are kept, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UserError
from app.engine.learning.metrics import METRICS
from app.engine.runs.history import or_nan
from app.engine.runs.logs.comparable import comparable_curves, judged_each_epoch
from app.engine.runs.logs.foreign_run import log_files, read_log
from app.ui.pages.runs.compare.subjects import Subject
from app.ui.pages.runs.entries import ELSEWHERE, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from app.engine.learning.metrics import Metric
    from app.engine.runs.logs.foreign_run import ForeignRun
    from app.ui.state.preferences import Preferences

    Stamp = tuple[tuple[str, int, int], ...]

KEY = "runs.compare.elsewhere"
"""Under which the paths of logs are kept between starts."""


class KeptLogs:
    """The logs that stand beside the runs of every comparison, by their paths."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    @property
    def paths(self) -> tuple[Path, ...]:
        kept: list[object] = self._preferences.get(KEY, [])
        return tuple(Path(path) for path in kept if isinstance(path, str))

    def add(self, paths: Iterable[Path]) -> None:
        """Keeps further logs; one that is kept already stays where it is."""
        self._keep(dict.fromkeys((*self.paths, *(path.absolute() for path in paths))))

    def remove(self, path: Path) -> None:
        self._keep(kept for kept in self.paths if kept != path)

    def _keep(self, paths: Iterable[Path]) -> None:
        self._preferences.set(KEY, [str(path) for path in paths])


@dataclass(frozen=True, eq=False)
class ReadLog:
    """A log as it was read. stamp: changes with its files. trouble: why it could not be read."""

    path: Path
    stamp: Stamp
    run: ForeignRun | None
    trouble: str = ""


def read_logs(
    paths: Sequence[Path], known: Mapping[Path, ReadLog], check: Callable[[], None]
) -> dict[Path, ReadLog]:
    """Reads logs, those that have changed since they were read last. check: it may raise."""
    found: dict[Path, ReadLog] = {}
    for path in paths:
        check()
        stamp = _stamp(path)
        old = known.get(path)
        found[path] = old if old is not None and old.stamp == stamp else _read(path, stamp)

    return found


def _read(path: Path, stamp: Stamp) -> ReadLog:
    try:
        return ReadLog(path, stamp, read_log(path))
    except UserError as error:
        return ReadLog(path, stamp, None, error.what)


def _stamp(path: Path) -> Stamp:
    try:
        files = log_files(path)
        statuses = [(str(file), file.stat()) for file in files]
    except OSError:
        return ()

    return tuple((name, status.st_mtime_ns, status.st_size) for name, status in statuses)


def subjects_of(logs: Iterable[ReadLog], metric: Metric | None) -> list[Subject]:
    """Returns those logs that could be read as runs of a comparison.

    metric: by which the other runs are judged, None where there are several or no other runs.
    """
    return [_subject(log.run, log.stamp, metric) for log in logs if log.run is not None]


def _subject(run: ForeignRun, stamp: Stamp, metric: Metric | None) -> Subject:
    curves = comparable_curves(run)
    if metric is None:
        metric = next((METRICS[name] for name in curves.metrics if name in METRICS), None)

    shown = metric or METRICS["accuracy"]
    epochs = run.history.epochs
    entry = Entry(
        path=run.path,
        status=ELSEWHERE,
        started=_written(stamp),
        note="",
        seconds=None,
        epochs=None,
        best_epoch=epochs[-1]["best_epoch"] if epochs else 0,
        losses=np.array([or_nan(line["validation_loss"]) for line in epochs], dtype=float),
        metric=shown,
        figures=curves.metrics.get(shown.name, np.full(len(epochs), np.nan)),
        metrics={},
        usable=False,
        can_go_on=False,
        stamp=stamp,
        title=run.name,
        epochs_known=judged_each_epoch(run),
    )
    return Subject(entry, curves, {}, " ".join(run.notes), run.settings)


def _written(stamp: Stamp) -> datetime:
    return datetime.fromtimestamp(max((when for _, when, _ in stamp), default=0) / 1e9)
