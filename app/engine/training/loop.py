"""The training loop: steps and epochs of one attempt at a run, then its end.

`Training.fit` reads from top to bottom. What stands around it is in the neighbouring files:
interruptions (between two steps), recorder and reporter (what is told), saver and validation (what
is kept).
"""

from __future__ import annotations

import math
import time
import traceback
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from app.engine.compute import priority
from app.engine.data.verification import Verification
from app.engine.errors import UserError
from app.engine.learning.schedule import scale_of
from app.engine.runs import history, weights_in_use
from app.engine.runs.control import Stopped
from app.engine.runs.events import StageChanged
from app.engine.runs.history import finding_of
from app.engine.runs.progress import Progress
from app.engine.runs.tensors import restore_model, weights_sha256
from app.engine.training.ending import NOT_COMPARED, describe_end, unsaved_results, unsaved_weights
from app.engine.training.interruptions import Interruptions
from app.engine.training.live_changes_applied import LiveChanges
from app.engine.training.margin_keeper import MarginKeeper
from app.engine.training.memory_recorder import MemoryRecorder
from app.engine.training.memory_shortage import halve_parts, out_of_memory
from app.engine.training.probes.look_keeper import LookKeeper
from app.engine.training.probes.probes import Probes
from app.engine.training.recorder import Diverged, ProgressSoFar, Recorder
from app.engine.training.reporter import Reporter
from app.engine.training.saver import Saver
from app.engine.training.validation import (
    BestKeeper,
    Validator,
    count_patience,
    is_better,
    write_results,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch

    from app.engine.compute.evaluation import Evaluation
    from app.engine.data.preparation import Batch
    from app.engine.memory.step_meter import StepMeter
    from app.engine.runs.history import Writer
    from app.engine.training.build import TrainState
    from app.engine.training.ending import End
    from app.engine.training.execution import RunContext

TOLD_FROM = 0.1
"""Seconds: where judging the epoch before took less, nobody is told that it goes on."""


class Training:
    """Makes one attempt at a run, from its first step or a checkpoint's to its end."""

    def __init__(
        self, train_state: TrainState, context: RunContext, progress: Progress, writer: Writer
    ) -> None:
        run, emit, plan = context.run, context.emit, train_state.plan
        self.train_state = train_state
        self.progress = progress
        self.writer = writer
        self.run = run
        self.emit = emit
        self.control = context.control
        self.outcome = context.outcome
        self.end: End = ("completed", "")

        # What is damaged was told when the run was taken up.
        earlier = history.read_history(run.path, verified=False)
        self.live_changes = LiveChanges(train_state, progress, earlier.marks, writer, emit, run.log)
        so_far = ProgressSoFar(earlier, self.live_changes.records, run.path)
        self.recorder = Recorder(progress, train_state.steps, plan.epochs, writer, so_far, emit)
        self.validator = Validator(train_state)
        self.best = BestKeeper(train_state, run)
        self.verification = Verification(plan.dataset.mapped_copies)
        self.margins = MarginKeeper(train_state, run)
        self.saver = Saver(
            train_state, run, progress, self.recorder, writer, self.best, self.margins, emit
        )
        self.looks = LookKeeper(train_state, run, self.saver, self.validator.probes)
        self.memory = MemoryRecorder(train_state, run, self.outcome, emit)
        self.probes = Probes(train_state, context)
        self.reporter = Reporter(
            plan,
            context,
            progress,
            so_far,
            writer,
            self.validator,
            self.saver,
            [finding_of(line["finding"]) for line in earlier.findings],
        )
        self.interruptions = Interruptions(
            context,
            progress,
            self.recorder,
            self.saver,
            self.live_changes,
            self.reporter,
            self.verification,
        )

        self.outcome.changes = self.live_changes.records
        self.outcome.training_loss = {
            line["epoch"]: line["training_loss"] for line in so_far.epochs
        }
        train_state.passes.load_scale(progress.scaler)

        self._peak_rate = float(train_state.optimizer.param_groups[0]["lr"])
        self._is_first_read = True
        self._judging_seconds = math.inf
        self._save_soon = False
        self._best_refused: UserError | None = None
        """Why the best weights are not on the disk; None if they are."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Goes around `fit`: notes how it ended, and saves what is left to save in any case."""
        self.outcome.begun = True
        self.saver.guarded(lambda: weights_in_use.forget_choice(self.run), "The choice of weights")

        try:
            with self.verification.running():
                try:
                    yield
                    self.saver.save()  # again, where the disk refused the last state
                except Stopped:
                    self.end = "stopped", ""
                    # What may have been learned from damaged data is not kept.
                    with suppress(Stopped):
                        self.verification.require(self._check_hurried)
        except Diverged as error:
            self.writer.line({"mark": "diverged", "step": error.step})
            self.end = "diverged", f"The loss was no longer a number at step {error.step:,}."
        finally:
            self.recorder.flush_clock()
            self.memory.close()
            # They may have waited for a state to be saved with.
            self._best_refused = self.saver.guarded(self.best.save, "The best weights")
            self._note_outcome()

    # --- the loop

    def fit(self) -> None:
        """Trains to the end of the last epoch, or to where early stopping ends it.

        Raises Stopped, Diverged, UserError, or what torch raises.
        """
        progress = self.progress
        batches = self.train_state.batches
        self.emit(StageChanged("First batch"))
        self.train_state.network.train()

        while not progress.end:
            batches.begin_epoch(progress.epoch)
            while progress.batch < batches.count:
                self.interruptions.before_step()
                self._step()

            self.recorder.flush()  # waits for the device
            self.verification.require(self.control.check)
            self._end_epoch()

    def _step(self) -> None:
        """Takes the next step: one batch, forward, backward, and the optimizer."""
        train_state = self.train_state
        progress = self.progress
        optimizer = train_state.optimizer
        passes = train_state.passes
        step = progress.step

        rate = self._rate(step)
        for group in optimizer.param_groups:
            group["lr"] = rate

        with train_state.team.step(progress, rate):
            train_state.randomness.begin_step(progress.epoch, step)
            inputs, targets = train_state.batches.get(progress.batch)
            with self.memory.step(inputs, targets) as meter:
                loss = self._gradients(inputs, targets, meter)
                passes.unscale(optimizer)
                norm = self._clip_gradients(step)
                self.probes.before_update()
                passes.step(optimizer)

        size = targets.shape[0]  # len() of a tensor takes longer
        self.margins.note_step()
        progress.step = step + 1
        progress.batch = progress.batch + 1
        progress.examples = progress.examples + size

        self.probes.after_update(step + 1, rate)
        if self.recorder.note(loss, rate, size, norm):
            # Waits for the device: after the first step, then at most ten times a second.
            self.recorder.flush()
            self._after_flush()

    def _rate(self, step: int) -> float:
        """Returns the learning rate of a step: the schedule's, times the live changes' factor."""
        train_state = self.train_state
        factor = train_state.schedule.factor(step, train_state.steps)
        scheduled = self._peak_rate * factor * scale_of(self.progress.schedule)
        return scheduled * self.live_changes.rate_factor

    def _clip_gradients(self, step: int) -> torch.Tensor | None:
        """Clips the gradients where that is set; returns their norm, None where nobody needs it."""
        passes = self.train_state.passes
        if self.live_changes.clip:
            return passes.clip(self.live_changes.clip)
        if step % self.recorder.norm_every == 0:
            return passes.gradient_norm()

        return None

    def _gradients(
        self, inputs: Batch, targets: torch.Tensor, meter: StepMeter | None
    ) -> torch.Tensor:
        """Returns the loss of a batch, its gradients left with the weights.

        Where memory runs out it is done again in parts of half the size, three times in a run.
        Raises UserError after that.
        """
        train_state = self.train_state
        progress = self.progress
        while True:
            try:
                return train_state.passes(
                    inputs, targets, meter.forward if meter is not None else None
                )
            except Exception as error:
                if train_state.team.size > 1 or not out_of_memory(error):
                    raise
                self.run.log("".join(traceback.format_exception(error)))

            # Outside the except block: the exception held the frames, and the frames the tensors.
            monitor = self.memory.monitor
            self.reporter.find(halve_parts(train_state, progress, self.live_changes, monitor))
            self.memory.meter_next_step()
            # What a failed pass did to running averages is not to be done again.
            self._save_soon = True
            train_state.randomness.begin_step(progress.epoch, progress.step)

    def _after_flush(self) -> None:
        """Measures the memory and saves the state where it is time."""
        first = self._is_first_read
        self._is_first_read = False
        self.verification.refuse_damage()
        if first:
            self.emit(StageChanged("Training"))
            priority.give_way()  # there is something to see now

        self.memory.measure_if_due(self.progress.step, first)
        if self.saver.due or self._save_soon:
            self._save_soon = False
            # Nothing is kept of what may have been learned from damaged data.
            self.verification.require(self.control.check)
            self.saver.save()

        if first:
            self.recorder.restart_clock()

    # --- the end of an epoch

    def _end_epoch(self) -> None:
        """Judges the epoch, decides whether it was the last, and saves."""
        progress = self.progress
        plan = self.train_state.plan
        settings = plan.resolved.training
        begun = time.perf_counter()
        is_told = self._judging_seconds >= TOLD_FROM
        if is_told:
            self.emit(StageChanged(f"Judging epoch {progress.epoch}"))

        evaluation = self.validator.validation(self.interruptions.check)
        self.margins.end_epoch(progress.epoch)

        better = is_better(progress, evaluation, settings.best_by, plan.task.headline)
        if better:
            self._note_best(evaluation)
            self.best.take(progress, evaluation, progress.epoch)

        count_patience(progress, evaluation.loss, settings.min_delta)
        progress.schedule = self.train_state.schedule.after_validation(
            progress.schedule, evaluation.loss
        )
        epoch = progress.epoch
        judging = time.perf_counter() - begun
        self.reporter.epoch(evaluation, better, judging, self.recorder.elapsed)
        self.looks.take(epoch, self.validator.record(evaluation))

        if epoch >= plan.epochs:
            progress.end = "completed"
        elif settings.patience and progress.since_best >= settings.patience:
            progress.end = "early"

        progress.epoch = epoch + 1
        progress.batch = 0
        progress.loss_sum = 0.0
        progress.loss_count = 0

        if self.saver.due_after_epoch:
            self.saver.save()

        self._judging_seconds = time.perf_counter() - begun
        self.recorder.restart_clock(judging=self._judging_seconds)
        if is_told and not progress.end:
            self.emit(StageChanged("Training"))

    def _note_best(self, evaluation: Evaluation) -> None:
        """Notes this epoch as the best in the progress."""
        progress = self.progress
        progress.best_epoch = progress.epoch
        progress.best_step = progress.step
        progress.best_loss = evaluation.loss
        progress.best_metric = evaluation.metrics.get(self.train_state.plan.task.headline.name)

    # --- the end of the run

    def finish(self) -> End:
        """Saves where it stands, judges the best weights on the test split, says how it ended.

        Raises UserError.
        """
        if self.end[0] == "stopped":
            if self.verification.is_complete:
                self.saver.save()
            else:
                self.saver.trouble = NOT_COMPARED

        self.saver.guarded(self.margins.finish, "The margins of the training examples")
        self._note_outcome()
        self.outcome.weights_sha256 = weights_sha256(self.train_state.network.state_dict())
        # After a second request to stop it is not judged; what is saved can be judged later.
        with suppress(Stopped):
            self._judge_best(self._check_hurried)

        self._note_outcome()
        if self._best_refused is not None and self.end[0] == "completed":
            raise unsaved_weights(self._best_refused)

        return describe_end(
            self.end, self.progress, self.train_state, self.outcome, self.saver.trouble
        )

    def _note_outcome(self) -> None:
        """Notes what is kept by now."""
        if self.best.is_saved:
            self._best_refused = None

        self.outcome.best = self.best.state
        self.outcome.best_is_saved = self.best.weights is not None and self.best.is_saved

    def _check_hurried(self) -> None:
        """Raises Stopped after a second request to stop."""
        if self.control.stopping_at_once:
            raise Stopped

    def _judge_best(self, check: Callable[[], None]) -> None:
        """Judges the best weights on the test split. Raises Stopped where `check` does."""
        check()
        if self.best.weights is None and self.progress.step and self.end[0] != "diverged":
            self.emit(StageChanged("Judging what was learned so far"))
            self._keep_partial(check)

        self._note_outcome()
        if self.best.weights is None:
            return

        self.emit(StageChanged("Judging the best epoch on the test examples"))
        restore_model(self.train_state.network, self.best.weights)
        self.train_state.team.weights_changed()
        evaluation = self.validator.test(check)
        if evaluation is not None:
            self.outcome.test = evaluation.loss, dict(evaluation.metrics)
            rows = self.train_state.plan.dataset.indices["test"]
            try:
                write_results(self.run, "test", rows, evaluation)
            except (UserError, OSError) as error:
                raise unsaved_results(error, self.run, self._best_refused) from error

    def _keep_partial(self, check: Callable[[], None]) -> None:
        """Judges the network in the middle of its first epoch, after a stop, to keep something.

        It is no epoch: a run that goes on chooses its best anew.
        """
        evaluation = self.validator.validation(check)
        if is_better(Progress(), evaluation, "loss", self.train_state.plan.task.headline):
            self.saver.save_partial(evaluation)
