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
from app.engine.export.script import live_changes
from app.engine.export.script.live_changes import LiveChanges
from app.engine.runs.history import read_history
from app.engine.runs.tensors import cpu_copies
from app.engine.training.start_weights import take_over
from models.network import build_model

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.data.preparation import Preparation
    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.learning.loss import LossFunction
    from app.engine.learning.task import Task
    from app.engine.runs.history import History
    from app.engine.runs.tensors import Tensors
    from models.graph import Graph
    from models.shape import Problem

CHANGED = "changed"
"""Marks, in the history of a run, settings that were changed while it trained."""

REFUSED = {
    "memory": "Memory ran out while this run trained, and some steps were taken in smaller parts",
    "longer": "This run was trained longer than planned, with a schedule that was stretched",
}
"""Why a run with such a mark has no script."""

MOST_STEPS = 20
"""So many first losses are compared with those of the run."""

AFTER_CHANGE = 5
"""And so many after the last change of a setting, where that is one of the first steps."""

MOST_STEPS_CHANGED = 500


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
        for mark in self.history.marks:
            if mark["mark"] in REFUSED:
                raise _refused(REFUSED[mark["mark"]])
            for name in mark.get("values", {}) if mark["mark"] == CHANGED else ():
                if name not in live_changes.KNOWN:
                    raise _refused(f"'{name}' of this run was changed while it trained")

        if self.precision == "float16" and len(self.resolved.optimizer.code("cpu")) > 1:
            raise _refused("This run scaled its loss for float16, for two optimizers together")

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
    def is_elsewhere(self) -> bool:
        """Whether another device than the CPU computed it, so that bits cannot be the same."""
        return self.device != "cpu"

    @property
    def threads(self) -> int:
        return int(self.environment.get("threads") or 1)

    @property
    def precision(self) -> str:
        """What activations were computed in: "float32", "bfloat16" or "float16"."""
        return str(self.environment.get("precision") or "float32")

    @property
    def is_mixed(self) -> bool:
        """Whether activations had two bytes a number."""
        return self.precision != "float32"

    @cached_property
    def live(self) -> LiveChanges:
        """What was changed while it trained."""
        marks = [mark for mark in self.history.marks if mark["mark"] == CHANGED]
        return LiveChanges.of(self.resolved, marks)

    @property
    def compared_steps(self) -> int:
        """How many of the first losses are compared with those of the run."""
        changed = self.live.last_step
        return max(MOST_STEPS, changed + AFTER_CHANGE if changed <= MOST_STEPS_CHANGED else 0)

    @cached_property
    def start(self) -> Tensors | None:
        """The weights that it began with, where these are those of an earlier run or of a file.

        Raises UserError where they are not there.
        """
        if not self.resolved.training.start_from:
            return None

        network = build_model(self.graph, self.problem, self.resolved.training.seed)
        try:
            take_over(network, self.resolved, self.description)
        except UserError as error:
            raise UserError(
                f"This run began with the weights of another one. {error.what}",
                "Put them where they were, or choose another format.",
            ) from error

        return cpu_copies(network.state_dict())

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

    @property
    def network_draws(self) -> bool:
        """Whether the network takes random numbers while it trains."""
        return self._trial[0]

    @property
    def answers_each(self) -> int:
        """How many times the network answers each example while it trains: once a member."""
        return self._trial[1]

    @cached_property
    def _trial(self) -> tuple[bool, int]:
        """Whether the network draws, and how often it answers: found by trying it."""
        rows = self.trained.training_rows(2)
        parts = [torch.from_numpy(np.array(array[rows])) for array in self.dataset.arrays]
        inputs = self.description.preparation.tensor(as_batch(parts))
        network = build_model(self.graph, self.problem, self.resolved.training.seed)
        before = torch.random.get_rng_state()
        with torch.no_grad():
            outputs = network.train()(inputs)

        draws = not torch.equal(before, torch.random.get_rng_state())
        return draws, len(outputs) // len(rows)

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
