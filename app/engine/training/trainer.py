"""The loop.

`Training.fit` is one function that reads from top to bottom; what stands around it is in its
neighbours: preparing (before), batches, recording, saving and judging (during), outcome and
failures (after), life (train, resume).
"""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING

from torch.nn.utils import clip_grad_norm_, get_total_norm

from app.engine.advice import while_training
from app.engine.errors import UserError
from app.engine.learning.schedule import scale_of
from app.engine.runs import checkpoint, history, weights_in_use
from app.engine.runs.control import Control, Stopped
from app.engine.runs.events import (
    EpochDone,
    Event,
    Found,
    Paused,
    ProbePredicted,
    Resumed,
    RunFinished,
    StageChanged,
)
from app.engine.runs.history import Writer
from app.engine.runs.live_changes import PARTS
from app.engine.runs.progress import Progress
from app.engine.training import build, memory_shortage, resuming
from app.engine.training import plan as preparing
from app.engine.training.concluding import conclude
from app.engine.training.execution import End, RunContext, execute
from app.engine.training.failures import less_memory, let_go, memory_called, out_of_memory
from app.engine.training.live_changes_applied import LiveChanges
from app.engine.training.memory_recorder import MemoryRecorder
from app.engine.training.memory_shortage import LEAST_HALVED, MOST_HALVINGS
from app.engine.training.recorder import Course, Diverged, Recorder
from app.engine.training.saver import Saver
from app.engine.training.validation import BestKeeper, Validator, count_patience, is_better

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from app.engine.compute.evaluation import Evaluation
    from app.engine.data.dataset import Dataset
    from app.engine.data.preparation import Batch
    from app.engine.experiment.experiment import Experiment
    from app.engine.memory.ledger import StepMeter
    from app.engine.runs.checkpoint import Checkpoint
    from app.engine.runs.run import Run
    from app.engine.runs.summary import Outcome
    from app.engine.training.build import TrainState
    from app.engine.training.optimizer_probe import OptimizerProbe
    from app.engine.training.plan import Plan


def train(
    experiment: Experiment,
    run: Run,
    emit: Callable[[Event], None],
    control: Control,
    dataset: Dataset | None = None,
) -> RunFinished:
    """Everything on the calling thread, from opening the data to the summary. Never raises.

    dataset: what experiment.data stands for, if it is open already.
    """

    def body(context: RunContext) -> End:
        return _attempts(
            context, preparing.plan(experiment, run, context.emit, control, dataset), None
        )

    return execute(run, experiment, emit, control, body)


def resume(
    run: Run,
    emit: Callable[[Event], None],
    control: Control,
    epochs: int | None = None,
    dataset: Dataset | None = None,
) -> RunFinished:
    """Goes on from the newest good checkpoint, on the CPU to the same bits. Never raises.

    epochs: a new total, to train longer; the schedule is then stretched over it.
    """
    was = run.status

    def body(context: RunContext) -> End:
        return _attempts(context, *resuming.find(context, was, epochs, dataset))

    return execute(run, None, emit, control, body)


def _attempts(context: RunContext, plan: Plan, found: Checkpoint | None) -> End:
    """Trains.

    Memory that runs out in a step is the loop's matter; where it does elsewhere, while a network is
    built or judged or the optimizer makes its state, all is let go and done again with half as much
    at once.
    """
    halvings = 0
    untold: list[tuple[int, str]] = []
    while True:
        try:
            return _attempt(context, plan, found, halvings, untold)
        except Exception as error:
            if not out_of_memory(error):
                raise
            context.run.log("".join(traceback.format_exception(error)))

        # Outside the except block: the exception held the frames, and the frames held the tensors.
        let_go()
        progress = context.outcome.progress
        kind = memory_called(plan.device.type)
        size = -(-plan.step_size // max(plan.parts, int(progress.changes.get(PARTS) or 1)))

        halvings = max(halvings, progress.halvings)
        if halvings >= MOST_HALVINGS or size < LEAST_HALVED:
            what = f"There was not enough {kind} for a batch of {size}."
            raise UserError(what, less_memory(plan.device.type), "training.batch_size")

        halvings += 1
        plan = plan.in_parts(-(-plan.step_size // (size // 2)))
        text = f"Not enough {kind} for batch {size}; retrying with {size // 2}"
        why = f"{text} at a time; a step still learns from {plan.step_size}."
        context.emit(StageChanged(text))
        context.warn("smaller-batch", "Smaller parts", why)
        untold.append((plan.parts, why))
        found = checkpoint.newest(context.run.path / "checkpoints")[0] if progress.step else None


def _attempt(
    context: RunContext,
    plan: Plan,
    found: Checkpoint | None,
    halvings: int,
    untold: list[tuple[int, str]],
) -> End:
    """One attempt: all tensors are made below here, and gone when it returns.

    halvings: how often memory ran out before it. untold: of those, in how many parts and why, what
    the run's record does not have yet.
    """
    run = context.run
    progress = Progress(**found.state["progress"]) if found else Progress()
    progress.halvings = max(progress.halvings, halvings)
    context.outcome.progress = progress
    context.outcome.resolved = plan.settled
    context.outcome.device = plan.device.name

    if found is None:
        checkpoint.drop_all(run.path / "checkpoints")

    writer = Writer(run.path / history.METRICS, int(found.state["history_offset"]) if found else 0)
    try:
        train_state = build.build(plan, run, context.emit, context.control, found)
        prepared = build.announce(train_state, run, progress)
        context.outcome.prepared = prepared
        context.emit(prepared)

        training = Training(
            train_state, run, progress, writer, context.outcome, context.emit, context.control
        )
        if found is not None:
            training.take_up(resuming.longer(plan, found))

        while untold:
            parts, why = untold.pop(0)
            training.live_changes.change({PARTS: parts}, why, mark="memory")

        return training.to_the_end()
    finally:
        writer.close()


class Training:
    """One attempt at one run, from the first step (or where a checkpoint stands) to its end."""

    def __init__(
        self,
        train_state: TrainState,
        run: Run,
        progress: Progress,
        writer: Writer,
        outcome: Outcome,
        emit: Callable[[Event], None],
        control: Control,
    ) -> None:
        self.train_state = train_state
        self.run = run
        self.progress = progress
        self.outcome = outcome
        self.emit = emit
        self.control = control
        self.writer = writer
        before = history.read_history(run.path)
        self.course = Course(before)
        outcome.training_loss = {
            line["epoch"]: line["training_loss"] for line in self.course.epochs
        }
        self.recorder = Recorder(
            progress, train_state.steps, train_state.plan.epochs, writer, self.course, emit
        )
        self.judge = Validator(train_state)
        self.best = BestKeeper(train_state, run)
        self.saver = Saver(train_state, run, progress, self.recorder, writer, self.best, emit)
        self.memory = MemoryRecorder(train_state, run, outcome, emit)
        self._found: dict[str, while_training.Finding] = {}
        self.live_changes = LiveChanges(train_state, progress, before.marks, writer, emit, run.log)
        outcome.changes = self.live_changes.made
        train_state.passes.load_scale(progress.scaler)
        self.watch: OptimizerProbe | None = None
        self._save_soon = False

    def take_up(self, longer: bool) -> None:
        """After a checkpoint was put back: the best epoch so far, and a mark where the run goes on."""
        progress = self.progress
        if longer:
            progress.end = ""
            progress.since_best = 0

        epochs = self.train_state.plan.epochs
        mark = "longer" if longer else "resumed"
        self.writer.line(
            {"mark": mark, "step": progress.step, "epochs": epochs, "time": round(time.time(), 3)}
        )
        stretched = f"; the schedule is stretched over {epochs} epochs" if longer else ""
        self.run.log(f"goes on after step {progress.step}{stretched}")
        self.emit(Resumed(progress.step))

        if not self.best.restore(progress):
            if (
                progress.best_step == progress.step
            ):  # killed between the state and the best: it is the same network
                self.saver.keep_best(self.judge.validation(self._honour), progress.best_epoch)
            else:
                self.run.log("the best weights so far are lost; from here the best is chosen anew")
                progress.best_epoch = progress.best_step = 0
                progress.best_loss = progress.best_metric = None

        if longer:
            self.saver.save()

    def to_the_end(self) -> End:
        """Trains, then judges what is kept. Raises UserError or what torch raises."""
        end: End
        self.outcome.begun = True
        weights_in_use.forget(self.run)

        try:
            self.fit()
            end = "completed", ""
        except Stopped:
            end = "stopped", ""
        except Diverged as error:
            self.writer.line({"mark": "diverged", "step": error.step})
            end = "diverged", f"The loss was no number any more at step {error.step:,}."
        finally:
            self.recorder.settle()
            self.memory.close()
            self.saver.guarded(self.best.save)  # what waited for a state to be saved with it
            self.outcome.best = self.best.state

        return conclude(self, *end)

    def fit(self) -> None:
        """Trains to the end of the last epoch.

        Raises Stopped, Diverged, UserError, or what torch raises.
        """
        train_state = self.train_state
        progress = self.progress
        recorder = self.recorder
        control = self.control
        network = train_state.network
        optimizer = train_state.optimizer
        batches = train_state.batches
        passes = train_state.passes
        live_changes = self.live_changes
        parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
        peak = float(optimizer.param_groups[0]["lr"])
        steps = train_state.steps
        factor = train_state.schedule.factor
        norm_every = recorder.norm_every
        first = True
        self.emit(StageChanged("First batch"))
        network.train()

        while not progress.end:
            batches.begin_epoch(progress.epoch)
            while progress.batch < batches.count:
                self._before_step()
                step = progress.step

                rate = (
                    peak
                    * factor(step, steps)
                    * scale_of(progress.schedule)
                    * live_changes.rate_factor
                )
                for group in optimizer.param_groups:
                    group["lr"] = rate

                train_state.randomness.begin_step(progress.epoch, step)
                inputs, targets = batches.get(progress.batch)
                with self.memory.step(inputs, targets) as meter:
                    loss = self._gradients(inputs, targets, meter)
                    passes.unscale(optimizer)

                    norm = None
                    if live_changes.clip:
                        norm = clip_grad_norm_(parameters, live_changes.clip)
                    elif step % norm_every == 0:
                        norm = get_total_norm([p.grad for p in parameters if p.grad is not None])

                    if control.watching:
                        self._watching().before()

                    passes.step(optimizer)

                progress.step = step + 1
                progress.batch = progress.batch + 1
                progress.examples = progress.examples + len(targets)

                if control.watching and (inside := self._watching().after(step + 1, rate)):
                    self.emit(inside)

                if recorder.note(loss, rate, len(targets), norm):
                    # waits for the device: after the first step, then at most ten times a second
                    recorder.flush()
                    self._between_steps(first)
                    first = False

            recorder.flush()  # waits for the device
            self._end_epoch()

    def _gradients(
        self, inputs: Batch, targets: torch.Tensor, meter: StepMeter | None
    ) -> torch.Tensor:
        """The loss of a batch, its gradients left with the weights.

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
                if not out_of_memory(error):
                    raise
                self.run.log("".join(traceback.format_exception(error)))

            # Outside the except block: the exception held the frames, and the frames held the
            # tensors.
            self.find(
                memory_shortage.halved(
                    train_state, progress, self.live_changes, self.memory.monitor
                )
            )
            self.memory.weigh_anew()
            self._save_soon = (
                True  # what a failed pass did to running averages is not to be done again
            )
            train_state.randomness.begin_step(progress.epoch, progress.step)

    # --- between steps

    def _before_step(self) -> None:
        """Requests, changes and the others' turns, at a step boundary. Raises Stopped."""
        control = self.control
        live_changes = self.live_changes

        if control.stopping or control.pausing:
            self._honour()
        if self.progress.step >= live_changes.next_step:
            live_changes.again()

        if control.asked:
            for text in live_changes.change(control.taken()):
                self.find(while_training.Finding("change", "warning", "Not changed", text))

        if waited := control.begin_step(self.progress.examples):
            self.recorder.leave_out(waited)
            if control.stopping or control.pausing:
                self._honour()

    def _watching(self) -> OptimizerProbe:
        """Made when somebody looks for the first time."""
        if self.watch is None:
            from app.engine.training.optimizer_probe import OptimizerProbe

            self.watch = OptimizerProbe(
                self.train_state.network,
                self.train_state.optimizer,
                self.train_state.optimizer_choice,
            )

        return self.watch

    def _between_steps(self, first: bool) -> None:
        if first:
            self.emit(StageChanged("Training"))

        self.memory.look(self.progress.step, first)
        if self.saver.due or self._save_soon:
            self._save_soon = False
            self.saver.save()

        if first:
            self.recorder.restart_clock()

    def _honour(self) -> None:
        """A request to pause or to stop, at a step boundary or between two batches of a judging.

        Raises Stopped.
        """
        if self.control.pausing and not self.control.stopping:
            self.saver.save()
            begun = time.perf_counter()
            self.emit(Paused(self.progress.step))
            self.control.wait_while_paused()
            self.recorder.forget(time.perf_counter() - begun)

            if not self.control.stopping:
                self.emit(Resumed(self.progress.step))

            self.recorder.restart_clock()

        self.control.check()

    # --- the end of an epoch

    def keep_partial(self, check: Callable[[], None]) -> None:
        """Judges in the middle of the first epoch, after a stop, so that there is something to
        keep. It is no epoch: a run that goes on chooses its best anew.
        """
        evaluation = self.judge.validation(check)
        if is_better(Progress(), evaluation, "loss", self.train_state.plan.task.headline):
            self.saver.keep_best(evaluation, self.progress.epoch, partial=True)

    def _end_epoch(self) -> None:
        progress = self.progress
        settings = self.train_state.plan.settled.training
        begun = time.perf_counter()
        self.emit(StageChanged(f"Judging epoch {progress.epoch}"))
        evaluation = self.judge.validation(self._honour)

        better = is_better(
            progress, evaluation, settings.best_by, self.train_state.plan.task.headline
        )
        if better:
            self._note_best(evaluation)

        count_patience(progress, evaluation.loss, settings.min_delta)
        progress.schedule = self.train_state.schedule.judged(progress.schedule, evaluation.loss)
        epoch = progress.epoch
        self._tell_epoch(evaluation, better, time.perf_counter() - begun)

        if epoch >= self.train_state.plan.epochs:
            progress.end = "completed"
        elif settings.patience and progress.since_best >= settings.patience:
            progress.end = "early"

        progress.epoch = epoch + 1
        progress.batch = 0
        progress.loss_sum = 0.0
        progress.loss_count = 0

        # First the state, then the best: a kill in between leaves the best epoch's weights in the
        # state.
        if self.saver.due_after_epoch:
            self.saver.save()
        if better:
            self.saver.keep_best(evaluation, epoch)

        self.recorder.restart_clock(judging=time.perf_counter() - begun)
        if not progress.end:
            self.emit(StageChanged("Training"))

    def _note_best(self, evaluation: Evaluation) -> None:
        progress = self.progress
        progress.best_epoch = progress.epoch
        progress.best_step = progress.step
        progress.best_loss = evaluation.loss
        progress.best_metric = evaluation.metrics.get(self.train_state.plan.task.headline.name)

    def _tell_epoch(self, evaluation: Evaluation, better: bool, seconds: float) -> None:
        progress = self.progress
        loss = progress.loss_sum / progress.loss_count if progress.loss_count else float("nan")
        self.outcome.training_loss[progress.epoch] = loss
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
        )

        record = self.judge.record(evaluation)
        self.writer.line(history.epoch_line(event))
        self.saver.guarded(lambda: history.write_epoch(self.run.path, event.epoch, record))
        self.emit(event)
        self.emit(ProbePredicted(event.epoch, record.rows, record.predictions))
        self.run.log(
            f"epoch {event.epoch}: training loss {loss:.4g}, validation loss "
            f"{evaluation.loss:.4g}, "
            + ", ".join(f"{name} {value:.4g}" for name, value in evaluation.metrics.items())
        )

        self.course.epochs.append(history.epoch_line(event))
        for finding in while_training.while_training(
            self.course,
            self.train_state.plan.dataset.description,
            evaluation.confusion,
            self.train_state.plan.settled,
        ):
            self.find(finding)

    def find(self, finding: while_training.Finding) -> None:
        """Tells a finding, once for as long as it says the same."""
        if self._found.get(finding.key) != finding:
            self._found[finding.key] = finding
            self.writer.line(history.finding_line(finding, self.progress.step))
            self.emit(Found(finding))
