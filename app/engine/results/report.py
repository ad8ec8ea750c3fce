"""What came of a training, for a person: figures with their baseline, per class, confusion, mistakes, a verdict.

All of it follows from three arrays a split: rows of the data set, true classes, probabilities. No torch here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.experiment import task_of
from app.engine.learning.tasks import Task
from app.engine.results import metrics
from app.engine.results.choosing import BEST, PREFIX, Kept, read_kept
from app.engine.results.metrics import percent
from app.engine.results.remedies import quoted
from app.engine.training.history import read_arrays
from app.engine.training.run import Run

OTHER = "data"
"""The name of a split that is none of the run's own: other data, all of them."""

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]
"""rows (n,), targets (n,), probabilities (n, K)."""


@dataclass(frozen=True)
class ClassRow:
    """One class of a split. What is not defined is None: the precision of a class that is never predicted."""

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    count: int
    predicted: int


@dataclass(frozen=True)
class Mistake:
    """A wrong answer. row: of the data set. true, predicted: class numbers. confidence: in the wrong class;
    true_probability: left for the right one."""

    row: int
    true: int
    predicted: int
    confidence: float
    true_probability: float


@dataclass(frozen=True)
class SplitReport:
    """One split judged. low, high: the 95 % interval of the accuracy. baseline: the accuracy of always saying the
    class that is most frequent in training (baseline_class). confusion: (K, K) counts, true class by row."""

    split: str
    count: int
    correct: int
    low: float
    high: float
    baseline: float
    baseline_class: int
    metrics: dict[str, float]
    loss: float | None
    classes: tuple[ClassRow, ...]
    confusion: np.ndarray = field(repr=False)
    rows: np.ndarray = field(repr=False)
    targets: np.ndarray = field(repr=False)
    predictions: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)

    @property
    def accuracy(self) -> float:
        return self.correct / self.count if self.count else float("nan")

    def cell(self, true: int, predicted: int) -> list[Mistake]:
        """The examples behind one cell of the confusion matrix, the surest answers first."""
        return self._list((self.targets == true) & (self.predictions == predicted))

    def mistakes(self, most: int = 100) -> list[Mistake]:
        """The worst mistakes: those made with the greatest confidence."""
        return self._list(self.targets != self.predictions, most)

    def confused(self, most: int = 10) -> list[tuple[int, int, int, float]]:
        """(true, predicted, count, share of the true class), the largest share first; several times wrong only."""
        wrong = self.confusion.copy()
        np.fill_diagonal(wrong, 0)
        found = [
            (int(true), int(said), int(wrong[true, said]), float(wrong[true, said] / self.confusion[true].sum()))
            for true, said in np.argwhere(wrong > 1)
        ]
        return sorted(found, key=lambda pair: (-pair[3], -pair[2], pair[0], pair[1]))[:most]

    def worst_classes(self) -> list[ClassRow]:
        """Classes that have examples, the least recognised first."""
        return sorted((row for row in self.classes if row.count), key=lambda row: (row.recall or 0.0, -row.count))

    def _list(self, chosen: np.ndarray, most: int | None = None) -> list[Mistake]:
        places = np.flatnonzero(chosen)
        said, true = self.predictions[places], self.targets[places]
        confidence = self.probabilities[places, said]
        order = np.argsort(-confidence, kind="stable")[:most]
        return [
            Mistake(
                int(self.rows[places[i]]),
                int(true[i]),
                int(said[i]),
                float(confidence[i]),
                float(self.probabilities[places[i], true[i]]),
            )
            for i in order
        ]

    def to_plain(self, most_mistakes: int = 20) -> dict[str, Any]:
        """Plain data for JSON."""
        names = [row.name for row in self.classes]
        return {
            "examples": self.count,
            "correct": self.correct,
            "accuracy": self.accuracy if self.count else None,
            "interval": [self.low, self.high],
            "baseline": self.baseline,
            "baseline_class": names[self.baseline_class],
            "loss": self.loss,
            "metrics": self.metrics,
            "per_class": [vars(row) for row in self.classes],
            "confusion": self.confusion.tolist(),
            "worst_mistakes": [
                {**vars(one), "true": names[one.true], "predicted": names[one.predicted]}
                for one in self.mistakes(most_mistakes)
            ],
        }


@dataclass(frozen=True)
class Report:
    """All splits judged. verdict: one sentence on the split to trust (test, else validation); level its colour.
    kept: the weights that were judged."""

    classes: tuple[str, ...]
    task: Task
    splits: dict[str, SplitReport]
    verdict: str
    level: Literal["good", "warning", "problem", "info"]
    best_epoch: int = 0
    kept: Kept = BEST

    @classmethod
    def of(
        cls,
        description: Description,
        task: Task,
        evaluations: Mapping[str, Arrays],
        *,
        losses: Mapping[str, float] | None = None,
        best_epoch: int = 0,
        kept: Kept = BEST,
    ) -> Report:
        """The report on the splits given, by name. Raises ValueError where arrays and classes do not agree."""
        usual = usual_class(description)
        splits = {
            name: _split(name, description.classes, task, arrays, usual, (losses or {}).get(name))
            for name, arrays in evaluations.items()
        }
        trusted = (splits[name] for name in (OTHER, "test", "validation") if name in splits)
        chosen = next((split for split in trusted if split.count), None)
        if chosen is None:
            nothing = "No examples were kept aside, so nothing can be said."
            return cls(description.classes, task, splits, nothing, "info", best_epoch, kept)
        text, level = verdict(chosen)
        return cls(description.classes, task, splits, text, level, best_epoch, kept)

    def to_plain(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "task": self.task.kind,
            "classes": list(self.classes),
            "best_epoch": self.best_epoch,
            "use": self.kept.use,
            "epoch": self.kept.epoch if self.kept.use == "last" else self.best_epoch,
            "verdict": self.verdict,
            "splits": {name: split.to_plain() for name, split in self.splits.items()},
        }


def usual_class(description: Description) -> int:
    """The class most frequent in training: what one would say without looking."""
    return int(np.argmax(description.counts["training"]))


def _split(
    name: str, classes: tuple[str, ...], task: Task, arrays: Arrays, usual: int, loss: float | None
) -> SplitReport:
    rows, targets, probabilities = arrays
    if len(targets) and probabilities.shape != (len(targets), len(classes)):
        raise ValueError(f"{probabilities.shape} probabilities for {len(targets)} examples of {len(classes)} classes")
    probabilities = probabilities.reshape(len(targets), len(classes))
    said = metrics.predictions(probabilities)
    matrix = metrics.confusion(targets, said, len(classes))
    figures = metrics.figures(task, targets, probabilities) if len(targets) else {}
    report = of_confusion(name, matrix, classes, usual, figures, loss)
    return replace(
        report,
        rows=np.asarray(rows),
        targets=np.asarray(targets, dtype=np.int64),
        predictions=said,
        probabilities=probabilities,
    )


def of_confusion(
    name: str, matrix: np.ndarray, classes: tuple[str, ...], usual: int, figures: dict[str, float], loss: float | None
) -> SplitReport:
    """What a confusion matrix (K, K) alone tells: figures and classes, no examples.

    usual: the class most frequent in training. figures: metrics of the task by name.
    """
    table, correct, count = metrics.per_class(matrix), int(np.trace(matrix)), int(matrix.sum())
    low, high = metrics.wilson(correct, count)
    return SplitReport(
        split=name,
        count=count,
        correct=correct,
        low=low,
        high=high,
        baseline=float(matrix[usual].sum()) / count if count else 0.0,
        baseline_class=usual,
        metrics=figures,
        loss=loss if loss is not None and np.isfinite(loss) else None,
        classes=tuple(
            ClassRow(
                classes[k],
                _known(table.precision[k]),
                _known(table.recall[k]),
                _known(table.f1[k]),
                int(table.count[k]),
                int(table.predicted[k]),
            )
            for k in range(len(classes))
        ),
        confusion=matrix,
        rows=np.zeros(0, dtype=np.int64),
        targets=np.zeros(0, dtype=np.int64),
        predictions=np.zeros(0, dtype=np.int64),
        probabilities=np.zeros((0, len(classes)), dtype=np.float32),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


# --- in words


def verdict(split: SplitReport) -> tuple[str, Literal["good", "warning", "problem"]]:
    """One plain sentence on a split that has examples, and how good the news is."""
    usual = split.classes[split.baseline_class].name
    baseline = f"always saying {quoted(usual)} would be right on {percent(split.baseline)}"
    subject = (
        f"these {split.count:,} pictures" if split.split == OTHER else f"{split.count:,} pictures it never trained on"
    )
    right = f"It is right on {percent(split.accuracy, 1)} of {subject}"
    worst = split.worst_classes()[0]
    if split.high <= split.baseline or split.accuracy <= split.baseline:
        return f"It has learned nothing yet: it is right on {percent(split.accuracy, 1)}, and {baseline}.", "problem"
    if split.low <= split.baseline:
        return f"{right}, but so few that it may be chance: {baseline}.", "warning"
    if (split.accuracy - split.baseline) < 0.2 * (1 - split.baseline):
        return f"{right}, only a little better than a guess: {baseline}.", "warning"
    if worst.recall is not None and worst.recall < 0.5 and len(split.classes) > 1:
        missed = f"yet it misses most of {quoted(worst.name)} ({percent(worst.recall)} found)"
        return f"{right}, {missed}; {baseline}.", "warning"
    if split.high - split.low > 0.2:
        bounds = f"between {percent(split.low)} and {percent(split.high)}"
        return f"{right}; on others it may be anything {bounds}, as these are few ({baseline}).", "warning"
    return f"{right}; {baseline}.", "good"


# --- from the run folder


def load_report(run: Run) -> Report:
    """The report on the weights chosen, from the run's folder alone: data and torch may be gone.

    Raises UserError where no epoch was judged yet or the figures are damaged.
    """
    evaluations: dict[str, Arrays] = {}
    kept = read_kept(run)
    prefix = PREFIX if kept.use == "last" else ""
    for name in ("validation", "test"):
        arrays = read_arrays(run.path / "results" / f"{prefix}{name}.npz")
        if {"rows", "targets", "probabilities"} <= set(arrays):
            evaluations[name] = (arrays["rows"], arrays["targets"], arrays["probabilities"])
    plain = run.dataset()
    if not evaluations or not plain:
        raise UserError(
            f"The run '{run.name}' has no results yet.", "Let it train at least until the first epoch is judged."
        )
    try:
        description = Description.from_plain(plain)
        summary = run.summary()
        losses = kept.loss if kept.use == "last" else summary.get("loss") or {}
        return Report.of(
            description,
            task_of(run.experiment(), len(description.classes)),
            evaluations,
            losses={name: value for name, value in losses.items() if value is not None},
            best_epoch=int(summary.get("best_epoch") or 0),
            kept=kept,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"The results of the run '{run.name}' are damaged.", "Resume the run, or train it again."
        ) from error
