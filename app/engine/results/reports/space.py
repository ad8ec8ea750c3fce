"""Results of a space in which equals are to lie near: what the nearest neighbours are, class by
class.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.advice.remedies import quoted
from app.engine.learning.retrieval import nearest, project_pca, ranks
from app.engine.learning.scores import wilson
from app.engine.results.answer import Answer, Cell, Item
from app.engine.results.reports.base import Level, Listing, SplitReport, finite, form, judged
from app.engine.text import number_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task, View


@dataclass(frozen=True)
class Neighbour:
    """row: of the data set.

    similarity: -1 to 1. label: its class number. same: whether it is of the class meant.
    """

    row: int
    similarity: float
    label: int
    same: bool


@dataclass(frozen=True)
class SpaceRow:
    """One class of a split: for how many of its examples the nearest other one is of the class too
    (recall, None where there is no other), and which class the others lie nearest to ("" where
    none).
    """

    name: str
    count: int
    recall: float | None
    mistaken: str


@dataclass(frozen=True)
class SpaceReport(SplitReport):
    """One split judged.

    predictions: (n, D) points of length 1. targets: (n,) class numbers. found: how often the
    nearest other example is of the same class, over the `asked` examples that have another of their
    class. baseline: of guessing. behind: (n,) how many of other classes lie nearer. neighbours:
    (n,) the class of each one's nearest.
    """

    view: ClassVar[View] = "space"
    worst_title: ClassVar[str] = "Nearest to another class"

    found: float = 0.0
    asked: int = 0
    baseline: float = 0.0
    classes: tuple[SpaceRow, ...] = ()
    behind: np.ndarray = field(repr=False, default_factory=lambda: np.zeros(0, np.int64))
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
        predictions = form(predictions, count, -1)
        targets = np.asarray(targets, np.int64)
        behind = ranks(predictions, predictions, targets, targets, itself=True)
        near = _nearest_others(predictions)
        sizes = np.bincount(targets, minlength=len(description.classes))
        known = sizes[targets] > 1
        chance = ((sizes[targets] - 1) / max(1, count - 1))[known]

        return cls(
            name,
            count,
            judged(task, description, targets, predictions),
            finite(loss),
            np.asarray(rows),
            targets,
            predictions,
            float((behind[known] == 0).mean()) if known.any() else 0.0,
            int(known.sum()),
            float(chance.mean()) if len(chance) else 0.0,
            tuple(
                _row(
                    one,
                    k,
                    targets,
                    targets[near] if count else targets,
                    behind,
                    sizes,
                    description.classes,
                )
                for k, one in enumerate(description.classes)
            ),
            behind,
            targets[near] if count else targets,
        )

    @functools.cached_property
    def flat(self) -> np.ndarray:
        """(n, 2) the points in the two directions in which they differ most."""
        return project_pca(self.predictions)

    def nearest(self, row: int, most: int = 8) -> list[Neighbour]:
        """The nearest other examples of one, by its row of the data set.

        Raises KeyError for a row that is not here.
        """
        found = np.flatnonzero(self.rows == row)
        if not len(found):
            raise KeyError(row)

        place = int(found[0])
        return self.near(self.predictions[place], most, int(self.targets[place]), place)

    def near(
        self, point: np.ndarray, most: int = 8, label: int = -1, without: int = -1
    ) -> list[Neighbour]:
        """What lies nearest to a point (D,) of length 1, such as that of a new picture.

        label: of what is the same.
        """
        return [
            Neighbour(
                int(self.rows[place]),
                near,
                int(self.targets[place]),
                bool(self.targets[place] == label),
            )
            for place, near in nearest(
                np.asarray(point, np.float32), self.predictions, most, without
            )
        ]

    def verdict(self) -> tuple[str, Level]:
        if not self.asked:
            return "No class has two examples here, so there are no equals to be near.", "info"

        chance = f"of a random one that is {percent_text(self.baseline)}"
        text = f"The nearest neighbour is of the same class for {percent_text(self.found)} of {self.subject}"

        low, high = wilson(round(self.found * self.asked), self.asked)
        if high <= self.baseline or self.found <= self.baseline:
            return (
                "It has learned nothing yet: the nearest is of the same class for "
                f"{percent_text(self.found)}, and "
                f"{chance}.",
                "problem",
            )
        if low <= self.baseline:
            return f"{text}, but so few that it may be chance: {chance}.", "warning"
        if self.found - self.baseline < 0.2 * (1 - self.baseline):
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
            f", two examples told to be the same or not: {percent_text(auc)} (ROC AUC)"
            if auc is not None
            else ""
        )
        return (
            f"nearest of the same class {percent_text(self.found)} of {self.asked:,} "
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
            int(place)
            for place in np.argsort(-self.behind, kind="stable")
            if 0 < self.behind[place] < self.count
        ][:most]
        return [
            (
                int(self.rows[place]),
                f"lies near {names[self.neighbours[place]]}, is {names[self.targets[place]]}",
            )
            for place in order
        ]

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return super().to_plain(most) | {
            "nearest_same_class": self.found,
            "baseline": self.baseline,
            "per_class": [vars(row) for row in self.classes],
            "worst": [{"row": row, "what": text} for row, text in self.worst(most)],
        }

    @classmethod
    def answer(cls, description: Description, predictions: np.ndarray) -> Answer:
        items = tuple(
            Item(f"direction {k + 1}", float(value), number_text(float(value)), None)
            for k, value in enumerate(predictions)
        )
        return Answer(
            "space",
            f"a point of {len(predictions)} numbers",
            items,
            "",
            "It means something beside other points only: what lies near is alike.",
            {"point": [float(value) for value in predictions]},
        )

    @classmethod
    def columns(cls, description: Description) -> tuple[str, ...]:
        return ("point",)

    @classmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        return (" ".join(f"{float(value):.5g}" for value in predictions),)


def _nearest_others(points: np.ndarray) -> np.ndarray:
    """(n,) the place of each point's nearest other one; its own where it is alone."""
    chunk = 1024
    found = np.zeros(len(points), np.int64)
    for first in range(0, len(points), chunk):
        part = np.arange(first, min(first + chunk, len(points)))
        near = points[part] @ points.T
        near[np.arange(len(part)), part] = -np.inf
        found[part] = near.argmax(axis=1)

    return found


def _row(
    name: str,
    number: int,
    targets: np.ndarray,
    near: np.ndarray,
    behind: np.ndarray,
    sizes: np.ndarray,
    classes: tuple[str, ...],
) -> SpaceRow:
    own = targets == number
    others = np.bincount(near[own & (near != number)], minlength=len(classes))
    return SpaceRow(
        name,
        int(sizes[number]),
        float((behind[own] == 0).mean()) if sizes[number] > 1 else None,
        classes[int(others.argmax())] if others.any() else "",
    )


REPORT = SpaceReport
