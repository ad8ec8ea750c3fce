"""The report on tags, of which an example has any number: tag by tag, and the worst examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.advice.remedies import QUOTE, quoted
from app.engine.learning.scores import average_precision
from app.engine.results.answer import Answer, Cell, Item
from app.engine.results.reports.base import (
    Level,
    Listing,
    SplitReport,
    figures_of,
    finite,
    shaped,
)
from app.engine.text import names_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task

THRESHOLD = 0.5
"""The probability from which on a tag is set."""


@dataclass(frozen=True)
class TagRow:
    """The figures of one tag of a split.

    count: the examples that have it; predicted: those that get it. What is not defined is None,
    such as the average precision of a tag that no example has. base: the share of examples that
    have it, which is the average precision of guessing.
    """

    name: str
    count: int
    predicted: int
    average_precision: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    base: float


@dataclass(frozen=True)
class WrongTags:
    """An example whose tags are wrong.

    missed, added: numbers of tags. wrongness: how far the probabilities of those are on the wrong
    side of THRESHOLD, added up.
    """

    row: int
    missed: tuple[int, ...]
    added: tuple[int, ...]
    wrongness: float


@dataclass(frozen=True)
class TagReport(SplitReport):
    """The report on a split with tags.

    targets: (n, K) of 0 and 1. predictions: (n, K) probabilities. exact: the share of examples all
    of whose tags are right at THRESHOLD.
    """

    view: ClassVar[str] = "tags"

    exact: float = 0.0
    tags: tuple[TagRow, ...] = ()
    names: tuple[str, ...] = field(repr=False, default=())

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
    ) -> TagReport:
        count = len(rows)
        width = len(description.classes)
        targets = shaped(targets, count, width)
        predictions = shaped(predictions, count, width)
        figures = figures_of(task, description, targets, predictions)
        exact = (
            float(((predictions >= THRESHOLD) == (targets > 0)).all(axis=1).mean())
            if count
            else 0.0
        )

        return cls(
            name,
            count,
            figures,
            finite(loss),
            np.asarray(rows),
            targets,
            predictions,
            exact,
            tuple(
                _row(tag, targets[:, k], predictions[:, k], THRESHOLD)
                for k, tag in enumerate(description.classes)
            ),
            description.classes,
        )

    def at(self, threshold: float) -> tuple[TagRow, ...]:
        """Returns the figures of every tag where it is set from another probability on."""
        return tuple(
            _row(name, self.targets[:, k], self.predictions[:, k], threshold)
            for k, name in enumerate(self.names)
        )

    @property
    def average(self) -> float:
        """Mean average precision over the tags that occur; NaN where none does."""
        known = [row.average_precision for row in self.tags if row.average_precision is not None]
        return float(np.mean(known)) if known else float("nan")

    @property
    def baseline(self) -> float:
        """The mean average precision of guessing: the mean share of the tags that occur."""
        known = [row.base for row in self.tags if row.count]
        return float(np.mean(known)) if known else float("nan")

    def wrong(self, most: int = 100) -> list[WrongTags]:
        """Returns the examples whose tags are furthest from right."""
        has = self.targets > 0
        gets = self.predictions >= THRESHOLD
        distance = np.abs(self.predictions - THRESHOLD)
        wrongness = np.where(gets != has, distance, 0.0).sum(axis=1, dtype=float)
        places = [
            int(index)
            for index in np.argsort(-wrongness, kind="stable")
            if (gets[index] != has[index]).any()
        ]

        return [
            WrongTags(
                int(self.rows[index]),
                tuple(int(k) for k in np.flatnonzero(has[index] & ~gets[index])),
                tuple(int(k) for k in np.flatnonzero(gets[index] & ~has[index])),
                float(wrongness[index]),
            )
            for index in places[:most]
        ]

    def examples_of(self, tag: int, has: bool, gets: bool, most: int = 100) -> list[int]:
        """Returns the rows that have the tag or not, and get it or not; the surest first."""
        chosen = np.flatnonzero(
            ((self.targets[:, tag] > 0) == has) & ((self.predictions[:, tag] >= THRESHOLD) == gets)
        )
        sureness = self.predictions[chosen, tag] if gets else -self.predictions[chosen, tag]
        order = np.argsort(-sureness, kind="stable")[:most]
        return [int(row) for row in self.rows[chosen[order]]]

    def verdict(self) -> tuple[str, Level]:
        base = f"guessing by how frequent they are would reach {percent_text(self.baseline)}"
        if np.isnan(self.average):
            return "None of the tags occurs here, so nothing can be said.", "info"
        if self.average <= self.baseline + 0.02:
            return (
                f"It has learned nothing yet: mean average precision {percent_text(self.average)}, "
                f"and {base}.",
                "problem",
            )

        on = f"Mean average precision {percent_text(self.average)} on {self.subject}"
        never = [row.name for row in self.tags if row.count >= 3 and not row.predicted]
        if never:
            return f"{on}, but it never sets {names_text(never, 4, QUOTE)}; {base}.", "warning"
        if self.average - self.baseline < 0.2 * (1 - self.baseline):
            return f"{on}, only a little better than a guess: {base}.", "warning"
        if min(self.count, *(row.count for row in self.tags if row.count)) < 10:
            return (
                f"{on}; some tags occur fewer than ten times, so others may change that much "
                f"({base}).",
                "warning",
            )

        return f"{on}; {base}.", "good"

    def line(self) -> str:
        exact = f"all tags right on {percent_text(self.exact)} of {self.count:,}"
        if np.isnan(self.average):
            return f"{exact}; none of the tags occurs"

        average = percent_text(self.average)
        guess = percent_text(self.baseline)
        return f"mean average precision {average}, {exact} (guessing: {guess} on average)"

    def listing(self) -> Listing | None:
        order = sorted(
            self.tags, key=lambda row: (row.average_precision is None, row.average_precision or 0.0)
        )
        return Listing(
            ("Tag", "average precision", "precision", "recall", "F1", "count", "set"),
            tuple(
                (
                    row.name,
                    *(
                        percent_text(figure)
                        for figure in (row.average_precision, row.precision, row.recall, row.f1)
                    ),
                    f"{row.count:,}",
                    f"{row.predicted:,}",
                )
                for row in order
            ),
        )

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        worst = []
        for example in self.wrong(most):
            words = []
            if example.missed:
                words.append(f"misses {self._tags_text(example.missed)}")
            if example.added:
                words.append(f"adds {self._tags_text(example.added)}")

            worst.append((example.row, " and ".join(words)))

        return worst

    def _tags_text(self, tags: tuple[int, ...]) -> str:
        return names_text([self.names[k] for k in tags], 4, QUOTE)

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return super().to_plain(most) | {
            "exact": self.exact,
            "baseline": None if np.isnan(self.baseline) else self.baseline,
            "per_tag": [vars(row) for row in self.tags],
            "worst": [
                {
                    "row": example.row,
                    "missed": [self.names[k] for k in example.missed],
                    "added": [self.names[k] for k in example.added],
                }
                for example in self.wrong(most)
            ],
        }

    @classmethod
    def answer(cls, description: Description, predictions: np.ndarray) -> Answer:
        order = np.argsort(-predictions, kind="stable")
        items = tuple(
            Item(
                description.classes[k],
                float(predictions[k]),
                percent_text(float(predictions[k])),
                float(predictions[k]),
                bool(predictions[k] >= THRESHOLD),
            )
            for k in order
        )

        tags = [item.label for item in items if item.chosen]
        head = ", ".join(f"{item.label} {item.text}" for item in items if item.chosen) or "no tag"
        note = "" if tags else f"The likeliest is {quoted(items[0].label)} with {items[0].text}."

        return Answer(
            cls.view,
            head,
            items,
            "",
            note,
            {"tags": tags, "probabilities": {item.label: item.value for item in items}},
        )

    @classmethod
    def columns(cls, description: Description) -> tuple[str, ...]:
        return ("predicted", *(f"probability of {name}" for name in description.classes))

    @classmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        tags = ";".join(
            name
            for name, value in zip(description.classes, predictions, strict=True)
            if value >= THRESHOLD
        )
        return (tags, *(round(float(value), 4) for value in predictions))


def _row(name: str, targets: np.ndarray, predictions: np.ndarray, threshold: float) -> TagRow:
    """Returns the figures of one tag. targets, predictions: (n,)."""
    has = targets > 0
    gets = predictions >= threshold
    hits = int((has & gets).sum())
    count = int(has.sum())
    predicted = int(gets.sum())

    return TagRow(
        name,
        count,
        predicted,
        average_precision(has, predictions) if count else None,
        hits / predicted if predicted else None,
        hits / count if count else None,
        2 * hits / (count + predicted) if count + predicted else None,
        count / len(has) if len(has) else 0.0,
    )


REPORT = TagReport
