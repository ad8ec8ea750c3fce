"""What is known of a run whose script is written, and why one cannot be written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine.compute.batches import as_batch, batch_count
from app.engine.compute.evaluation import evaluation_batch_size
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.resolve import ResolvedExperiment, read_resolved
from app.engine.runs.history import read_history
from models.network import build_model

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.data.preparation import Preparation
    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.learning.loss import LossFunction
    from app.engine.learning.task import Task
    from app.engine.runs.history import History
    from models.graph import Graph
    from models.shape import Problem

CHANGED = ("changed", "memory", "longer")
"""Marks in the history of a run that did not go as it was planned."""


@dataclass(frozen=True)
class ScriptSource:
    """A run that becomes a script, with all its settings filled in."""

    trained: TrainedNetwork
    resolved: ResolvedExperiment
    environment: dict[str, Any]
    history: History

    @classmethod
    def of(cls, trained: TrainedNetwork) -> ScriptSource:
        """Raises UserError where a script could not reproduce the run."""
        plain = toml_file.to_plain(trained.experiment)
        resolved = read_resolved(plain, "the run", trained.task.kind)
        run = trained.run
        source = cls(trained, resolved, run.environment(), read_history(run.path))
        source.require_reproducible()
        return source

    def require_reproducible(self) -> None:
        """Raises UserError where the run did something that a script does not do."""
        if any(mark["mark"] in CHANGED for mark in self.history.marks):
            raise _refused(
                "Settings of this run were changed while it trained, or it was trained longer than "
                "planned"
            )
        if self.resolved.training.start_from:
            raise _refused("This run began with the weights of another one")
        if self.device != "cpu":
            raise _refused(f"This run computed on '{self.device}', and its script on the CPU")
        if self.environment.get("precision") == "float16":
            raise _refused("This run computed in float16 with a scaled loss")

    # --- what the run was

    @property
    def description(self) -> Description:
        return self.trained.description

    @property
    def dataset(self) -> Dataset:
        return self.trained.dataset

    @property
    def task(self) -> Task:
        return self.trained.task

    @property
    def graph(self) -> Graph:
        return self.trained.network.graph

    @property
    def problem(self) -> Problem:
        return self.trained.network.problem

    @property
    def device(self) -> str:
        return str(self.environment.get("device", "cpu"))

    @property
    def threads(self) -> int:
        return int(self.environment.get("threads") or 1)

    @property
    def uses_bfloat16(self) -> bool:
        return self.environment.get("precision") == "bfloat16"

    @property
    def preparations(self) -> tuple[Preparation, ...]:
        """The preparation of the examples, or those of both halves of pairs."""
        preparation = self.description.preparation
        return preparation.halves if isinstance(preparation, PairPreparation) else (preparation,)

    @property
    def has_pictures(self) -> bool:
        return any(isinstance(each, ImagePreparation) for each in self.preparations)

    # --- batches

    @property
    def examples(self) -> int:
        """How many training examples there are."""
        return len(self.dataset.indices["training"])

    @property
    def step_size(self) -> int:
        """The examples of a step."""
        return self.resolved.training.step_size

    @property
    def steps_per_epoch(self) -> int:
        return batch_count(self.examples, self.step_size)

    @property
    def steps(self) -> int:
        return self.resolved.training.epochs * self.steps_per_epoch

    @property
    def one_is_left_over(self) -> bool:
        """Whether the last batch of an epoch takes in a single example that is left over."""
        return self.steps_per_epoch < -(-self.examples // self.step_size)

    @cached_property
    def loss_function(self) -> LossFunction:
        description = self.description
        return self.resolved.loss.build(
            description.counts["training"], torch.device("cpu"), description.size("training")
        )

    @property
    def evaluation_batch(self) -> int:
        """The examples of a batch in an evaluation."""
        return evaluation_batch_size(
            self.problem, self.loss_function, self.resolved.training.batch_size
        )

    @cached_property
    def network_draws(self) -> bool:
        """Whether the network takes random numbers while it trains; found by trying it."""
        rows = self.trained.training_rows(2)
        parts = [torch.from_numpy(np.array(array[rows])) for array in self.dataset.arrays]
        inputs = self.description.preparation.tensor(as_batch(parts))
        network = build_model(self.graph, self.problem, self.resolved.training.seed)
        before = torch.random.get_rng_state()
        with torch.no_grad():
            network.train()(inputs)

        return not torch.equal(before, torch.random.get_rng_state())

    # --- what it recorded

    def recorded_losses(self, most: int) -> dict[int, float]:
        """Returns the losses of the first steps by their numbers; a long run wrote some of them."""
        pairs = zip(self.history.steps[:most], self.history.losses[:most], strict=True)
        return {
            int(step): float(loss) for step, loss in pairs if step <= most and math.isfinite(loss)
        }

    @property
    def weights_sha256(self) -> str:
        """The digest of the last step's weights; "" of a run that was not trained to its end."""
        summary = self.trained.run.summary()
        whole = summary.get("status") == "completed"
        return str(summary.get("weights_sha256") or "") if whole else ""


def _refused(why: str) -> UserError:
    return UserError(
        f"{why}; a script would not reproduce it.", "Choose another format, or train it again."
    )
