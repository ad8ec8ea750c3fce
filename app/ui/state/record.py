"""What is known of one run, live or from its folder: curves, epochs, memory and the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.errors import UserError
from app.engine.experiment.resolve import ResolvedExperiment, read_resolved
from app.engine.runs import events
from app.engine.runs.live_changes import changes_in_words
from app.engine.runs.recorded_events import read_events
from app.engine.runs.run import Run
from app.ui.state.optimizer_history import OptimizerHistory


class Curve:
    """A growing array of float64 values; `values` is a view of what is there."""

    def __init__(self, values: np.ndarray | None = None) -> None:
        self._buffer = np.empty(1024) if values is None else np.array(values, dtype=float)
        self._size = 0 if values is None else len(self._buffer)

    def extend(self, values: np.ndarray) -> None:
        needed = self._size + len(values)
        if needed > len(self._buffer):
            grown = np.empty(max(needed, 2 * len(self._buffer), 1024))
            grown[: self._size] = self._buffer[: self._size]
            self._buffer = grown

        self._buffer[self._size : needed] = values
        self._size = needed

    def cut(self, size: int) -> None:
        """Forgets all but the first `size` values."""
        self._size = min(self._size, size)

    @property
    def values(self) -> np.ndarray:
        return self._buffer[: self._size]

    def __len__(self) -> int:
        return self._size


class Record:
    """One run as the window knows it. `add` takes its events in order."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.begun: datetime | None = None
        """When the run was begun, in local time; None before it is known."""
        self.started: events.RunStarted | None = None
        self.prepared: events.RunPrepared | None = None
        self.stage: events.StageChanged | None = None
        self.latest: events.StepsDone | None = None
        self.steps = Curve()
        self.losses = Curve()
        self.rates = Curve()
        self.norms = Curve()
        self.epochs: list[events.EpochDone] = []
        self.has_weights = False
        """Whether weights are on the disk that can answer: those of an epoch that was judged."""
        self.memory: list[events.MemoryMeasured] = []
        self.probe: events.ProbePredicted | None = None
        self.validation: events.ValidationPredicted | None = None
        """What the whole validation split was predicted as last, while a run trains here."""
        self.findings: dict[str, Any] = {}
        self.marks: list[tuple[int, str]] = []
        """(step, text) of each resume, and of each change made while the run trained."""
        self.changes: list[events.SettingsChanged] = []
        """Each change made while the run trained, once, also where its steps were done again."""
        self.inside = OptimizerHistory()
        """What was measured inside the optimizer, while somebody looked."""
        self._done = 0
        """Steps done, as far as any event says."""
        self.finished: events.RunFinished | None = None

    def add(self, event: events.Event) -> None:
        match event:
            case events.RunStarted():
                self.started = event
                self.path = Path(event.run)
                self.begun = self.begun or datetime.now()
            case events.StageChanged():
                self.stage = event
            case events.RunPrepared():
                self.prepared = event
                if not event.first_step:
                    self.has_weights = False
                self._forget_after(event.first_step)  # after a shortage of memory a run begins anew
            case events.StepsDone():
                self.latest = event
                self._done = event.position
                self.steps.extend(event.steps)
                self.losses.extend(event.losses)
                self.rates.extend(event.rates)
                self.norms.extend(event.norms)
            case events.CheckpointSaved():
                self.has_weights = self.has_weights or event.best
            case events.EpochDone():
                if self.epochs and event.best:
                    self.epochs = [replace(epoch, best=False) for epoch in self.epochs]
                # An epoch at whose end a run was saved may be told again when it goes on.
                self.epochs = [epoch for epoch in self.epochs if epoch.epoch < event.epoch]
                self.epochs.append(event)
            case events.MemoryMeasured():
                self.memory.append(event)
            case events.ProbePredicted():
                self.probe = event
            case events.ValidationPredicted():
                self.validation = event
            case events.NewFinding():
                self.findings[event.finding.key] = event.finding
            case events.Resumed():
                self._forget_after(event.step)
                self._mark(event.step, "resumed")
            case events.SettingsChanged():
                self._done = max(self._done, event.step)
                if event not in self.changes:
                    self.changes.append(event)
                    self._mark(event.step, self.words_of(event))
            case events.OptimizerMeasured():
                self.inside.add(event)
            case events.RunFinished():
                self.finished = event
                if event.run:
                    self.path = Path(event.run)  # its folder may have been moved

    def _forget_after(self, step: int) -> None:
        """Drops what came after a step.

        A run that was killed goes on from its last checkpoint and does the steps after it again.
        """
        self._done = step
        kept = int(np.searchsorted(self.steps.values, step, side="right"))
        for curve in (self.steps, self.losses, self.rates, self.norms):
            curve.cut(kept)

        self.epochs = [epoch for epoch in self.epochs if epoch.step <= step]
        self.memory = [reading for reading in self.memory if reading.step <= step]
        self.inside.forget_after(step)

    def _mark(self, step: int, text: str) -> None:
        if (step, text) not in self.marks:
            self.marks.append((step, text))

    # --- changes while the run trained

    @property
    def resolved(self) -> ResolvedExperiment | None:
        """Returns the experiment with every setting filled in.

        None before it is known, or for a run of another version, which may know other settings.
        """
        if self.prepared is None:
            return None

        try:
            return read_resolved(self.prepared.resolved)
        except (UserError, ValueError):
            return None

    def words_of(self, change: events.SettingsChanged) -> str:
        """Returns a change as a person reads it: "learning rate × 0.5"."""
        return changes_in_words(self.resolved, change.values)

    def in_force(self) -> dict[str, float | None]:
        """Returns what differs from the experiment after the steps done so far.

        Name -> value, as in events.Changed.
        """
        values: dict[str, float | None] = {}
        for change in sorted(self.changes, key=lambda change: change.step):
            if change.step <= self._done:
                values |= change.values

        return values

    @property
    def best(self) -> events.EpochDone | None:
        """Returns the best epoch so far."""
        best = self.epochs[-1].best_epoch if self.epochs else 0
        return next((epoch for epoch in self.epochs if epoch.epoch == best), None)


def read_record(path: Path) -> Record:
    """Reads the record of a run from its folder: curves, epochs, memory and end.

    Raises UserError where the folder holds no run.
    """
    record = Record(path)
    record.begun = Run(path).started
    for event in read_events(path):
        record.add(event)

    record.has_weights = Run(path).best_folder is not None

    return record
