"""A run that is read from its folder, as the events that it emitted. No torch here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.experiment import toml_file
from app.engine.runs import events
from app.engine.runs.epoch_records import EpochRecord, read_epoch
from app.engine.runs.findings import Finding
from app.engine.runs.history import (
    MEMORY,
    History,
    finding_of,
    lines,
    or_nan,
    prepared_event,
    read_history,
)
from app.engine.runs.metrics_lines import MemoryLine
from app.engine.runs.run import Run
from app.engine.runs.storage import manifest, shape
from app.engine.runs.storage.manifest import RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.runs.metrics_lines import EpochLine, MarkLine


def read_events(folder: Path) -> list[events.Event]:
    """Returns a run from its folder, as the events that it emitted.

    Raises UserError where it is no run.
    """
    run = Run(Path(folder))
    experiment = run.experiment()
    history = read_history(run.path)

    found: list[events.Event] = [
        events.RunStarted(str(run.path), run.name, toml_file.to_plain(experiment))
    ]
    environment = run.environment()
    if environment.get("prepared"):
        found.append(_prepared(run, environment["prepared"]))

    # Before the steps that they are among.
    found += [event for line in history.marks if (event := mark_event(line)) is not None]
    if len(history.steps):
        found.append(_steps_done(run, history))

    problems = [] if manifest.exists(run.path) else [_older()]
    for line in history.epochs:
        epoch, record, problem = epoch_done(run.path, line)
        found.append(epoch)
        problems += problem
    if history.epochs and record is not None:
        found.append(events.ProbePredicted(epoch.epoch, record.rows, record.predictions))

    found += _memory_measured(run)
    found += [events.NewFinding(finding_of(line["finding"])) for line in history.findings]
    found += [events.NewFinding(problem) for problem in problems]

    if end := finished_event(run):
        found.append(end)

    return found


def _older() -> Finding:
    return Finding(
        "older",
        "info",
        "A run of an older version",
        "It has no manifest.json, so its files cannot be compared with what was written.",
    )


def recorded_preparation(run: Run) -> events.RunPrepared | None:
    """Returns what a run told before its first step; None where that is not known yet."""
    try:
        return prepared_event(run.environment().get("prepared"))
    except RunFileError:
        return None


def _prepared(run: Run, data: object) -> events.RunPrepared:
    prepared = prepared_event(data)
    if prepared is None:
        raise manifest.damaged(run.path, "environment.json", "it holds values of another kind")

    return prepared


def _memory_measured(run: Run) -> Iterator[events.MemoryMeasured]:
    for line in lines(run.path, MEMORY):
        if shape.is_of(line, MemoryLine):
            yield events.MemoryMeasured(**line)


def _steps_done(run: Run, history: History) -> events.StepsDone:
    """Returns all steps of the history as one event."""
    summary = run.summary()
    last = int(history.steps[-1])

    return events.StepsDone(
        position=last,
        epoch=1 + sum(line["step"] < last for line in history.epochs),
        steps=history.steps,
        losses=history.losses,
        rates=history.rates,
        norms=history.norms,
        speed=summary.get("examples_per_second"),
        elapsed=float(summary.get("seconds") or 0.0),
        remaining=None,
    )


def mark_event(line: MarkLine) -> events.Event | None:
    """Returns the event of a mark; None for a divergence, which the end of the run tells."""
    if line["mark"] in ("resumed", "longer"):
        return events.Resumed(line["step"])
    if line["mark"] in ("changed", "memory"):
        return events.SettingsChanged(line["step"], line["values"], line.get("why", ""))

    return None


def epoch_done(
    folder: Path, line: EpochLine
) -> tuple[events.EpochDone, EpochRecord | None, list[Finding]]:
    """Returns an epoch, its record, and what is to be told where that is damaged."""
    problems = []
    record = None
    try:
        record = read_epoch(folder, line["epoch"], line.get("record", ""))
    except RunFileError as error:
        title = f"The record of epoch {line['epoch']} cannot be shown"
        problems.append(Finding("record", "warning", title, error.message))

    epoch = events.EpochDone(
        epoch=line["epoch"],
        step=line["step"],
        training_loss=or_nan(line["training_loss"]),
        validation_loss=or_nan(line["validation_loss"]),
        metrics={name: or_nan(value) for name, value in line["metrics"].items()},
        best=line["best"],
        best_epoch=line["best_epoch"],
        since_best=line["since_best"],
        seconds=line["seconds"],
        confusion=record.confusion if record else None,
        record=line.get("record", ""),
        elapsed=line.get("elapsed"),
    )
    return epoch, record, problems


def finished_event(run: Run) -> events.RunFinished | None:
    """Returns the end of a run; None of one that has not ended."""
    summary = run.summary()
    status = run.status
    if not summary or status == "running" or status == "interrupted" or status == "damaged":
        return None

    failure = summary.get("failure")
    return events.RunFinished(
        str(run.path),
        status,
        summary.get("reason", ""),
        summary,
        (failure[0], failure[1], failure[2]) if failure and len(failure) == 3 else None,
    )
