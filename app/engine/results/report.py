"""The report on a trained network: every split, and a verdict on the one to trust.

All of it follows from three arrays a split: rows of the data set, targets, what the task keeps of
the answers. What a report on one split has is in `reports`. No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.experiment.resolve import task_of
from app.engine.results.reports import OTHER, Level, SplitReport, report_for
from app.engine.runs.epoch_records import arrays_of, read_arrays
from app.engine.runs.storage.checkpoint_folder import PREDICTIONS, Damaged, read_verified
from app.engine.runs.storage.manifest import damaged
from app.engine.runs.weights_in_use import BEST, PREFIX, WeightsInUse, read_weights_in_use

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.learning.tasks import Task
    from app.engine.runs.run import Run

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]
"""rows (n,), targets (n, ...), predictions (n, ...)."""


@dataclass(frozen=True)
class Report:
    """The reports on all splits, by name.

    verdict: one sentence on the split to trust (test, else validation); level: its colour. weights:
    those that were evaluated.
    """

    classes: tuple[str, ...]
    task: Task
    splits: dict[str, SplitReport]
    verdict: str
    level: Level
    best_epoch: int = 0
    weights: WeightsInUse = BEST

    @classmethod
    def of(
        cls,
        description: Description,
        task: Task,
        evaluations: Mapping[str, Arrays],
        *,
        losses: Mapping[str, float] | None = None,
        best_epoch: int = 0,
        weights: WeightsInUse = BEST,
    ) -> Report:
        """Returns the report on some splits, by name.

        Raises ValueError where arrays and classes do not agree, UserError where answers are no
        numbers: every figure would be wrong.
        """
        for name, (_, _, predictions) in evaluations.items():
            _require_numbers(name, np.asarray(predictions))

        report_class = report_for(task.view)
        splits = {
            name: report_class.of(name, description, task, *arrays, (losses or {}).get(name))
            for name, arrays in evaluations.items()
        }

        chosen = _trusted(splits)
        if chosen is None:
            nothing = "No examples were kept aside, so nothing can be said."
            return cls(description.classes, task, splits, nothing, "info", best_epoch, weights)

        text, level = chosen.verdict()
        return cls(description.classes, task, splits, text, level, best_epoch, weights)

    @property
    def trusted(self) -> SplitReport | None:
        """The split to trust: other data, else the test split, else validation.

        None where all are empty.
        """
        return _trusted(self.splits)

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        return {
            "task": self.task.kind,
            "classes": list(self.classes),
            "best_epoch": self.best_epoch,
            "use": self.weights.use,
            "epoch": self.weights.epoch if self.weights.use == "last" else self.best_epoch,
            "verdict": self.verdict,
            "splits": {name: split.to_plain() for name, split in self.splits.items()},
        }


def _require_numbers(split: str, predictions: np.ndarray) -> None:
    """Raises UserError where some of the (n, ...) predictions of a split are NaN or infinite."""
    if predictions.dtype.kind != "f" or np.isfinite(predictions).all():
        return

    wrong = int((~np.isfinite(predictions)).reshape(len(predictions), -1).any(axis=1).sum())
    of = "" if split == OTHER else f"{split} "
    raise UserError(
        f"The network's answers to {wrong:,} of {len(predictions):,} {of}examples are not numbers.",
        "Train it again with a smaller learning rate; look for values in these examples that are "
        "far outside those it learned from.",
    )


def _trusted(splits: Mapping[str, SplitReport]) -> SplitReport | None:
    by_trust = (splits[name] for name in (OTHER, "test", "validation") if name in splits)
    return next((split for split in by_trust if split.count), None)


# --- from the run folder


def read_predictions(run: Run, weights: WeightsInUse, split: str) -> dict[str, np.ndarray]:
    """Returns what the weights predict for a split; {} where it was not evaluated.

    For validation, the best epoch's are beside its weights, so that they cannot be another's.
    Raises RunFileError.
    """
    prefix = PREFIX if weights.use == "last" else ""
    best = run.best_folder
    if split == "validation" and not prefix and best is not None:
        name = f"{best.relative_to(run.path).as_posix()}/{PREDICTIONS}"
        try:
            content = read_verified(best, (PREDICTIONS,)).get(PREDICTIONS)
        except Damaged as error:
            raise damaged(run.path, name, str(error)) from error
        if content is not None:
            return arrays_of(run.path, name, content)

    return read_arrays(run.path, f"results/{prefix}{split}.npz")


def load_report(run: Run) -> Report:
    """Reads the report on the weights in use from the run's folder; data and torch may be gone.

    Raises UserError where no epoch was evaluated yet or the figures are damaged.
    """
    evaluations: dict[str, Arrays] = {}
    weights = read_weights_in_use(run)

    for name in ("validation", "test"):
        arrays = read_predictions(run, weights, name)
        if {"rows", "targets", "predictions"} <= set(arrays):
            evaluations[name] = (arrays["rows"], arrays["targets"], arrays["predictions"])

    plain = run.dataset()
    if not evaluations or not plain:
        raise UserError(
            f"The run '{run.name}' has no results yet.",
            "Let it train at least until the first epoch is judged.",
        )

    try:
        description = Description.from_plain(plain)
        summary = run.summary()
        losses = weights.loss if weights.use == "last" else summary.get("loss") or {}

        return Report.of(
            description,
            task_of(run.experiment(), description),
            evaluations,
            losses={name: value for name, value in losses.items() if value is not None},
            best_epoch=int(summary.get("best_epoch") or 0),
            weights=weights,
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"The results of the run '{run.name}' are damaged.",
            "Resume the run, or train it again.",
        ) from error
