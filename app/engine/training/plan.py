"""From an experiment to a plan: all that a training needs, checked before anything is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from pydantic import ValidationError

from app.engine.compute import device as devices
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.resolve import ResolvedExperiment, read_resolved, resolve
from app.engine.free_memory import free_memory
from app.engine.memory.inspection import inspect
from app.engine.runs.events import Event, StageChanged
from app.engine.sources.opening import open_dataset
from app.engine.text import bytes_text, names_text
from app.engine.training.start_weights import find_start
from models.graph import Graph, GraphError
from models.network import check_blocks
from models.own_network import OwnNetwork
from models.shape import Problem

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.learning.task import Task
    from app.engine.runs.control import Control
    from app.engine.runs.run import Run

Emit = Callable[[Event], None]
"""Who is told the events of a run."""

AUTOCAST = {"bfloat16": torch.bfloat16, "float16": torch.float16}
"""Precision -> the type in which activations are computed; float32 needs none."""


WEIGHT_BYTES = 4
"""Bytes of a weight before the device gets it: float32."""

PRECISIONS = ("float32", *AUTOCAST)


@dataclass(frozen=True)
class Plan:
    """Says what is trained, with every setting filled in and without tensors.

    threads: of the CPU; 0 while they are to be chosen. memory_parts: in how many parts a step's
    batch is taken because memory ran out; 0 where it did not.
    """

    resolved: ResolvedExperiment
    dataset: Dataset
    problem: Problem
    graph: Graph
    device: devices.Device
    precision: str
    threads: int
    memory_parts: int = 0

    @property
    def task(self) -> Task:
        """The task that is trained."""
        return self.resolved.task

    @property
    def batch_size(self) -> int:
        """Examples that go through the network together, as it was resolved."""
        return self.resolved.training.batch_size

    @property
    def step_size(self) -> int:
        """Examples of a step: those of all batches whose gradients are added up."""
        return self.resolved.training.step_size

    @property
    def epochs(self) -> int:
        """How often every training example is to be seen."""
        return self.resolved.training.epochs

    @property
    def parts(self) -> int:
        """Parts in which the batch of a step goes through the network."""
        return max(self.resolved.training.accumulation, self.memory_parts)

    @property
    def part_size(self) -> int:
        """Examples of the largest part."""
        return -(-self.step_size // self.parts)

    @property
    def autocast(self) -> torch.dtype | None:
        """The type of two bytes in which activations are computed; None for float32."""
        return AUTOCAST.get(self.precision)

    def in_parts(self, parts: int) -> Plan:
        """Returns the same steps, each batch taken in so many parts."""
        return replace(self, memory_parts=parts)

    def with_epochs(self, epochs: int) -> Plan:
        """Returns the same training over another number of epochs.

        Raises UserError where the number is outside its limits.
        """
        try:
            training = self.resolved.training.replace(epochs=epochs)
        except ValidationError as error:
            raise UserError(
                " ".join(toml_file.sentences(error)), "Choose another number.", "training.epochs"
            ) from error

        return replace(self, resolved=self.resolved.replace(training=training))


def plan_run(
    experiment: Experiment, run: Run, emit: Emit, control: Control, dataset: Dataset | None = None
) -> Plan:
    """Plans the training of a run, and writes down what its data are.

    Raises UserError or Stopped.
    """
    plan = plan_training(experiment, emit, control, _whole(dataset), known_threads(run))
    if (precision := run.environment().get("precision")) in PRECISIONS:
        plan = replace(plan, precision=precision)

    run.write_json("dataset.json", plan.dataset.description.to_plain())
    return plan


def plan_training(
    experiment: Experiment,
    emit: Emit,
    control: Control,
    dataset: Dataset | None = None,
    threads: int = 0,
) -> Plan:
    """Opens the data, fills in what was left open and checks it; nothing is written.

    dataset: what experiment.data stands for, if it is open already; a sample of it will do.
    threads: 0 to choose them later. Raises UserError or Stopped.
    """
    if isinstance(experiment.model, OwnNetwork):
        _check_blocks(experiment.model.blocks)

    if experiment.training.start_from:
        find_start(experiment.training.start_from)

    dataset = _usable(dataset) or _open(experiment, emit, control)
    _check_data(dataset)

    resolved = resolve(experiment, dataset.description)
    problem = resolved.problem(dataset.description)
    device = devices.smoke_test(devices.choose(experiment.training.device))

    graph = _graph(resolved, problem)
    inspection = inspect(graph, problem)
    _check_weights(inspection.parameters)
    work = inspection.multiply_adds * resolved.training.batch_size
    precision = devices.precision(resolved.training.precision, device, work)

    return Plan(resolved, dataset, problem, graph, device, precision, threads)


def plan_from_checkpoint(
    experiment: Experiment,
    state: dict[str, Any],
    emit: Emit,
    control: Control,
    dataset: Dataset | None = None,
) -> Plan:
    """Returns the plan of a run that goes on, as `plan_state` kept it, on the same data.

    Raises UserError or Stopped.
    """
    dataset = _usable(_whole(dataset)) or _open(experiment, emit, control)
    description = dataset.description
    if list(description.classes) != state["classes"]:
        missing = [name for name in state["classes"] if name not in description.classes]
        new = [name for name in description.classes if name not in state["classes"]]
        raise UserError(
            "The classes are not those this run began with "
            f"(gone: {names_text(missing) or 'none'}; new: {names_text(new) or 'none'}).",
            "Put the data back as they were, or start a new run.",
        )

    # A state of before there were digests has none; `find_start` tells.
    digest = state.get("digest", description.digest)
    if description.fingerprint != state["fingerprint"] or description.digest != digest:
        raise UserError(
            "The data are not those this run began with: files were added, removed or changed.",
            "Put them back as they were, or start a new run.",
        )

    return Plan(
        read_resolved(state["settled"], "the checkpoint", state.get("task")),
        dataset,
        Problem.from_plain(state["problem"]),
        Graph.from_plain(state["graph"]),
        devices.smoke_test(devices.choose(experiment.training.device)),
        state["precision"],
        int(state["threads"]),
    )


def plan_state(plan: Plan, threads: int) -> dict[str, Any]:
    """Returns what a checkpoint keeps of a plan, for `plan_from_checkpoint`."""
    description = plan.dataset.description
    return {
        "settled": toml_file.to_plain(plan.resolved),
        "classes": list(description.classes),
        "fingerprint": description.fingerprint,
        "digest": description.digest,
        "problem": plan.problem.to_plain(),
        "graph": plan.graph.to_plain(),
        "precision": plan.precision,
        "threads": threads,
        "task": plan.task.kind,
    }


def known_threads(run: Run) -> int:
    """Returns the thread count that this run had before, 0 if it had none.

    With the same number it goes on to the same bits.
    """
    threads = run.environment().get("threads")
    return threads if isinstance(threads, int) else 0


def _usable(dataset: Dataset | None) -> Dataset | None:
    """Returns an open dataset, None where it was found damaged and must be opened again."""
    return None if dataset is None or dataset.is_damaged else dataset


def _whole(dataset: Dataset | None) -> Dataset | None:
    """Returns an open dataset, None where it is only a sample and all must be read to train."""
    return None if dataset is None or dataset.is_sample else dataset


def _open(experiment: Experiment, emit: Emit, control: Control) -> Dataset:
    """Returns the dataset, and tells how far its reading is. Raises UserError or Stopped."""
    return open_dataset(
        experiment.data,
        lambda text, done, total: emit(StageChanged(text, done, total)),
        control.check,
    )


def _graph(resolved: ResolvedExperiment, problem: Problem) -> Graph:
    """Returns the graph that is trained. Raises UserError where the problem allows none."""
    try:
        return resolved.model.graph(problem)
    except GraphError as error:
        raise UserError(
            f"The network cannot be built: {error.what}", error.remedy, "model.template"
        ) from error


def _check_blocks(graph: Graph) -> None:
    """Raises UserError where a block of one's own cannot be, before the data are read."""
    try:
        check_blocks(graph)
    except GraphError as error:
        raise UserError(
            f"The network cannot be built at '{error.node}': {error.what}",
            error.remedy,
            "model.blocks",
        ) from error


# --- checks


def _check_weights(parameters: int) -> None:
    """Raises UserError where the weights alone, which are made on the CPU, have no room."""
    free = free_memory()
    if (needed := WEIGHT_BYTES * parameters) > free:
        raise UserError(
            f"The weights of the network alone take {bytes_text(needed)}; {bytes_text(free)} of "
            "memory are free.",
            "Choose a smaller network.",
            "model.template",
        )


def _check_data(dataset: Dataset) -> None:
    """Raises UserError where there is nothing to learn from or where targets make no sense."""
    description = dataset.description
    targets = dataset.targets

    for split, purpose in (("training", "to learn from"), ("validation", "to judge by")):
        if not len(dataset.indices.get(split, ())):
            raise UserError(
                f"There are no examples {purpose}.",
                "Add examples, or change the shares of the splits.",
                "data.validation_share",
            )

    if (
        description.classes
        and targets.ndim == 1
        and (targets.min() < 0 or targets.max() >= len(description.classes))
    ):
        raise UserError(
            "Some examples have a class that is not in the list of classes.",
            "Open the data again.",
            "data.source",
        )
    if targets.dtype.kind == "f" and not np.isfinite(targets).all():
        raise UserError(
            "Some targets are not finite numbers.", "Open the data again.", "data.target"
        )
