"""The report on a classification: class by class, what is confused with what, the mistakes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.advice.remedies import quoted
from app.engine.learning import scores
from app.engine.results.answer import Answer, Cell, Item
from app.engine.results.reports.base import (
    Level,
    Listing,
    SplitReport,
    figures_of,
    finite,
    shaped,
)
from app.engine.text import percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task


@dataclass(frozen=True)
class ClassRow:
    """The figures of one class of a split.

    What is not defined is None, such as the precision of a class that is never predicted.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    count: int
    predicted: int


@dataclass(frozen=True)
class Mistake:
    """A wrong answer.

    row: of the data set. true, predicted: class numbers. confidence: the probability of the wrong
    class; true_probability: that of the right one.
    """

    row: int
    true: int
    predicted: int
    confidence: float
    true_probability: float


@dataclass(frozen=True)
class ClassReport(SplitReport):
    """The report on a split with classes.

    predictions: (n, K) probabilities. low, high: the 95 % interval of the accuracy. baseline: the
    accuracy of always saying the class that is most frequent in training (baseline_class).
    confusion: (K, K) counts, true class by row.
    """

    view: ClassVar[str] = "classes"

    correct: int = 0
    low: float = 0.0
    high: float = 1.0
    baseline: float = 0.0
    baseline_class: int = 0
    classes: tuple[ClassRow, ...] = ()
    confusion: np.ndarray = field(repr=False, default_factory=lambda: np.zeros((0, 0), np.int64))
    predicted_classes: np.ndarray = field(repr=False, default_factory=lambda: np.zeros(0, np.int64))

    @classmethod
    def of(
        cls,
        name: str,
        description: Description,
        task: Task,
        rows: np.ndarray,
        targets: np.ndarray,
        predictions: np.ndarray,
        loss: float | None,
    ) -> ClassReport:
        classes = description.classes
        predictions = shaped(predictions, len(targets), len(classes))
        answers = scores.predicted_classes(predictions)
        matrix = scores.confusion(targets, answers, len(classes))
        report = cls.of_confusion(
            name,
            matrix,
            classes,
            usual_class(description),
            figures_of(task, description, targets, predictions),
            loss,
        )

        return replace(
            report,
            rows=np.asarray(rows),
            targets=np.asarray(targets, dtype=np.int64),
            predicted_classes=answers,
            predictions=predictions,
        )

    @classmethod
    def of_confusion(
        cls,
        name: str,
        matrix: np.ndarray,
        classes: tuple[str, ...],
        usual: int,
        figures: dict[str, float],
        loss: float | None,
    ) -> ClassReport:
        """Returns the report that follows from a confusion matrix (K, K) alone, without examples.

        usual: the class most frequent in training. figures: metrics of the task by name.
        """
        table = scores.per_class(matrix)
        correct = int(np.trace(matrix))
        count = int(matrix.sum())
        low, high = scores.wilson(correct, count)
        none = np.zeros(0, dtype=np.int64)

        return cls(
            name,
            count,
            figures,
            finite(loss),
            none,
            none,
            np.zeros((0, len(classes)), dtype=np.float32),
            correct=correct,
            low=low,
            high=high,
            baseline=float(matrix[usual].sum()) / count if count else 0.0,
            baseline_class=usual,
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
        )

    @property
    def probabilities(self) -> np.ndarray:
        """(n, K) the probability of each class."""
        return self.predictions

    @property
    def accuracy(self) -> float:
        return self.correct / self.count if self.count else float("nan")

    def cell(self, true: int, predicted: int) -> list[Mistake]:
        """Returns the examples behind a cell of the confusion matrix, the surest answers first."""
        return self._list((self.targets == true) & (self.predicted_classes == predicted))

    def mistakes(self, most: int = 100) -> list[Mistake]:
        """Returns the worst mistakes: those made with the greatest confidence."""
        return self._list(self.targets != self.predicted_classes, most)

    def confused(self, most: int = 10) -> list[tuple[int, int, int, float]]:
        """Returns (true, predicted, count, share of the true class), the largest share first.

        What happened only once is left out.
        """
        wrong = self.confusion.copy()
        np.fill_diagonal(wrong, 0)
        pairs = [
            (
                int(true),
                int(predicted),
                int(wrong[true, predicted]),
                float(wrong[true, predicted] / self.confusion[true].sum()),
            )
            for true, predicted in np.argwhere(wrong > 1)
        ]

        return sorted(pairs, key=lambda pair: (-pair[3], -pair[2], pair[0], pair[1]))[:most]

    def worst_classes(self) -> list[ClassRow]:
        """Returns the classes that have examples, the least recognised first."""
        return sorted(
            (row for row in self.classes if row.count),
            key=lambda row: (row.recall or 0.0, -row.count),
        )

    def _list(self, chosen: np.ndarray, most: int | None = None) -> list[Mistake]:
        """Returns some of the examples, the surest answers first. chosen: (n,) bool."""
        places = np.flatnonzero(chosen)
        predicted = self.predicted_classes[places]
        confidence = self.probabilities[places, predicted]
        order = places[np.argsort(-confidence, kind="stable")[:most]]

        return [
            Mistake(
                int(self.rows[index]),
                int(self.targets[index]),
                int(self.predicted_classes[index]),
                float(self.probabilities[index, self.predicted_classes[index]]),
                float(self.probabilities[index, self.targets[index]]),
            )
            for index in order
        ]

    def line(self) -> str:
        usual = self.classes[self.baseline_class].name
        return (
            f"{percent_text(self.accuracy)} right of {self.count:,} (95 % interval "
            f"{percent_text(self.low)} to {percent_text(self.high)}; always saying "
            f"{quoted(usual)}: {percent_text(self.baseline)})"
        )

    def listing(self) -> Listing | None:
        """Returns a row for each class, the least recognised first.

        It holds precision, recall, F1, count, and what the class is most taken for.
        """
        most_taken_for: dict[int, tuple[int, float]] = {}
        for true, predicted, _, share in self.confused(most=10_000):
            most_taken_for.setdefault(true, (predicted, share))

        order = sorted(
            range(len(self.classes)),
            key=lambda k: (self.classes[k].recall is None, self.classes[k].recall or 0),
        )
        rows = []
        for number in order:
            row = self.classes[number]
            other, share = most_taken_for.get(number, (-1, 0.0))
            rows.append(
                (
                    row.name,
                    percent_text(row.precision),
                    percent_text(row.recall),
                    percent_text(row.f1),
                    f"{row.count:,}",
                    f"{self.classes[other].name} ({percent_text(share)})" if other >= 0 else "",
                )
            )

        return Listing(
            ("Class", "precision", "recall", "F1", "count", "most taken for"), tuple(rows), (0, 5)
        )

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        return [
            (
                mistake.row,
                f"taken for {self.classes[mistake.predicted].name} "
                f"({percent_text(mistake.confidence)}), is {self.classes[mistake.true].name}",
            )
            for mistake in self.mistakes(most)
        ]

    def to_plain(self, most: int = 20) -> dict[str, Any]:
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
                {
                    **vars(mistake),
                    "true": names[mistake.true],
                    "predicted": names[mistake.predicted],
                }
                for mistake in self.mistakes(most)
            ],
        }

    def verdict(self) -> tuple[str, Level]:
        usual = self.classes[self.baseline_class].name
        baseline = f"always saying {quoted(usual)} would be right on {percent_text(self.baseline)}"
        right = f"It is right on {percent_text(self.accuracy)} of {self.subject}"
        worst = self.worst_classes()[0]

        if self.high <= self.baseline or self.accuracy <= self.baseline:
            return (
                f"It has learned nothing yet: it is right on {percent_text(self.accuracy)}, and "
                f"{baseline}.",
                "problem",
            )
        if self.low <= self.baseline:
            return f"{right}, but so few that it may be chance: {baseline}.", "warning"
        if (self.accuracy - self.baseline) < 0.2 * (1 - self.baseline):
            return f"{right}, only a little better than a guess: {baseline}.", "warning"

        if worst.recall is not None and worst.recall < 0.5 and len(self.classes) > 1:
            missed = (
                f"yet it misses most of {quoted(worst.name)} ({percent_text(worst.recall)} found)"
            )
            return f"{right}, {missed}; {baseline}.", "warning"

        if self.high - self.low > 0.2:
            bounds = f"between {percent_text(self.low)} and {percent_text(self.high)}"
            return (
                f"{right}; on others it may be anything {bounds}, as these are few ({baseline}).",
                "warning",
            )

        return f"{right}; {baseline}.", "good"

    @classmethod
    def answer(cls, description: Description, predictions: np.ndarray) -> Answer:
        order = np.argsort(-predictions, kind="stable")
        items = tuple(
            Item(
                description.classes[k],
                float(predictions[k]),
                percent_text(float(predictions[k])),
                float(predictions[k]),
                index == 0,
            )
            for index, k in enumerate(order)
        )

        plain = {
            "class": items[0].label,
            "probability": items[0].value,
            "probabilities": {item.label: item.value for item in items},
        }
        return Answer(cls.view, f"{items[0].label} {items[0].text}", items, plain=plain)

    @classmethod
    def columns(cls, _description: Description) -> tuple[str, ...]:
        return ("predicted", "probability")

    @classmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        best = int(predictions.argmax())
        return description.classes[best], round(float(predictions[best]), 4)


def usual_class(description: Description) -> int:
    """Returns the number of the class most frequent in training: the answer without looking."""
    return int(np.argmax(description.counts["training"]))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


REPORT = ClassReport
