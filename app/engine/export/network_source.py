"""A network to be exported: that of an experiment with fresh weights, or that of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute.batches import as_batch
from app.engine.errors import UserError
from app.engine.experiment.resolve import resolve
from app.engine.results.predictor import Predictor
from app.engine.sources.format import Check, Progress, no_check, no_progress
from app.engine.sources.opening import open_dataset
from models.graph import GraphError
from models.network import Network, build_model

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.run import Run

EXAMPLES = 16
"""So many examples are enough to tell two networks apart."""


@dataclass(frozen=True)
class NetworkSource:
    """A network on the CPU, and the data that it was made for.

    label: what it is called. description: of the data. dataset: None where it is not open yet.
    """

    label: str
    network: Network
    description: Description
    dataset: Dataset | None = None
    predictor: Predictor | None = None

    def examples(
        self, progress: Progress = no_progress, check: Check = no_check
    ) -> tuple[torch.Tensor, ...]:
        """Returns the first validation examples as the network reads them, (B, *shape) each.

        Two tensors for halves of pairs. Raises UserError where the data of a run are not there.
        """
        dataset = self.dataset
        if dataset is None:
            assert self.predictor is not None and self.predictor.experiment is not None
            dataset = self.predictor.open(self.predictor.experiment.data.source, progress, check)

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
    dataset = open_dataset(experiment.data, progress, check)
    description = dataset.description
    resolved = resolve(experiment, description)
    problem = resolved.problem(description)

    try:
        graph = resolved.model.graph(problem)
        network = build_model(graph, problem, resolved.training.seed)
    except GraphError as error:
        raise UserError(
            f"The network cannot be built at '{error.node}': {error.what}",
            error.remedy,
            "model.template",
        ) from error

    return NetworkSource(resolved.model.label, network.eval(), description, dataset)


def of_run(run: Run) -> NetworkSource:
    """Returns the network of a run with its weights in use. Raises UserError where it has none."""
    predictor = Predictor.load(run)
    experiment = predictor.experiment
    label = experiment.model.label if experiment is not None and experiment.model else "Network"
    return NetworkSource(label, predictor.network, predictor.description, predictor=predictor)
