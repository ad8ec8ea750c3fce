"""Follows a run that another process trains: its folder, read as events while it grows."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.detached.event_file import Pace, event_of
from app.engine.detached.growing_file import GrowingFile
from app.engine.experiment import toml_file
from app.engine.runs import events, history
from app.engine.runs.metrics_lines import EpochLine, FindingLine, MarkLine, MemoryLine
from app.engine.runs.recorded_events import (
    epoch_done,
    finished_event,
    mark_event,
    recorded_preparation,
)
from app.engine.runs.run import Run
from app.engine.runs.step_lines import StepColumns, objects
from app.engine.runs.storage import shape
from app.engine.runs.storage.own_names import EVENTS
from app.engine.runs.storage.run_lock import is_held

if TYPE_CHECKING:
    from app.engine.runs.findings import Finding

ASK_EVERY = 1.0
"""Seconds between two questions whether the process still lives."""

SILENT = 3
"""Times in a row that nobody holds the run until it counts as ended: its end is told after that."""


BEFORE_STEPS = (events.Paused, events.Resumed)
"""Events that are told before the steps that came with them."""


class Follower:
    """Reads the events of a run from its folder; `poll` returns those that came since the last.

        follower = Follower(folder)
        while not follower.ended:
            for event in follower.poll():
                ...

    The last one is RunFinished, unless the process died: then `died` is true, and the run can be
    resumed. Raises UserError where the folder is no run.
    """

    def __init__(self, folder: Path, first_step: int = 0, known: bool = False) -> None:
        """known: who asks has the history of the run already; it is told from where it goes on."""
        self._run = Run(Path(folder))
        self._plain = toml_file.to_plain(self._run.experiment())
        self._metrics = GrowingFile(self._run.path / history.METRICS)
        self._memory = GrowingFile(self._run.path / history.MEMORY)
        self._told = GrowingFile(self._run.path / EVENTS)
        self._begun = False
        self._waits = known
        self._history_told = False
        self._first_step = first_step
        self._prepared: events.RunPrepared | None = None
        self._pace: Pace | None = None
        self._epoch = 1
        self._findings: dict[str, Finding] = {}
        self._epoch_lines: dict[int, EpochLine] = {}
        self._asked = 0.0
        self._silent = 0
        self.ended = False
        self.died = False

    def poll(self) -> list[events.Event]:
        """Returns what is new; nothing after the end."""
        if self.ended:
            return []

        found: list[events.Event] = []
        if not self._begun:
            self._begun = True
            found.append(events.RunStarted(str(self._run.path), self._run.name, self._plain))

        # Asked first: what was written before a death is read after it.
        silent = self._is_silent()
        # The history before the events: it is cut before a run is prepared, and grows after that.
        lines = b"" if self._waits else self._metrics.read()
        told = [event for line in objects(self._told.read()) if (event := event_of(line))]
        prepared = next((e for e in reversed(told) if isinstance(e, events.RunPrepared)), None)
        end = next((e for e in told if isinstance(e, events.RunFinished)), None)
        if prepared is None and self._prepared is None and not (self._run.path / EVENTS).exists():
            self._prepared = recorded_preparation(self._run)
            found += [self._prepared] if self._prepared is not None else []
        if prepared is not None:
            at = told.index(prepared)
            found += self._plain_events(told[: at + 1])
            told = told[at + 1 :]
            lines = self._take_up(prepared)

        for event in told:
            if isinstance(event, Pace):
                self._pace = event
        while (end is not None or silent) and (more := self._metrics.read()):
            lines += more

        # Whoever listens forgets the steps behind the one from which a run goes on.
        found += [event for event in told if isinstance(event, BEFORE_STEPS)]
        found += self._from_history(lines)
        found += self._from_memory()
        found += self._plain_events([e for e in told if not isinstance(e, BEFORE_STEPS)])
        if end is None and silent:
            end = finished_event(self._run)
            self.died = end is None
        if end is not None:
            found.append(replace(end, run=str(self._run.path)))

        self.ended = silent or end is not None
        return found

    def _is_silent(self) -> bool:
        """Returns whether nobody has trained the run for some time."""
        now = time.monotonic()
        if now - self._asked >= ASK_EVERY:
            # One that nobody trains when it is looked at for the first time has ended before.
            more = 1 if self._asked else SILENT
            self._asked = now
            self._silent = 0 if is_held(self._run.path) else self._silent + more

        return self._silent >= SILENT

    def _take_up(self, prepared: events.RunPrepared) -> bytes:
        """Begins to read the history anew; what is known of it is left out then."""
        if self._waits or self._prepared is not None or self._history_told:
            self._first_step = prepared.first_step

        self._waits = False
        self._prepared = prepared
        self._metrics.rewind()
        return self._metrics.read()

    def _plain_events(self, told: list[events.Event | Pace]) -> list[events.Event]:
        """Returns the events that stand as such in the file of events, but for the end."""
        found: list[events.Event] = []
        for event in told:
            if isinstance(event, events.NewFinding):
                found += self._finding(event.finding)
            elif not isinstance(event, (Pace, events.RunFinished)):
                found.append(event)

        return found

    def _finding(self, finding: Finding) -> list[events.Event]:
        """Returns a finding if it is new: most stand in two files."""
        if self._findings.get(finding.key) == finding:
            return []

        self._findings[finding.key] = finding
        return [events.NewFinding(finding)]

    def _from_history(self, lines: bytes) -> list[events.Event]:
        """Returns what new lines of metrics.jsonl tell: changes, steps, epochs, findings."""
        self._history_told = self._history_told or bool(lines)
        marks: list[events.Event] = []
        epochs: list[events.Event] = []
        findings: list[events.Event] = []
        columns = StepColumns()
        probe: list[events.Event] = []
        for line in columns.take(lines) if lines else ():
            if "mark" in line:
                if shape.is_of(line, MarkLine) and line["step"] >= self._first_step:
                    marks += [event] if (event := mark_event(line)) else []
            elif "finding" in line:
                if shape.is_of(line, FindingLine):
                    findings += self._finding(history.finding_of(line["finding"]))
            elif (
                # One that ended with this very step may have been judged only when the run went on.
                "epoch" in line
                and shape.is_of(line, EpochLine)
                and line["step"] >= self._first_step
                and self._epoch_lines.get(line["epoch"]) != line  # it was not told already
            ):
                self._epoch_lines[line["epoch"]] = line
                epoch, record, problems = epoch_done(self._run.path, line)
                self._epoch = epoch.epoch + 1
                epochs.append(epoch)
                epochs += [events.NewFinding(problem) for problem in problems]
                if record is not None:
                    predictions = record.predictions
                    probe = [events.ProbePredicted(epoch.epoch, record.rows, predictions)]

        return [*marks, *self._steps_done(columns), *epochs, *probe, *findings]

    def _steps_done(self, columns: StepColumns) -> list[events.Event]:
        steps, losses, rates, norms = columns.columns()
        new = steps > self._first_step
        if not new.any():
            return []

        steps = steps[new]
        position = int(steps[-1])
        pace = self._pace
        epoch = pace.epoch if pace is not None else self._epoch
        if self._prepared is not None:
            epoch = (position - 1) // max(1, self._prepared.steps_per_epoch) + 1

        return [
            events.StepsDone(
                position,
                epoch,
                np.array(steps),
                losses[new],
                rates[new],
                norms[new],
                pace.speed if pace is not None else None,
                pace.elapsed if pace is not None else 0.0,
                pace.remaining if pace is not None else None,
            )
        ]

    def _from_memory(self) -> list[events.Event]:
        if self._waits:
            return []

        return [
            events.MemoryMeasured(**line)
            for line in objects(self._memory.read())
            if shape.is_of(line, MemoryLine) and line["step"] > self._first_step
        ]
