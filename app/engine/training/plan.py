"""From an experiment to everything that a training needs, checked before the long part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine import files
from app.engine.compute import device as devices
from app.engine.data.augmentation import settled
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.experiment import Experiment, problem_of, resolved, task_of
from app.engine.runs.events import Event, StageChanged
from app.engine.sources.opening import open_dataset
from app.engine.sources.opening import settled as data_settled
from models.graph import Graph, GraphError
from models.shape import Problem

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.learning.tasks import Task
    from app.engine.runs.control import Control
    from app.engine.runs.run import Run

Emit = Callable[[Event], None]


@dataclass(frozen=True)
class Plan:
    """What is to be trained, settled and without tensors.

    experiment: as asked; settled: with every setting filled in.

    threads: 0 while they are to be chosen. memory_parts: in how many parts a step's batch is taken
    because memory ran out; 0 where it did not.
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
    """The plan of an experiment, without a run.

    threads: 0 to choose them later. Raises UserError or Stopped.
    """
    dataset = dataset or _open(experiment, emit, control)
    description = dataset.description
    _check_data(dataset)
    task = task_of(experiment, description)
    problem = problem_of(experiment, description)
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
    """The plan of a run that goes on: what was settled then, on the same data.

    Raises UserError or Stopped.
    """
    dataset = dataset or _open(experiment, emit, control)
    description = dataset.description
    if list(description.classes) != state["classes"]:
        gone = [name for name in state["classes"] if name not in description.classes]
        new = [name for name in description.classes if name not in state["classes"]]
        raise UserError(
            f"The classes are not those this run began with (gone: {_names(gone)}; new: "
            f"{_names(new)}).",
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


def known_threads(run: Run) -> int:
    """The thread count that this run had before, so that it goes on to the same bits; 0 if it had
    none.
    """
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


# --- checks


def _check_data(dataset: Dataset) -> None:
    description = dataset.description
    targets = dataset.targets

    for split, words in (("training", "to learn from"), ("validation", "to judge by")):
        if not len(dataset.indices.get(split, ())):
            raise UserError(
                f"There are no examples {words}.",
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
            "Some targets are no finite numbers.", "Open the data again.", "data.target"
        )


def _names(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(f"'{name}'" for name in names[:5]) + more or "none"
