"""Validation and test: judging the epochs of a run, and keeping the best one's weights."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.compute.batches import split_inputs
from app.engine.compute.evaluation import (
    Evaluation,
    PreparedInputs,
    evaluate,
    evaluation_batch_size,
)
from app.engine.experiment import toml_file
from app.engine.runs import checkpoint
from app.engine.runs.checkpoint import Best
from app.engine.runs.epoch_records import EpochRecord, arrays_bytes, write_arrays
from app.engine.runs.tensors import Tensors, cpu_copies
from app.engine.training.build import TrainState, build_loss

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.compute.batches import SplitInputs
    from app.engine.experiment.plain import PlainExperiment
    from app.engine.learning.metrics import Metric
    from app.engine.runs.progress import Progress
    from app.engine.runs.run import Run

PROBES = 12
"""Validation examples whose predictions are shown after every epoch, at most."""

MOST_KEPT = 1 << 18
"""Numbers of a validation split up to which it is kept as the network gets it."""


class Validator:
    """Judges the network of a run.

    The validation split chooses the best epoch; the test split is looked at once, at the very end,
    and chooses nothing. Every epoch is judged by the loss as it was planned: one that was changed
    while the run trained measures otherwise, and its figures could not be compared with those
    before.
    """

    def __init__(self, train_state: TrainState) -> None:
        self._train_state = train_state
        self._loss_function = build_loss(
            train_state.plan, train_state.plan.resolved.loss, train_state.device
        )
        dataset = train_state.plan.dataset
        self._validation: SplitInputs | PreparedInputs = split_inputs(
            dataset, "validation", train_state.device
        )
        targets = dataset.targets[dataset.indices["validation"]]
        self.probes = probe_positions(
            targets
            if dataset.description.classes and targets.ndim == 1
            else np.zeros(len(targets), np.int64),
            train_state.plan.task.probes,
        )

    def validation(self, check: Callable[[], None]) -> Evaluation:
        """Judges on the validation split. Raises what `check` raises, after any batch."""
        train_state = self._train_state
        if train_state.passes.manual is not None and not train_state.plan.memory_parts:
            self._validation = self._kept_ready(self._validation)

        return self._judge("validation", self._validation, check)

    def _kept_ready(self, inputs: SplitInputs | PreparedInputs) -> SplitInputs | PreparedInputs:
        """Returns a small validation split as the network gets it, to be judged in every epoch."""
        plan = self._train_state.plan
        dataset = plan.dataset
        numbers = len(dataset.indices["validation"]) * math.prod(plan.problem.shape)
        if isinstance(inputs, PreparedInputs) or numbers > MOST_KEPT:
            return inputs

        return PreparedInputs.of(
            dataset.description,
            inputs,
            dataset.targets[dataset.indices["validation"]],
            self._loss_function,
            plan.task,
            self._train_state.device,
            self._batch_size(),
        )

    def test(self, check: Callable[[], None]) -> Evaluation | None:
        """Judges on the test split; None where none was kept apart."""
        dataset = self._train_state.plan.dataset
        if not len(dataset.indices.get("test", ())):
            return None

        return self._judge("test", split_inputs(dataset, "test", self._train_state.device), check)

    def _batch_size(self) -> int:
        train_state = self._train_state
        plan = train_state.plan
        size = evaluation_batch_size(plan.problem, self._loss_function, plan.batch_size)
        if plan.memory_parts and not self._loss_function.compares:
            # Memory ran out, and it may have been here.
            size = min(size, train_state.passes.part_size)

        return size

    def _judge(
        self, split: str, inputs: SplitInputs | PreparedInputs, check: Callable[[], None]
    ) -> Evaluation:
        """Judges a split, with exact averages.

        It computes in float32 whatever the training's precision, as all later uses of the weights
        do.
        """
        train_state = self._train_state
        plan = train_state.plan
        dataset = plan.dataset
        batch_size = self._batch_size()
        with train_state.team.judging(split, batch_size) as division:
            return evaluate(
                train_state.network,
                dataset.description,
                inputs,
                dataset.targets[dataset.indices[split]],
                self._loss_function,
                plan.task,
                train_state.device,
                batch_size,
                check,
                manual=train_state.passes.manual,
                division=division,
            )

    def record(self, evaluation: Evaluation) -> EpochRecord:
        """Returns the small record of an epoch.

        The probes are rows of its evaluation, so they cost nothing.
        """
        rows = self._train_state.plan.dataset.indices["validation"][self.probes]
        return EpochRecord(
            np.asarray(rows), evaluation.predictions[self.probes], evaluation.confusion
        )


def probe_positions(targets: np.ndarray, most: int = PROBES) -> np.ndarray:
    """Returns the positions of up to `most` examples, one of each class in turn.

    They are the same in every epoch and every run.
    """
    by_class = [np.flatnonzero(targets == label) for label in np.unique(targets)]
    probes: list[int] = []

    depth = 0
    while len(probes) < most and any(len(positions) > depth for positions in by_class):
        probes += [int(positions[depth]) for positions in by_class if len(positions) > depth]
        depth += 1

    return np.array(probes[:most], dtype=np.int64)


def is_better(
    progress: Progress, evaluation: Evaluation, best_by: str | None, headline: Metric
) -> bool:
    """Returns whether this evaluation is the best so far; equal figures are decided by the loss."""
    loss = evaluation.loss
    figure = evaluation.metrics.get(headline.name)
    if not np.isfinite(loss):
        return False
    if progress.best_loss is None:
        return True
    if best_by == "metric" and figure is not None and figure != progress.best_metric:
        return progress.best_metric is None or headline.improves(figure, progress.best_metric)

    return loss < progress.best_loss


def count_patience(progress: Progress, loss: float, min_delta: float) -> None:
    """Counts the epochs without improvement, for early stopping.

    A validation loss that is better by more than min_delta starts the count anew.
    """
    if np.isfinite(loss) and (progress.reference is None or loss < progress.reference - min_delta):
        progress.reference = float(loss)
        progress.since_best = 0
    else:
        progress.since_best += 1


class BestKeeper:
    """Keeps the best epoch's weights: in memory, and on the disk with all that their use needs."""

    def __init__(self, train_state: TrainState, run: Run) -> None:
        self._train_state = train_state
        self._run = run
        self.weights: Tensors | None = None
        self.evaluation: Evaluation | None = None
        self.state: dict[str, Any] = {}
        """What the best checkpoint says of itself: epoch, step, loss, metrics."""

        self._saved = True

    def take(
        self, progress: Progress, evaluation: Evaluation, epoch: int, partial: bool = False
    ) -> None:
        """Takes the weights as they are now as the best, into memory, for the next save.

        partial: they were judged in the middle of an epoch because the run was stopped there.
        """
        plan = self._train_state.plan
        self.weights = cpu_copies(self._live_tensors)
        self.evaluation = evaluation
        self._saved = False
        self.state = {
            "epoch": epoch,
            "step": progress.step,
            "partial": partial,
            "loss": evaluation.loss,
            "metrics": evaluation.metrics,
            "task": plan.task.kind,
            "experiment": self._experiment,
        }

    @cached_property
    def _live_tensors(self) -> Tensors:
        """Weights and buffers of the network, which change in place."""
        return self._train_state.network.state_dict()

    @cached_property
    def _experiment(self) -> PlainExperiment:
        return toml_file.to_plain(self._train_state.plan.resolved)

    @property
    def unsaved(self) -> Best | None:
        """The best epoch where it is not on the disk yet, else None."""
        if self._saved or self.weights is None or self.evaluation is None:
            return None

        plan = self._train_state.plan
        rows = plan.dataset.indices["validation"]
        predictions = arrays_bytes(results_arrays(rows, self.evaluation))

        return Best(
            self.weights,
            plan.dataset.description,
            plan.graph,
            plan.problem,
            self.state,
            predictions,
        )

    @property
    def is_saved(self) -> bool:
        """Whether the best epoch, if there is one, is on the disk."""
        return self._saved

    def saved(self) -> None:
        """Notes that it is on the disk."""
        self._saved = True

    def save(self) -> None:
        """Writes the best epoch alone, if it is not on the disk yet. Raises UserError."""
        best = self.unsaved
        if best is not None:
            checkpoint.save_best(self._run.path / "checkpoints", best)
            self._saved = True

    def restore(self, progress: Progress) -> bool:
        """Reads the best epoch of a run that goes on from the disk; returns whether it is there.

        Where it is not, it is missing or damaged.
        """
        if not progress.best_step:
            return True

        best = checkpoint.best_of_step(self._run.path / "checkpoints", progress.best_step)
        if best is None:
            return False

        self.weights = best.model
        self.state = best.state
        return True


def write_results(run: Run, split: str, rows: np.ndarray, evaluation: Evaluation) -> None:
    """Writes what the weights predict for every example of a split. Raises UserError."""
    write_arrays(run.path, f"results/{split}.npz", results_arrays(rows, evaluation))


def results_arrays(rows: np.ndarray, evaluation: Evaluation) -> dict[str, np.ndarray]:
    """Returns what is kept of an evaluation: rows (n,), targets and predictions (n, ...)."""
    return {
        "rows": np.asarray(rows),
        "targets": evaluation.targets,
        "predictions": evaluation.predictions,
    }
