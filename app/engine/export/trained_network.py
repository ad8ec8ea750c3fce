"""A trained network to be exported, with the examples on which the export is proved."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.export.answering_network import AnsweringNetwork
from app.engine.results.predictor import Predictor
from app.engine.results.run_data import run_data
from app.engine.sources.format import Progress, no_progress

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.experiment.experiment import Experiment
    from app.engine.learning.task import Task
    from app.engine.runs.run import Run
    from app.engine.runs.weights_in_use import Which
    from models.network import Network

CANNOT_BE_PROVED = "The export cannot be proved"

PROVED_ON = ("test", "validation", "training")
"""The split that proves an export: the first of these that has examples."""


@dataclass(frozen=True)
class TrainedNetwork:
    """A run with its weights and its data, as they were."""

    run: Run
    predictor: Predictor
    dataset: Dataset

    @classmethod
    def load(
        cls, run: Run, which: Which | None = None, progress: Progress = no_progress
    ) -> TrainedNetwork:
        """Loads the weights in use, or those that are asked for, and opens the data of the run.

        Raises UserError where there are no weights, where they are damaged, or where the data are
        not there or changed.
        """
        predictor = Predictor.load(run, which)
        dataset = run_data(run, predictor.description, CANNOT_BE_PROVED, progress=progress)
        return cls(run, predictor, dataset)

    @property
    def network(self) -> Network:
        return self.predictor.network

    @property
    def description(self) -> Description:
        """What the network was trained on."""
        return self.predictor.description

    @property
    def task(self) -> Task:
        return self.predictor.task

    @property
    def experiment(self) -> Experiment:
        """The settings as the run resolved them."""
        return self.predictor.experiment or self.run.experiment()

    @functools.cached_property
    def answering(self) -> AnsweringNetwork:
        """The network with its preparation and its answers, in eval mode on the CPU."""
        return AnsweringNetwork(self.network, self.description, self.task)

    @functools.cached_property
    def split(self) -> str:
        """The split on which an export is proved."""
        sizes = {name: len(self.dataset.indices.get(name, ())) for name in PROVED_ON}
        return next((name for name in PROVED_ON if sizes[name]), PROVED_ON[0])

    @functools.cached_property
    def rows(self) -> np.ndarray:
        """The rows of the data set on which an export is proved: (n,)."""
        return np.asarray(self.dataset.indices[self.split])

    def raw(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Returns raw inputs (B, ...) of some rows of the data set, see Preparation.to_raw."""
        stored = [np.array(array[rows]) for array in self.dataset.arrays]
        return self.description.preparation.to_raw(*stored)

    def training_rows(self, most: int) -> np.ndarray:
        """Returns at most so many rows of the training split, evenly spread: (n,)."""
        rows = np.asarray(self.dataset.indices["training"])
        if len(rows) <= most:
            return rows

        spread: np.ndarray = rows[np.linspace(0, len(rows) - 1, most).astype(int)]
        return spread

    @property
    def parameters(self) -> int:
        """How many numbers were learned."""
        return sum(parameter.numel() for parameter in self.network.parameters())
