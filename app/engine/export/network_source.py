"""A network to be exported: of an experiment or a graph file with fresh weights, or of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute.batches import as_batch
from app.engine.errors import UserError
from app.engine.experiment.resolve import resolve
from app.engine.planning.graph_report import problem_without_data
from app.engine.results.predictor import Predictor
from app.engine.sources.format import Check, Progress, no_check, no_progress
from app.engine.sources.opening import open_dataset
from models.graph import Graph, GraphError
from models.network import Network, build_model, fake_inputs

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset, Description
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.run import Run
    from models.shape import Input, Problem

EXAMPLES = 16
"""So many examples are enough to tell two networks apart."""


@dataclass(frozen=True)
class NetworkSource:
    """A network on the CPU, and what it was made for.

    label: what it is called. task: the kind of its task, "" of a graph file. dataset: None where
    it is not open yet, or where there is none. predictor: of a run.
    """

    label: str
    network: Network
    task: str = ""
    dataset: Dataset | None = None
    predictor: Predictor | None = None

    @property
    def description(self) -> Description | None:
        """What is known of the data; None of a graph file, which names none."""
        if self.predictor is not None:
            return self.predictor.description

        return self.dataset.description if self.dataset is not None else None

    def examples(
        self, progress: Progress = no_progress, check: Check = no_check
    ) -> tuple[torch.Tensor, ...]:
        """Returns the first validation examples as the network reads them, (B, *shape) each.

        Two tensors for halves of pairs; random numbers where there are no data. Raises UserError
        where the data of a run are not there.
        """
        dataset = self.dataset
        if self.predictor is not None:
            assert self.predictor.experiment is not None
            dataset = self.predictor.open(self.predictor.experiment.data.source, progress, check)
        if dataset is None or self.description is None:
            return _random_examples(self.network.problem)

        rows = dataset.indices.get("validation")
        if rows is None or not len(rows):
            rows = np.arange(len(dataset.targets))

        rows = np.sort(rows[:EXAMPLES])
        parts = [torch.from_numpy(np.array(array[rows])) for array in dataset.arrays]
        batch = self.description.preparation.tensor(as_batch(parts))
        halves = batch if isinstance(batch, tuple) else (batch,)
        return tuple(half.contiguous() for half in halves)


def of_experiment(
    experiment: Experiment, progress: Progress = no_progress, check: Check = no_check
) -> NetworkSource:
    """Returns the network with which a training of this experiment begins.

    Its weights follow from the seed. Raises UserError where the data cannot be read, or where the
    experiment does not fit them.
    """
    dataset = open_dataset(experiment.data, progress, check, sample=True)
    description = dataset.description
    resolved = resolve(experiment, description)
    problem = resolved.problem(description)

    try:
        graph = resolved.model.graph(problem)
    except GraphError as error:
        raise _unsound(error) from error

    network = _fresh(graph, problem, resolved.training.seed)
    return NetworkSource(resolved.model.label, network, resolved.data.task, dataset)


def of_graph_file(
    experiment: Experiment, path: Path, given: tuple[Input, ...] | None
) -> NetworkSource:
    """Returns the network of a file that names no data, with weights from the seed.

    given: what the network reads, two for the halves of pairs; None where it is to be assumed.
    Raises UserError.
    """
    graph, problem = problem_without_data(experiment, path, given)
    network = _fresh(graph, problem, experiment.training.seed)
    return NetworkSource("Own network", network)


def of_run(run: Run) -> NetworkSource:
    """Returns the network of a run with its weights in use. Raises UserError where it has none."""
    return of_predictor(Predictor.load(run))


def of_predictor(predictor: Predictor) -> NetworkSource:
    """Returns the network of a run that is loaded."""
    experiment = predictor.experiment
    label = experiment.model.label if experiment is not None and experiment.model else "Network"
    return NetworkSource(label, predictor.network, predictor.task.kind, predictor=predictor)


def _fresh(graph: Graph, problem: Problem, seed: int) -> Network:
    """Returns a network with initial weights. Raises UserError where it cannot be built."""
    try:
        return build_model(graph, problem, seed).eval()
    except GraphError as error:
        raise _unsound(error) from error


def _unsound(error: GraphError) -> UserError:
    return UserError(
        f"The network cannot be built at '{error.node}': {error.what}",
        error.remedy,
        "model.template",
    )


def _random_examples(problem: Problem) -> tuple[torch.Tensor, ...]:
    """Returns random inputs (B, *shape): tokens and categories that there are, else normal."""
    generator = torch.Generator().manual_seed(0)
    inputs = []
    for source, values in zip(problem.inputs, fake_inputs(problem, EXAMPLES), strict=True):
        if source.kind == "text":
            values.random_(0, source.vocabulary, generator=generator)
        else:
            values.normal_(generator=generator)

        for column, count in enumerate(source.categories, start=source.numeric_columns):
            values[:, column].random_(0, count, generator=generator)

        inputs.append(values.contiguous())

    return tuple(inputs)
