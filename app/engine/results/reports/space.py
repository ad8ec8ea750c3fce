"""The report on a learned space, in which equals are to lie near: nearest neighbours by class."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.advice.remedies import quoted
from app.engine.learning.retrieval import nearest, project_pca, ranks
from app.engine.learning.scores import wilson
from app.engine.results.answer import Answer, Cell, Item
from app.engine.results.reports.base import (
    Level,
    Listing,
    SplitReport,
    figures_of,
    finite,
    shaped,
)
from app.engine.text import number_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task


@dataclass(frozen=True)
class Neighbour:
    """An example that lies near.

    row: of the data set. similarity: -1 to 1. label: its class number. same: whether it is of the
    class of the query.
    """

    row: int
    similarity: float
    label: int
    same: bool


@dataclass(frozen=True)
class SpaceRow:
    """The figures of one class of a split.

    recall: the share of its examples whose nearest other one is of the class too, None where there
    is no other. mistaken: the class that the rest lies nearest to, "" where there is no rest.
    """

    name: str
    count: int
    recall: float | None
    mistaken: str


@dataclass(frozen=True)
class SpaceReport(SplitReport):
    """The report on a split of a learned space.

    predictions: (n, D) points of length 1. targets: (n,) class numbers. nearest_same: the share of
    the `comparable` examples, which have another of their class, whose nearest other one is of it.
    baseline: of guessing. ranks: (n,) how many of other classes lie nearer than the nearest equal.
    neighbours: (n,) the class of each example's nearest.
    """

    view: ClassVar[str] = "space"
    worst_title: ClassVar[str] = "Nearest to another class"

    nearest_same: float = 0.0
    comparable: int = 0
    baseline: float = 0.0
    classes: tuple[SpaceRow, ...] = ()
    ranks: np.ndarray = field(repr=False, default_factory=lambda: np.zeros(0, np.int64))
    neighbours: np.ndarray = field(repr=False, default_factory=lambda: np.zeros(0, np.int64))

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
    ) -> SpaceReport:
        count = len(rows)
        predictions = shaped(predictions, count, -1)
        targets = np.asarray(targets, np.int64)
        others_nearer = ranks(predictions, predictions, targets, targets, itself=True)
        neighbours = targets[_nearest_others(predictions)] if count else targets
        sizes = np.bincount(targets, minlength=len(description.classes))
        known = sizes[targets] > 1
        chance = ((sizes[targets] - 1) / max(1, count - 1))[known]

        return cls(
            name,
            count,
            figures_of(task, description, targets, predictions),
            finite(loss),
            np.asarray(rows),
            targets,
            predictions,
            float((others_nearer[known] == 0).mean()) if known.any() else 0.0,
            int(known.sum()),
            float(chance.mean()) if len(chance) else 0.0,
            tuple(
                _row(
                    class_name,
                    k,
                    targets,
                    neighbours,
                    others_nearer,
                    sizes,
                    description.classes,
                )
                for k, class_name in enumerate(description.classes)
            ),
            others_nearer,
            neighbours,
        )

    @functools.cached_property
    def flat(self) -> np.ndarray:
        """(n, 2) the points along the two directions in which they differ most."""
        return project_pca(self.predictions)

    def nearest(self, row: int, most: int = 8) -> list[Neighbour]:
        """Returns the nearest other examples of one, by its row of the data set.

        Raises KeyError for a row that is not here.
        """
        places_of_row = np.flatnonzero(self.rows == row)
        if not len(places_of_row):
            raise KeyError(row)

        index = int(places_of_row[0])
        return self.near(self.predictions[index], most, int(self.targets[index]), index)

    def near(
        self, point: np.ndarray, most: int = 8, label: int = -1, without: int = -1
    ) -> list[Neighbour]:
        """Returns what lies nearest to a point (D,) of length 1, such as that of a new picture.

        label: the class number of the same. without: the place of an example that is left out.
        """
        return [
            Neighbour(
                int(self.rows[index]),
                near,
                int(self.targets[index]),
                bool(self.targets[index] == label),
            )
            for index, near in nearest(
                np.asarray(point, np.float32), self.predictions, most, without
            )
        ]

    def verdict(self) -> tuple[str, Level]:
        if not self.comparable:
            return "No class has two examples here, so there are no equals to be near.", "info"

        chance = f"of a random one that is {percent_text(self.baseline)}"
        share = percent_text(self.nearest_same)
        text = f"The nearest neighbour is of the same class for {share} of {self.subject}"

        low, high = wilson(round(self.nearest_same * self.comparable), self.comparable)
        if high <= self.baseline or self.nearest_same <= self.baseline:
            return (
                f"It has learned nothing yet: the nearest is of the same class for {share}, and "
                f"{chance}.",
                "problem",
            )
        if low <= self.baseline:
            return f"{text}, but so few that it may be chance: {chance}.", "warning"
        if self.nearest_same - self.baseline < 0.2 * (1 - self.baseline):
            return f"{text}, only a little better than chance: {chance}.", "warning"

        worst = min(
            (row for row in self.classes if row.recall is not None),
            key=lambda row: row.recall or 0.0,
        )
        if worst.recall is not None and worst.recall < 0.5:
            return (
                f"{text}, yet {quoted(worst.name)} is mostly not ({percent_text(worst.recall)}); "
                f"{chance}.",
                "warning",
            )

        return f"{text}; {chance}.", "good"

    def line(self) -> str:
        auc = self.metrics.get("auc")
        pairs = (
            f", telling equal examples from different ones: {percent_text(auc)} (ROC AUC)"
            if auc is not None
            else ""
        )
        return (
            f"nearest of the same class {percent_text(self.nearest_same)} of {self.comparable:,} "
            f"(a random one: {percent_text(self.baseline)}){pairs}"
        )

    def listing(self) -> Listing | None:
        order = sorted(self.classes, key=lambda row: (row.recall is None, row.recall or 0.0))
        return Listing(
            ("Class", "nearest is the same", "count", "else near to"),
            tuple(
                (
                    row.name,
                    percent_text(row.recall),
                    f"{row.count:,}",
                    row.mistaken,
                )
                for row in order
            ),
            (0, 3),
        )

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        names = [row.name for row in self.classes]
        order = [
            int(index)
            for index in np.argsort(-self.ranks, kind="stable")
            if 0 < self.ranks[index] < self.count
        ][:most]
        return [
            (
                int(self.rows[index]),
                f"lies near {names[self.neighbours[index]]}, is {names[self.targets[index]]}",
            )
            for index in order
        ]

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return super().to_plain(most) | {
            "nearest_same_class": self.nearest_same,
            "baseline": self.baseline,
            "per_class": [vars(row) for row in self.classes],
            "worst": [{"row": row, "what": text} for row, text in self.worst(most)],
        }

    @classmethod
    def answer(cls, _description: Description, predictions: np.ndarray) -> Answer:
        items = tuple(
            Item(f"direction {k + 1}", float(value), number_text(float(value)), None)
            for k, value in enumerate(predictions)
        )
        return Answer(
            cls.view,
            f"a point of {len(predictions)} numbers",
            items,
            "",
            "It means something beside other points only: what lies near is alike.",
            {"point": [float(value) for value in predictions]},
        )

    @classmethod
    def columns(cls, _description: Description) -> tuple[str, ...]:
        return ("point",)

    @classmethod
    def cells(cls, _description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        return (" ".join(f"{float(value):.5g}" for value in predictions),)


def _nearest_others(points: np.ndarray) -> np.ndarray:
    """Returns (n,) the place of each point's nearest other one; its own where it is alone."""
    chunk = 1024
    indices = np.zeros(len(points), np.int64)
    for first in range(0, len(points), chunk):
        part = np.arange(first, min(first + chunk, len(points)))
        near = points[part] @ points.T
        near[np.arange(len(part)), part] = -np.inf
        indices[part] = near.argmax(axis=1)

    return indices


def _row(
    name: str,
    number: int,
    targets: np.ndarray,
    neighbours: np.ndarray,
    ranks: np.ndarray,
    sizes: np.ndarray,
    classes: tuple[str, ...],
) -> SpaceRow:
    """Returns the figures of one class, by its number."""
    own = targets == number
    others = np.bincount(neighbours[own & (neighbours != number)], minlength=len(classes))
    return SpaceRow(
        name,
        int(sizes[number]),
        float((ranks[own] == 0).mean()) if sizes[number] > 1 else None,
        classes[int(others.argmax())] if others.any() else "",
    )


REPORT = SpaceReport
