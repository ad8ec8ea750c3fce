"""The life of a run around its training: started and finished come as a pair, whatever happens in
between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.advice import while_training
from app.engine.compute import device as devices
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.runs import history
from app.engine.runs import summary as outcome
from app.engine.runs.control import Control, Stopped
from app.engine.runs.events import Event, Found, RunFinished, RunStarted, StageChanged, Status
from app.engine.runs.summary import Outcome
from app.engine.training import warm_up
from app.engine.training.failures import let_go, told, warnings_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.run import Run

End = tuple[Status, str]
"""How it ended, and the sentence for it."""

Failure = tuple[str, str, str]


@dataclass
class RunContext:
    """One execution of a run: where it lives, who listens, who asks, and what came of it so far."""

    run: Run
    experiment: Experiment
    listener: Callable[[Event], None]
    control: Control
    outcome: Outcome = field(default_factory=Outcome)

    def emit(self, event: Event) -> None:
        """Tells the listener; stages without a count also go to the log."""
        if isinstance(event, StageChanged) and not event.total:
            self.run.log(event.text)
        self.listener(event)

    def warn(self, key: str, title: str, text: str) -> None:
        """Tells something that a person should know and need not act upon."""
        self.run.log(f"{title}: {text}")
        self.listener(Found(while_training.Finding(key, "warning", title, text)))


def execute(
    run: Run,
    experiment: Experiment | None,
    emit: Callable[[Event], None],
    control: Control,
    body: Callable[[RunContext], End],
) -> RunFinished:
    """Runs `body` between RunStarted and RunFinished.

    Never raises: what goes wrong is in the event, as text.

    experiment: None for a run that goes on; it is read from its folder.
    """
    goes_on = experiment is None
    claimed = False
    context = None
    failure = None
    status: Status = "failed"

    reason = ""
    try:
        experiment = experiment or run.experiment()
        emit(RunStarted(str(run.path), run.name, toml_file.to_plain(experiment)))
        context = RunContext(run, experiment, emit, control)
        status, reason, failure, claimed = _lived(context, body)
    except BaseException as error:
        if context is None:
            emit(RunStarted(str(run.path), run.name, {}))
        failure = told(error)
        reason = failure[0]

    let_go()  # outside the except blocks: now nothing holds the tensors
    result = context.outcome if context else Outcome()

    summary = result.summary(run, experiment, status, reason, failure)
    if claimed and context is not None:
        if result.begun or not goes_on:  # a run that could not go on stays what it was
            _write(context, summary)
        if result.begun and status != "stopped":
            _advise(context, status, reason)

        run.log(f"{status}: {reason}")
        run.release()

    finished = RunFinished(str(run.path), status, reason, summary, failure)
    emit(finished)
    return finished


def _lived(
    context: RunContext, body: Callable[[RunContext], End]
) -> tuple[Status, str, Failure | None, bool]:
    """The body's end, or the failure as text; the last says whether the run was this process's to
    run.
    """
    run = context.run
    failure = None

    try:
        run.claim()
        run.sweep()
    except UserError as error:
        return "failed", str(error.what), told(error), False

    context.emit(StageChanged("Loading engine"))
    try:
        warm_up.warm_up()
        training = context.experiment.training

        threads = training.threads or (1 if training.cpu_use == "gentle" else devices.cores())
        with devices.computing_thread(threads), warnings_to(run.log):
            return (*body(context), None, True)
    except Stopped:
        kept = (
            "what was there is untouched"
            if context.outcome.progress.step
            else "there is nothing to keep"
        )
        return "stopped", f"Stopped before a step was done; {kept}.", None, True
    except KeyboardInterrupt:
        return "stopped", "Interrupted; resume it from its last checkpoint.", None, True
    except BaseException as error:
        failure = told(error)

    run.log(failure[2])
    return "failed", failure[0], failure, True


def _write(context: RunContext, summary: dict) -> None:
    try:
        outcome.write(context.run, summary)
    except UserError as error:
        context.warn("summary", "The summary could not be saved", str(error))


def _advise(context: RunContext, status: Status, reason: str) -> None:
    """What a knowing person would say of the end."""
    resolved = context.outcome.resolved
    findings = (
        while_training.after_failure(status, resolved, reason)
        if status in ("failed", "diverged")
        else []
    )
    for finding in findings:
        try:
            writer = history.Writer(context.run.path / history.METRICS)
            writer.line(history.finding_line(finding, context.outcome.progress.step))
            writer.close()
        except UserError as error:
            context.run.log(str(error))
        context.listener(Found(finding))
