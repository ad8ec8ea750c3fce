"""From a plan to the tensors of a training: network, optimizer and batches, checked by one step."""

from __future__ import annotations

import copy
import platform
import shutil
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

import app
from app.engine.compute import device as devices
from app.engine.compute.batches import Batches
from app.engine.compute.passes import Passes
from app.engine.compute.randomness import Randomness
from app.engine.data.augmentation import Augmentation
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.memory import ledger
from app.engine.runs import history
from app.engine.runs.events import NewFinding, RunPrepared, StageChanged
from app.engine.runs.looks.epoch_looks import kept_states
from app.engine.runs.margins import margin_files
from app.engine.runs.storage.checkpoint_folder import Damaged
from app.engine.runs.tensors import restore_model, restore_optimizer
from app.engine.sources.summary import problems
from app.engine.text import bytes_text
from app.engine.training import thread_choice
from app.engine.training.ranks.team import ALONE, Team
from app.engine.training.start_weights import TakenOver, take_over
from models.graph import GraphError
from models.network import Network, build_model

if TYPE_CHECKING:
    from app.engine.learning.loss import Loss, LossFunction
    from app.engine.learning.optimizer import Optimizer
    from app.engine.learning.schedule import Schedule
    from app.engine.runs.checkpoint import Checkpoint
    from app.engine.runs.control import Control
    from app.engine.runs.progress import Progress
    from app.engine.runs.run import Run
    from app.engine.training.plan import Emit, Plan

BATCH_NORMS = (
    torch.nn.BatchNorm1d,
    torch.nn.BatchNorm2d,
    torch.nn.BatchNorm3d,
    torch.nn.SyncBatchNorm,
)
"""Layers that normalise over the examples of a batch."""

HISTORY_BYTES = 8 * 2**20
"""What metrics, epochs and results of a run take on the disk, about."""


@dataclass
class TrainState:
    """Holds the tensors of one attempt: whoever lets go of it lets go of the memory.

    loss, loss_function: as they are now; a live change replaces them. threads: those of the CPU
    that torch computes with. taken_over: what became of the weights of an earlier run.
    team: the processes that share the batches.
    """

    plan: Plan
    network: Network
    optimizer: torch.optim.Optimizer
    optimizer_choice: Optimizer
    loss: Loss
    loss_function: LossFunction
    schedule: Schedule
    batches: Batches
    randomness: Randomness
    device: torch.device
    passes: Passes
    threads: int
    taken_over: TakenOver | None = None
    team: Team = ALONE

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch: its batches."""
        return self.batches.count

    @cached_property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.plan.epochs * self.batches.count

    @cached_property
    def predicted(self) -> dict[str, int]:
        """The memory ledger of this process; made on first use, as it simulates a whole step."""
        plan = self.plan
        share = -(-plan.batch_size // self.team.size)
        training = plan.resolved.training.replace(batch_size=share)
        rows = ledger.predict(
            plan.resolved.replace(training=training),
            plan.graph,
            plan.problem,
            self.batches.bytes,
            self.device.type,
            plan.precision,
        )
        # Each process prepares the whole batch, of which it takes its share.
        others = (self.team.size - 1) * rows["batch"]
        return rows | {row: rows[row] + others for row in ("batch", "data", "peak")}


def build(
    plan: Plan,
    run: Run,
    emit: Emit,
    control: Control,
    checkpoint: Checkpoint | None,
    team: Team = ALONE,
) -> TrainState:
    """Makes network, optimizer and batches, puts a checkpoint back into them and tries a step.

    Raises UserError where they cannot be built, do not fit the checkpoint or fail in the step; or
    Stopped.
    """
    emit(StageChanged("Building the network"))
    control.check()

    train_state = assemble(plan)
    train_state.team = team
    if checkpoint is None and train_state.taken_over is not None:
        for line in train_state.taken_over.lines():
            run.log(line)
        emit(NewFinding(train_state.taken_over.finding()))

    if checkpoint is not None:
        try:
            restore_model(train_state.network, checkpoint.model)
            restore_optimizer(train_state.network, train_state.optimizer, checkpoint.optimizer)
        except Damaged as error:
            raise UserError(
                f"The checkpoint does not fit this run: {error}.", "Start a new run."
            ) from error

    check_batches(train_state)
    _check_disk(train_state, run)
    _try_step(train_state, emit, control)

    return train_state


def assemble(plan: Plan) -> TrainState:
    """Makes the tensors of a plan: a fresh network with its optimizer and batches.

    Nothing is checked or written. Raises UserError where the network cannot be built.
    """
    device = torch.device(plan.device.name)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)

    resolved = plan.resolved
    randomness = Randomness(resolved.training.seed, device)
    fresh = _network(plan)
    taken_over = take_over(fresh, resolved, plan.dataset.description)
    network = placed_on(fresh, device)
    network.recompute = resolved.training.recompute
    loss_function = build_loss(plan, resolved.loss, device)
    batches = Batches(
        plan.dataset,
        plan.step_size,
        Augmentation(resolved.augmentation),
        plan.task,
        randomness,
        device,
    )

    return TrainState(
        plan,
        network,
        resolved.optimizer.for_network(network, device),
        resolved.optimizer,
        resolved.loss,
        loss_function,
        resolved.schedule,
        batches,
        randomness,
        device,
        Passes(network, loss_function, device, plan.autocast, plan.part_size),
        plan.threads,
        taken_over,
    )


def build_loss(plan: Plan, loss: Loss, device: torch.device) -> LossFunction:
    """Returns the loss as a function, for the balance of the plan's training examples."""
    description = plan.dataset.description
    return loss.build(description.counts["training"], device, description.size("training"))


def announce(train_state: TrainState, run: Run, progress: Progress) -> RunPrepared:
    """Writes environment.json and returns the event that tells the same."""
    plan = train_state.plan
    description = plan.dataset.description
    choice = thread_choice.choice_for(plan, train_state.threads)
    size = train_state.team.size
    prepared = RunPrepared(
        device=plan.device.label if size == 1 else f"{plan.device.label}, {size} processes",
        device_reason=plan.device.reason,
        threads=train_state.threads,
        parameters=sum(parameter.numel() for parameter in train_state.network.parameters()),
        epochs=plan.epochs,
        steps=train_state.steps,
        steps_per_epoch=train_state.steps_per_epoch,
        first_step=progress.step,
        batch_size=plan.step_size,
        training_examples=train_state.batches.examples,
        classes=description.classes,
        predicted=train_state.predicted,
        resolved=toml_file.to_plain(plan.resolved),
        warnings=tuple(
            f"{problem['level'].capitalize()}: {problem['text']}"
            for problem in problems(description)
        ),
        threads_measured=choice.measured,
        kind=description.kind,
    )

    run.write_json(
        "environment.json",
        {
            "started": run.started.isoformat(timespec="seconds"),
            "netwright": app.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "system": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "device": plan.device.name,
            "device_label": plan.device.label,
            "device_reason": plan.device.reason,
            "precision": plan.precision,
            "threads": train_state.threads,
            "processes": size,
            "prepared": history.prepared_line(prepared),
        },
    )
    return prepared


def _network(plan: Plan) -> Network:
    """Returns the network with fresh weights. Raises UserError where it cannot be built."""
    try:
        return build_model(plan.graph, plan.problem, plan.resolved.training.seed)
    except GraphError as error:
        raise UserError(
            f"The network cannot be built at '{error.node}': {error.what}",
            error.remedy,
            "model.template",
        ) from error


def placed_on(network: Network, device: torch.device) -> Network:
    """Returns the network on the device, for pictures channels last.

    A convolution over (B, C, H, W) is faster so.
    """
    if any(input_.kind == "image" for input_ in network.problem.inputs):
        layout = torch.channels_last
        placed: Network = network.to(device, memory_format=layout)  # type: ignore[call-overload]
        return placed

    return network.to(device)


def check_batches(train_state: TrainState) -> None:
    """Raises UserError where the network normalises over batches of one example.

    A variance of one number is not defined.
    """
    smallest = min(train_state.passes.part_size, train_state.batches.examples)
    if smallest > 1 or not any(
        isinstance(module, BATCH_NORMS) for module in train_state.network.modules()
    ):
        return
    if train_state.batches.examples == 1:
        raise UserError(
            "There is only one example to learn from, and this network normalises over several.",
            "Add examples.",
            "data.source",
        )

    raise UserError(
        "A batch size of 1 does not go with this network: it normalises over the examples of a "
        "batch.",
        "Choose a batch size of at least 2, or another template.",
        "training.batch_size",
    )


def _check_disk(train_state: TrainState, run: Run) -> None:
    """Raises UserError where the disk has no room for the checkpoints and some history.

    These are two, and one for each epoch to come where all are kept.
    """
    predicted = train_state.predicted
    checkpoint_bytes = sum(
        predicted.get(row, 0) for row in ("weights", "first_moment", "second_moment", "other_state")
    )

    free = shutil.disk_usage(run.path).free
    needed = 2 * checkpoint_bytes + HISTORY_BYTES
    plan = train_state.plan
    if plan.resolved.training.keep_epochs:
        needed += checkpoint_bytes * max(0, plan.epochs - len(kept_states(run.path)))
    if plan.task.has_margins and margin_files.fit(plan.dataset, plan.epochs):
        needed += 2 * train_state.batches.examples * plan.epochs

    if free < needed:
        raise UserError(
            f"The disk of '{run.path.parent}' has {bytes_text(free)} left; the run needs "
            f"{bytes_text(needed)}.",
            "Free some space, or choose another folder for runs.",
        )


def _try_step(train_state: TrainState, emit: Emit, control: Control) -> None:
    """Tries a forward and backward pass on a copy of the network, and chooses the threads by it.

    Raises UserError where the examples or the loss are not finite, or Stopped.
    """
    plan = train_state.plan
    candidates = (
        (plan.threads,)
        if plan.threads
        else devices.thread_candidates(plan.resolved.training, plan.device)
    )

    train_state.threads = candidates[-1]
    torch.set_num_threads(train_state.threads)
    if plan.threads or train_state.device.type != "cpu":
        # With known threads the run has begun before. On a GPU the first step is the trial: a copy
        # might not fit beside the network.
        return

    twin = copy.deepcopy(train_state.network)
    train_state.randomness.begin_step(0, 0)
    train_state.batches.begin_epoch(1)

    inputs, targets = train_state.batches.get(0)
    tensors = inputs if isinstance(inputs, tuple) else (inputs,)
    if not all(torch.isfinite(tensor).all() for tensor in tensors):
        raise UserError(
            "The prepared examples hold values that are not finite.",
            "Open the data again.",
            "data.source",
        )

    passes = Passes(
        twin,
        train_state.loss_function,
        train_state.device,
        plan.autocast,
        train_state.passes.part_size,
    )

    def step() -> torch.Tensor:
        return passes(inputs, targets)

    if not torch.isfinite(step()):
        raise UserError(
            "The loss of the first batch is not a number, before anything was learned.",
            "Choose another template or loss.",
            "model.template",
        )

    if len(candidates) > 1:
        emit(StageChanged("Choosing the number of threads"))
        train_state.threads = thread_choice.choose_threads(plan, step, control.check)
        torch.set_num_threads(train_state.threads)
