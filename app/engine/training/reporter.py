"""What a run tells and writes at the end of an epoch, and what it finds worth knowing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.advice.near_copies import near_copies
from app.engine.advice.while_training import while_training
from app.engine.compute.batches import batch_count
from app.engine.learning.metrics import metrics_text
from app.engine.runs import history
from app.engine.runs.epoch_records import SharedRecords, write_epoch
from app.engine.runs.events import (
    EpochDone,
    NewFinding,
    ProbePredicted,
    ValidationPredicted,
)
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.engine.compute.evaluation import Evaluation
    from app.engine.runs.epoch_records import EpochRecord
    from app.engine.runs.findings import Finding
    from app.engine.runs.history import Writer
    from app.engine.runs.progress import Progress
    from app.engine.training.execution import RunContext
    from app.engine.training.plan import Plan
    from app.engine.training.recorder import ProgressSoFar
    from app.engine.training.saver import Saver
    from app.engine.training.validation import Validator

SHORT = 200
FEW = 20
"""Records share files in a run of more than FEW epochs, of at most SHORT steps each."""

MOST_TOLD = 8 << 20
"""Bytes of predictions of a validation split up to which they are told after every epoch."""

LOOKS = 100
"""In a run of many epochs findings are looked for after one in several: so many times at least."""


class Reporter:
    """Tells epochs and findings, and writes them to the run's history."""

    def __init__(
        self,
        plan: Plan,
        context: RunContext,
        progress: Progress,
        so_far: ProgressSoFar,
        writer: Writer,
        validator: Validator,
        saver: Saver,
        findings: Iterable[Finding],
    ) -> None:
        """findings: what the run has told already, oldest first."""
        self._plan = plan
        self._run = context.run
        self._outcome = context.outcome
        self._emit = context.emit
        self._progress = progress
        self._so_far = so_far
        self._writer = writer
        self._validator = validator
        self._saver = saver
        self._findings = {finding.key: finding for finding in findings}
        """What was told last, by key; of a run that goes on, what it told before."""

        steps = batch_count(plan.dataset.description.size("training"), plan.step_size)
        is_short = steps <= SHORT and plan.epochs > FEW
        self._shared = SharedRecords(context.run.path) if is_short else None
        self._look_every = max(1, plan.epochs // LOOKS)
        writer.before_write = self._write_shared

    def epoch(self, evaluation: Evaluation, better: bool, seconds: float, elapsed: float) -> None:
        """Tells the epoch that was just judged, with its findings.

        seconds: what judging took. elapsed: seconds of work on the run so far.
        """
        progress = self._progress
        loss = progress.loss_sum / progress.loss_count if progress.loss_count else float("nan")
        self._outcome.training_loss[progress.epoch] = loss
        record = self._validator.record(evaluation)
        event = EpochDone(
            progress.epoch,
            progress.step,
            loss,
            evaluation.loss,
            dict(evaluation.metrics),
            better,
            progress.best_epoch,
            progress.since_best,
            seconds,
            evaluation.confusion,
            self._keep(record),
            elapsed,
        )

        line = history.epoch_line(event)
        self._writer.line(line, may_wait=True)
        self._emit(event)
        self._emit(ProbePredicted(event.epoch, record.rows, record.predictions))
        if evaluation.confusion is not None and evaluation.predictions.nbytes <= MOST_TOLD:
            rows = self._plan.dataset.indices["validation"]
            self._emit(ValidationPredicted(event.epoch, rows, evaluation.predictions))

        self._log(event)

        if event.epoch == 1 and (copies := near_copies(self._plan.dataset)) is not None:
            self.find(copies)

        self._so_far.add_epoch(line, evaluation.confusion)
        if event.epoch % self._look_every and event.epoch != self._plan.epochs:
            return

        for finding in while_training(
            self._so_far,
            self._plan.dataset.description,
            self._plan.resolved,
        ):
            self.find(finding)

    def _keep(self, record: EpochRecord) -> str:
        """Keeps the record of the epoch; returns its hash, "" where the disk refuses it at once."""
        if self._shared is not None:
            return self._shared.add(self._progress.epoch, record)

        written = []

        def write() -> None:
            written.append(write_epoch(self._run.path, self._progress.epoch, record))

        self._saver.guarded(write, f"The record of epoch {self._progress.epoch}")
        return written[0] if written else ""

    def _write_shared(self) -> None:
        """Writes the records that wait, before the lines that name them."""
        if self._shared is not None:
            self._saver.guarded(self._shared.write, "The records of epochs")

    def find(self, finding: Finding) -> None:
        """Tells a finding, once for as long as it says the same."""
        if self._findings.get(finding.key) != finding:
            self._findings[finding.key] = finding
            self._writer.line(history.finding_line(finding, self._progress.step))
            self._emit(NewFinding(finding))

    def _log(self, event: EpochDone) -> None:
        """Writes the epoch to the log, in a line."""
        self._run.log(
            f"epoch {event.epoch}: training loss {number_text(event.training_loss)}, "
            f"validation loss {number_text(event.validation_loss)}, {metrics_text(event.metrics)}",
            may_wait=True,
        )
