"""From an experiment to everything that a training needs, checked before the long part."""

from __future__ import annotations

import copy
import platform
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import torch

import app
from app.engine import files
from app.engine.compute import device as devices
from app.engine.compute.batches import Batches
from app.engine.compute.passes import Passes
from app.engine.compute.randomness import Randomness
from app.engine.data.augmentation import Augmentation, settled
from app.engine.data.dataset import Dataset
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.experiment import Experiment, problem_of, resolved, task_of
from app.engine.learning.choices import Loss, LossFunction, Optimizer, Schedule
from app.engine.learning.tasks import Task
from app.engine.memory import ledger
from app.engine.runs.checkpoint import Checkpoint, Damaged, restore_model, restore_optimizer
from app.engine.runs.control import Control
from app.engine.runs.events import Event, RunPrepared, StageChanged
from app.engine.runs.progress import Progress
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.sources.opening import settled as data_settled
from app.engine.sources.summary import problems
from models.graph import Graph, GraphError
from models.network import Network, build_model
from models.shape import Problem

Emit = Callable[[Event], None]


@dataclass(frozen=True)
class Plan:
    """What is to be trained, settled and without tensors. experiment: as asked; settled: with every setting filled in.

    threads: 0 while they are to be chosen. memory_parts: in how many parts a step's batch is taken because memory ran
    out; 0 where it did not.
    """

    experiment: Experiment
    settled: Experiment
    dataset: Dataset
    task: Task
    problem: Problem
    graph: Graph
    device: devices.Device
    precision: str
    threads: int
    memory_parts: int = 0

    @property
    def batch_size(self) -> int:
        """Examples that go through the network at once."""
        return self.settled.training.batch_size or 1

    @property
    def step_size(self) -> int:
        """Examples of a step: those of all batches whose gradients are added up."""
        return self.settled.training.step_size

    @property
    def epochs(self) -> int:
        return self.settled.training.epochs or 1

    @property
    def parts(self) -> int:
        """In how many parts a step's batch goes through the network."""
        return max(self.settled.training.accumulation, self.memory_parts)

    def in_parts(self, parts: int) -> Plan:
        """The same steps, each batch taken in so many parts."""
        return replace(self, memory_parts=parts)

    def with_training(self, **changes: Any) -> Plan:
        """The same with other [training] settings."""
        changed = self.settled.replace(training=self.settled.training.replace(**changes))
        return replace(self, settled=changed)

    @property
    def autocast(self) -> torch.dtype | None:
        return {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(self.precision)


@dataclass
class Work:
    """The tensors of one attempt: whoever lets go of it lets go of the memory."""

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

    @property
    def steps_per_epoch(self) -> int:
        return self.batches.count

    @property
    def steps(self) -> int:
        return self.plan.epochs * self.batches.count

    @cached_property
    def predicted(self) -> dict[str, int]:
        """The memory ledger of the plan. A whole step is rehearsed for it, so it is made when somebody asks."""
        plan = self.plan
        return ledger.predict(
            plan.settled,
            plan.graph,
            plan.problem,
            plan.task,
            self.batches.bytes,
            self.device.type,
            plan.precision,
        )


def plan(
    experiment: Experiment, run: Run, emit: Emit, control: Control, dataset: Dataset | None = None
) -> Plan:
    """Opens the data and settles everything that was left open. Raises UserError or Stopped."""
    settled_plan = settle(experiment, emit, control, dataset, known_threads(run))
    files.write_json(run.path / "dataset.json", settled_plan.dataset.description.to_plain())
    return settled_plan


def settle(
    experiment: Experiment,
    emit: Emit,
    control: Control,
    dataset: Dataset | None = None,
    threads: int = 0,
) -> Plan:
    """The plan of an experiment, without a run. threads: 0 to choose them later. Raises UserError or Stopped."""
    dataset = dataset or _open(experiment, emit, control)
    description = dataset.description
    _check_data(dataset)
    task, problem = task_of(experiment, description), problem_of(experiment, description)
    whole = resolved(experiment, problem, task)
    whole = whole.replace(
        data=data_settled(whole.data, description),
        augmentation=settled(whole.augmentation, description),
    )
    template = whole.model
    assert template is not None
    if reason := template.unfit(problem):
        raise UserError(reason, "Choose another template.", "model.template")
    device = devices.smoke_test(devices.choose(experiment.training.device))
    return Plan(
        experiment,
        whole,
        dataset,
        task,
        problem,
        _graph(whole, problem),
        device,
        devices.precision(whole.training.precision, device),
        threads,
    )


def plan_again(
    experiment: Experiment,
    state: dict[str, Any],
    emit: Emit,
    control: Control,
    dataset: Dataset | None = None,
) -> Plan:
    """The plan of a run that goes on: what was settled then, on the same data. Raises UserError or Stopped."""
    dataset = dataset or _open(experiment, emit, control)
    description = dataset.description
    if list(description.classes) != state["classes"]:
        gone = [name for name in state["classes"] if name not in description.classes]
        new = [name for name in description.classes if name not in state["classes"]]
        raise UserError(
            f"The classes are not those this run began with (gone: {_names(gone)}; new: {_names(new)}).",
            "Put the data back as they were, or start a new run.",
        )
    if description.fingerprint != state["fingerprint"]:
        raise UserError(
            "The data are not those this run began with: files were added, removed or changed.",
            "Put them back as they were, or start a new run.",
        )
    whole = toml_file.from_plain(state["settled"], "the checkpoint")
    device = devices.smoke_test(devices.choose(experiment.training.device))
    return Plan(
        experiment,
        whole,
        dataset,
        task_of(whole, description),
        Problem.from_plain(state["problem"]),
        Graph.from_plain(state["graph"]),
        device,
        state["precision"],
        int(state["threads"]),
    )


def plan_state(plan: Plan, threads: int) -> dict[str, Any]:
    """What a checkpoint keeps of a plan, for plan_again."""
    description = plan.dataset.description
    return {
        "settled": toml_file.to_plain(plan.settled),
        "classes": list(description.classes),
        "fingerprint": description.fingerprint,
        "problem": plan.problem.to_plain(),
        "graph": plan.graph.to_plain(),
        "precision": plan.precision,
        "threads": threads,
        "task": plan.task.kind,
    }


def build(
    plan: Plan, run: Run, emit: Emit, control: Control, checkpoint: Checkpoint | None
) -> Work:
    """Network, optimizer and batches; from a checkpoint, as they were. Raises UserError or Stopped."""
    emit(StageChanged("Building the network"))
    control.check()
    work = assemble(plan)
    if checkpoint is not None:
        try:
            restore_model(work.network, checkpoint.model)
            restore_optimizer(work.network, work.optimizer, checkpoint.optimizer)
        except Damaged as error:
            raise UserError(
                f"The checkpoint does not fit this run: {error}.", "Start a new run."
            ) from error
    check_batches(work)
    _check_disk(work, run)
    _rehearse(work, emit, control)
    return work


def assemble(plan: Plan) -> Work:
    """The tensors of a plan: a fresh network with its optimizer and batches. Nothing is checked or written. Raises
    UserError where the network cannot be built."""
    device = torch.device(plan.device.name)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    randomness = Randomness(plan.settled.training.seed, device)
    network = placed_on(_network(plan), device)
    network.recompute = plan.settled.training.recompute
    loss, optimizer_choice = plan.settled.loss, plan.settled.optimizer
    schedule = plan.settled.schedule
    assert loss is not None and optimizer_choice is not None and schedule is not None
    loss_function = built_loss(plan, loss, device)
    batches = Batches(
        plan.dataset,
        plan.step_size,
        Augmentation(plan.settled.augmentation),
        plan.task,
        randomness,
        device,
    )
    return Work(
        plan,
        network,
        optimizer_choice.over(network, device),
        optimizer_choice,
        loss,
        loss_function,
        schedule,
        batches,
        randomness,
        device,
        Passes(network, loss_function, device, plan.autocast, -(-plan.step_size // plan.parts)),
        plan.threads,
    )


def built_loss(plan: Plan, loss: Loss, device: torch.device) -> LossFunction:
    """The loss as a function, for the balance of the plan's training examples."""
    description = plan.dataset.description
    return loss.build(description.counts["training"], device, description.size("training"))


def announce(work: Work, run: Run, progress: Progress) -> RunPrepared:
    """Writes environment.json and returns the event that tells the same."""
    plan = work.plan
    description = plan.dataset.description
    prepared = RunPrepared(
        device=plan.device.label,
        device_reason=plan.device.reason,
        threads=work.threads,
        parameters=sum(parameter.numel() for parameter in work.network.parameters()),
        epochs=plan.epochs,
        steps=work.steps,
        steps_per_epoch=work.steps_per_epoch,
        first_step=progress.step,
        batch_size=plan.step_size,
        training_examples=work.batches.examples,
        classes=description.classes,
        predicted=work.predicted,
        resolved=toml_file.to_plain(plan.settled),
        told=tuple(f"{one['level'].capitalize()}: {one['text']}" for one in problems(description)),
    )
    files.write_json(
        run.path / "environment.json",
        {
            "started": run.environment().get("started")
            or datetime.now().isoformat(timespec="seconds"),
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
            "threads": work.threads,
            "prepared": asdict(prepared),
        },
    )
    return prepared


def known_threads(run: Run) -> int:
    """The thread count that this run had before, so that it goes on to the same bits; 0 if it had none."""
    value = run.environment().get("threads")
    return value if isinstance(value, int) else 0


def _open(experiment: Experiment, emit: Emit, control: Control) -> Dataset:
    return open_dataset(
        experiment.data,
        lambda text, done, total: emit(StageChanged(text, done, total)),
        control.check,
    )


def _graph(experiment: Experiment, problem: Problem) -> Graph:
    assert experiment.model is not None
    try:
        return experiment.model.graph(problem)
    except GraphError as error:
        raise UserError(
            f"The network cannot be built: {error.what}", error.remedy, "model.template"
        ) from error


def _network(plan: Plan) -> Network:
    try:
        return build_model(plan.graph, plan.problem, plan.settled.training.seed)
    except GraphError as error:
        raise UserError(
            f"The network cannot be built at '{error.node}': {error.what}",
            error.remedy,
            "model.template",
        ) from error


# --- checks


def _check_data(dataset: Dataset) -> None:
    about, targets = dataset.description, dataset.targets
    for split, words in (("training", "to learn from"), ("validation", "to judge by")):
        if not len(dataset.indices.get(split, ())):
            raise UserError(
                f"There are no examples {words}.",
                "Add examples, or change the shares of the splits.",
                "data.validation_share",
            )
    if (
        about.classes
        and targets.ndim == 1
        and (targets.min() < 0 or targets.max() >= len(about.classes))
    ):
        raise UserError(
            "Some examples have a class that is not in the list of classes.",
            "Open the data again.",
            "data.source",
        )
    if targets.dtype.kind == "f" and not np.isfinite(targets).all():
        raise UserError(
            "Some targets are no finite numbers.", "Open the data again.", "data.target"
        )


def placed_on(network: Network, device: torch.device) -> Network:
    """On the device, pictures channels last: a convolution over (B, C, H, W) is faster so."""
    if any(one.kind == "image" for one in network.problem.inputs):
        return network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.to(device)


def check_batches(work: Work) -> None:
    """Normalisation over a batch of one example is not defined. Raises UserError where the batches are such."""
    smallest = min(work.passes.part_size, work.batches.examples)
    if smallest > 1 or not any(
        isinstance(m, torch.nn.modules.batchnorm._BatchNorm) for m in work.network.modules()
    ):
        return
    if work.batches.examples == 1:
        raise UserError(
            "There is only one example to learn from, and this network normalises over several.",
            "Add examples.",
            "data.source",
        )
    raise UserError(
        "A batch size of 1 does not go with this network: it normalises over the examples of a batch.",
        "Choose a batch size of at least 2, or another template.",
        "training.batch_size",
    )


def _check_disk(work: Work, run: Run) -> None:
    """Two checkpoints and the best weights must fit, with the next one beside them while it is written."""
    rows = work.predicted
    one = sum(
        rows.get(row, 0) for row in ("weights", "first_moment", "second_moment", "other_state")
    )
    free = shutil.disk_usage(run.path).free
    if free < 2 * one + 8 * 2**20:
        raise UserError(
            f"The disk of '{run.path.parent}' has {free / 2**20:,.0f} MiB left; the run needs "
            f"{(2 * one) / 2**20 + 8:,.0f} MiB.",
            "Free some space, or choose another folder for runs.",
        )


def _rehearse(work: Work, emit: Emit, control: Control) -> None:
    """One forward and backward on a copy of the network; on the CPU also with how many threads that is fastest."""
    plan = work.plan
    candidates = (
        (plan.threads,)
        if plan.threads
        else devices.thread_candidates(plan.settled.training, plan.device)
    )
    work.threads = candidates[0]
    torch.set_num_threads(work.threads)
    if plan.threads or work.device.type != "cpu":
        return  # it ran before; on a GPU the first step is the rehearsal, for a copy might not fit beside it
    twin = copy.deepcopy(work.network)
    work.randomness.begin_step(0, 0)
    work.batches.begin_epoch(1)
    inputs, targets = work.batches.get(0)
    if not all(
        torch.isfinite(one).all() for one in (inputs if isinstance(inputs, tuple) else (inputs,))
    ):
        raise UserError(
            "The prepared examples hold values that are not finite.",
            "Open the data again.",
            "data.source",
        )
    passes = Passes(twin, work.loss_function, work.device, plan.autocast, work.passes.part_size)

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
        work.threads, _ = devices.fastest_threads(step, candidates, control.check)
        torch.set_num_threads(work.threads)


def _names(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(f"'{name}'" for name in names[:5]) + more or "none"
