"""What the list knows of a run.

It is read from the run's folder, off the window's thread, and again only when it changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.detached.listing import epoch_lines, headline_of, prepared_of
from app.engine.runs.progress import seconds_saved
from app.engine.runs.run import Run, list_runs
from app.engine.runs.storage.manifest import RunFileError
from app.ui.text.run_names import label_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from app.engine.learning.metrics import Metric
    from app.ui.state.session import Session

MORE_EPOCHS = 10
"""Epochs that training longer adds."""

ELSEWHERE = "elsewhere"
"""The status of a run of another tool, of which only a log is known."""

STATUS_WORDS = {
    "running": "Running",
    "interrupted": "Interrupted: Resume?",
    "completed": "Completed",
    "stopped": "Stopped",
    "failed": "Failed",
    "diverged": "Diverged",
    "damaged": "Damaged",
    ELSEWHERE: "From elsewhere",
}


@dataclass(frozen=True, eq=False)
class Entry:
    """One run of the list.

    metric: the headline metric of its task.
    losses, figures: validation loss and metric of each epoch, NaN where unknown.
    epochs: as planned.
    metrics: by split, with the weights of the best epoch.
    usable: whether there are weights to use.
    seconds: of training.
    chance: the accuracy on validation of always answering the class most frequent in training; None
    for another metric.
    title: what it is called, where that is not said by its folder.
    epochs_known: whether what was judged are its epochs; those of other tools may be anything.
    """

    path: Path
    status: str
    started: datetime
    note: str
    seconds: float | None
    epochs: int | None
    best_epoch: int
    losses: np.ndarray
    metric: Metric
    figures: np.ndarray
    metrics: dict[str, dict[str, float | None]]
    usable: bool
    can_go_on: bool
    reason: str = ""
    chance: float | None = None
    stamp: tuple[Any, ...] = field(default=(), repr=False)
    title: str = ""
    epochs_known: bool = True

    @property
    def name(self) -> str:
        """Returns the name of the run, without the day with which its folder begins."""
        return self.title or label_of(self.path)

    @property
    def is_own(self) -> bool:
        """Whether it is a run of this program."""
        return self.status != ELSEWHERE

    @property
    def figure(self) -> float | None:
        """Returns the metric at the best epoch, on validation."""
        if 0 < self.best_epoch <= len(self.figures):
            value = float(self.figures[self.best_epoch - 1])
            return value if np.isfinite(value) else None

        return None

    @property
    def loss(self) -> float | None:
        """Returns the loss at the best epoch, on validation."""
        if 0 < self.best_epoch <= len(self.losses):
            value = float(self.losses[self.best_epoch - 1])
            return value if np.isfinite(value) else None

        return None

    @property
    def status_words(self) -> str:
        return STATUS_WORDS.get(self.status, self.status)

    @property
    def longer(self) -> int:
        """Returns the new total of epochs for training longer."""
        return len(self.losses) + MORE_EPOCHS


def read_entries(folder: Path, known: dict[Path, Entry], check: Callable[[], None]) -> list[Entry]:
    """Reads every run below `folder`, newest first.

    Runs that did not change are taken from `known`. check: called once for each run; it may raise
    to give up. A run whose files cannot be read is listed all the same.
    """
    entries = []
    for run in list_runs(folder):
        check()
        old = known.get(run.path)
        entries.append(old if old is not None and old.stamp == _stamp(run) else read_entry(run))

    return entries


def read_entry(run: Run) -> Entry:
    """Reads one run as the list shows it."""
    stamp = _stamp(run)
    problems = run.problems()
    summary = _readable(run.summary)
    epochs = epoch_lines(run.path)
    status = run.status
    if problems and status != "running":
        status = "damaged"
    prepared = prepared_of(run)
    planned = prepared.get("epochs")
    metric = headline_of(prepared, epochs)
    usable = run.best_folder is not None

    return Entry(
        path=run.path,
        status=status,
        started=run.started,
        note=run.note,
        seconds=_seconds(run, status, summary),
        epochs=planned if isinstance(planned, int) else None,
        best_epoch=epochs[-1]["best_epoch"] if epochs else 0,
        losses=_column([line["validation_loss"] for line in epochs]),
        metric=metric,
        figures=_column([line["metrics"].get(metric.name) for line in epochs]),
        metrics=summary.get("metrics") or {},
        usable=usable,
        can_go_on=status in ("interrupted", "stopped", "failed", "completed")
        and _has_checkpoint(run.path),
        reason=" ".join(problems) or str(summary.get("reason") or ""),
        chance=_chance(run, metric),
        stamp=stamp,
    )


def with_live_times(entries: Sequence[Entry], session: Session) -> list[Entry]:
    """Returns the entries with the time of those runs that train in this window now."""
    if not session.active:
        return list(entries)

    race = session.race if session.racing else None
    records = [member.record for member in race.members] if race else [session.live_record]
    elapsed = {record.path: record.latest.elapsed for record in records if record.latest}
    return [replace(entry, seconds=elapsed.get(entry.path, entry.seconds)) for entry in entries]


def partner_of(
    entries: Sequence[Entry], chosen: Sequence[Entry], shown: Path | None
) -> Entry | None:
    """Returns what one chosen run is compared with: the run shown, else the newest other one.

    None where several or none are chosen, or there is no other.
    """
    others = [entry for entry in entries if entry is not chosen[0]] if len(chosen) == 1 else []
    first = next((entry for entry in others if entry.path == shown), None)
    return first or max(others, key=lambda entry: entry.started, default=None)


def _seconds(run: Run, status: str, summary: dict[str, Any]) -> float | None:
    """Returns the seconds of work on a run; None of one that runs, of which no file tells.

    A run that was interrupted has done those of its last checkpoint.
    """
    if status == "running":
        return None
    if status == "interrupted":
        return seconds_saved(run.path)

    return summary.get("seconds") or seconds_saved(run.path)


def _readable(read: Callable[[], Any]) -> dict[str, Any]:
    """Returns a file of the run; {} where it is damaged, which its problems say."""
    try:
        return dict(read())
    except RunFileError:
        return {}


def _chance(run: Run, metric: Metric) -> float | None:
    """Returns what always answering the same class reaches; None where that cannot be known."""
    if metric.name != "accuracy":
        return None

    counts = _readable(run.dataset).get("counts") or {}
    training, validation = counts.get("training") or (), counts.get("validation") or ()
    if not training or len(training) != len(validation) or not sum(validation):
        return None

    return float(validation[int(np.argmax(training))] / sum(validation))


def common_metric(entries: Sequence[Entry]) -> Metric | None:
    """Returns the headline metric of all entries; None where they differ, or there are none.

    Runs of other tools have no say beside those of this program.
    """
    own = [entry for entry in entries if entry.is_own] or entries
    names = {entry.metric.name for entry in own}
    return own[0].metric if len(names) == 1 else None


def _column(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _has_checkpoint(path: Path) -> bool:
    try:
        return any(path.glob("checkpoints/*/manifest.json"))
    except OSError:
        return False


def _stamp(run: Run) -> tuple[Any, ...]:
    """Returns a value that changes with everything that the entry shows."""
    times: list[Any] = [run.status]
    for name in ("metrics.jsonl", "summary.json", "environment.json", "note.txt", "checkpoints"):
        try:
            status = (run.path / name).stat()
            times.append((status.st_mtime_ns, status.st_size))
        except OSError:
            times.append(None)

    return tuple(times)
