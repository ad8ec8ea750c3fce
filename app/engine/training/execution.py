"""One execution of a run: started and finished are told as a pair, whatever happens in between."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.advice.after_training import after_failure
from app.engine.compute import device as devices
from app.engine.errors import UserError, with_remedy
from app.engine.experiment import toml_file
from app.engine.files import as_user_error
from app.engine.runs import history
from app.engine.runs.control import Control, Stopped
from app.engine.runs.events import Event, NewFinding, RunFinished, RunStarted, StageChanged
from app.engine.runs.findings import Finding
from app.engine.runs.outcome import Outcome
from app.engine.runs.promises.after_run import settle
from app.engine.runs.storage import manifest
from app.engine.runs.storage.place import Place
from app.engine.training.ending import WEIGHTS_ARE_SAFE, End
from app.engine.training.failures import ErrorText, error_text, warnings_to
from app.engine.training.memory_shortage import release_memory
from app.engine.training.ranks.team import ALONE, Team
from app.engine.training.warm_up import warm_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.experiment.experiment import Experiment
    from app.engine.experiment.plain import PlainExperiment
    from app.engine.runs.run import Run
    from app.engine.runs.summary import Status, Summary

LOCKED = (
    "It has ended, but its running.json could not be removed or its lock could not be "
    "released. Close the program; if the run is then shown as interrupted, resume it."
)


@dataclass
class RunContext:
    """Says of one execution of a run who listens, who makes requests, and what came of it so far.

        context = RunContext(run, emit, control)
        with context.guarded():
            context.begin(experiment)
            ...
            context.end = ...
        return context.finish()

    goes_on: whether the run was begun before. team: the processes that train it. end: set by the
    training; without that, a failure.
    """

    run: Run
    listener: Callable[[Event], None]
    control: Control
    goes_on: bool = False
    team: Team = ALONE
    experiment: Experiment | None = None
    outcome: Outcome = field(default_factory=Outcome)
    end: End = ("failed", "")
    failure: ErrorText | None = None
    _started: bool = False
    _claimed: bool = False
    _place: Place | None = None

    def emit(self, event: Event) -> None:
        """Tells the listener; stages without a count also go to the log."""
        if isinstance(event, StageChanged) and not event.total:
            self.run.log(event.text)

        self.listener(event)

    def warn(self, key: str, title: str, text: str) -> None:
        """Tells something that a person should know and need not act upon."""
        self.run.log(f"{title}: {text}")
        self.listener(NewFinding(Finding(key, "warning", title, text)))

    # --- from begin to finish

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turns whatever goes wrong inside into the run's end, as text: no exception leaves it."""
        try:
            yield
        except Stopped:
            steps = self.outcome.progress.step
            state = "what was there is untouched" if steps else "there is nothing to keep"
            self.end = "stopped", f"Stopped before a step was done; {state}."
        except KeyboardInterrupt:
            self.end = "stopped", "Interrupted; resume it from its last checkpoint."
        except BaseException as error:
            self.failure = error_text(error, self.run.path)
            self.end = "failed", self.failure[0]

        if self.failure is not None and self._claimed:
            self.run.log(self.failure[2])

    def begin(self, experiment: Experiment) -> None:
        """Tells that the run starts and claims its folder.

        Raises UserError where another process has it.
        """
        self.experiment = experiment
        self._start(toml_file.to_plain(experiment))
        self.run.claim()
        self._claimed = True
        self._place = Place(self.run, self.control)

    def follow_folder(self) -> None:
        """Goes on where the folder is if somebody moved it; asks for a stop where it is gone."""
        if self._place is not None and self._place.check():
            text = f"The run goes on in '{self.run.path}'."
            self.listener(NewFinding(Finding("moved", "info", "The folder was moved", text)))

    @contextmanager
    def engine(self, experiment: Experiment) -> Iterator[None]:
        """Loads the engine and makes this thread the one that computes; its warnings are logged."""
        self.emit(StageChanged("Loading engine"))
        warm_up()

        training = experiment.training
        threads = training.threads or (1 if training.cpu_use == "gentle" else devices.cores())
        with (
            devices.computing_thread(threads, give_way=False),
            warnings_to(self.run.log),
        ):
            yield

    def finish(self) -> RunFinished:
        """Writes what came of the run and tells that it is finished."""
        release_memory()  # nothing holds the tensors any more
        self.follow_folder()
        if not self._started:
            self._start({})

        status, reason = self.end
        self._settle_promise(status)
        summary = self.outcome.summary(self.run, self.experiment, status, reason, self.failure)
        if self._claimed:
            # One that could not go on stays what it was.
            is_its_end = self.outcome.begun or not self.goes_on
            if is_its_end and not self._write(summary) and self.failure is not None:
                status, reason = "failed", with_remedy(*self.failure[:2])
                summary = self.outcome.summary(
                    self.run, self.experiment, status, reason, self.failure
                )
            if self.outcome.begun and status != "stopped":
                self._advise(status, reason)

            self._note_history()
            self.run.log(f"{status}: {reason}")
            if self._place is not None:
                self._place.close()
            if not self.run.release():
                self.warn("lock", "The run still looks as if it were going on", LOCKED)

        finished = RunFinished(str(self.run.path), status, reason, summary, self.failure)
        self.listener(finished)
        return finished

    def _start(self, experiment: PlainExperiment) -> None:
        """Tells that the run starts. experiment: as plain data, {} where it could not be read."""
        self._started = True
        self.listener(RunStarted(str(self.run.path), self.run.name, experiment))

    def _write(self, summary: Summary) -> bool:
        """Writes summary.json, or warns where the disk refuses; returns whether it is written."""
        try:
            self.run.write_summary(summary)
        except (UserError, OSError) as error:
            refusal = as_user_error(error, self.run.path)
            self.warn("summary", "The summary could not be saved", str(refusal))
            if self.failure is None:
                remedy = WEIGHTS_ARE_SAFE if self.outcome.best_is_saved else refusal.remedy
                self.failure = f"The summary could not be saved: {refusal.what}", remedy, ""
            return False

        return True

    def _settle_promise(self, status: Status) -> None:
        """Notes what came of what was promised before the start."""
        if not self._claimed:
            return

        try:
            self.outcome.promise = settle(self.run, self.outcome, status)
        except (UserError, OSError) as error:
            self.run.log(str(error))

    def _note_history(self) -> None:
        """Notes the length and hash of the histories at the end; the disk may refuse it."""
        try:
            manifest.note_grown(self.run.path)
        except (UserError, OSError) as error:
            self.run.log(str(error))

    def _advise(self, status: Status, reason: str) -> None:
        """Tells what helps after a failure, and writes it to the run's history."""
        if status not in ("failed", "diverged"):
            return

        for finding in after_failure(status, self.outcome.resolved, reason):
            try:
                writer = history.Writer(self.run.path / history.METRICS)
                writer.line(history.finding_line(finding, self.outcome.progress.step))
                writer.close()
            except (UserError, OSError) as error:
                self.run.log(str(error))

            self.listener(NewFinding(finding))
