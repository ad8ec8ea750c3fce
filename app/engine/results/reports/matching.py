"""The report on matching: which second half is found for a first one, and the other way round."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from app.engine.learning.retrieval import nearest, ranks, similarities
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

Direction = Literal["forward", "back"]
"""From first halves to second ones, or from second halves to first ones."""

SHOWN = 64
"""Pairs that the similarity matrix is drawn of."""


@dataclass(frozen=True)
class DirectionRow:
    """The figures of one direction.

    query, target: what the halves are called. at_1, at_5: how often the right one is the nearest,
    or among the five nearest, of all `candidates`. median: its usual place, 1 is the first.
    chance_1, chance_5: of guessing.
    """

    direction: Direction
    query: str
    target: str
    at_1: float
    at_5: float
    median: float
    candidates: int
    chance_1: float
    chance_5: float

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON, under the names that `evaluate --json` prints."""
        plain = dict(vars(self))
        names = {"direction": "way", "query": "asked", "target": "given"}
        return {names.get(name, name): value for name, value in plain.items()}


@dataclass(frozen=True)
class Partner:
    """A half that lies near another one.

    row: of the data set. similarity: -1 to 1. right: whether it belongs to the half that was the
    query.
    """

    row: int
    similarity: float
    right: bool


@dataclass(frozen=True)
class TornPair:
    """A pair of which one half lies nearer to a half of another pair.

    row: of the data set. nearest: the row of that other pair. similarity: to its half; own: to the
    right one. rank: how many stand before the right one.
    """

    row: int
    nearest: int
    similarity: float
    own: float
    rank: int

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON, under the names that `evaluate --json` prints."""
        plain = dict(vars(self))
        names = {"nearest": "taken", "rank": "place"}
        return {names.get(name, name): value for name, value in plain.items()}


@dataclass(frozen=True)
class MatchingReport(SplitReport):
    """The report on a split of pairs.

    predictions: (n, 2, D) both halves as points of length 1. targets: (n,) equal where two second
    halves are the same; either of those is right then. forward, back: (n,) how many wrong ones
    stand before the right one.
    """

    view: ClassVar[str] = "matching"
    worst_title: ClassVar[str] = "Furthest from their partner"

    directions: tuple[DirectionRow, ...] = ()
    forward: np.ndarray = field(repr=False, default_factory=lambda: np.zeros(0, np.int64))
    back: np.ndarray = field(repr=False, default_factory=lambda: np.zeros(0, np.int64))

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
    ) -> MatchingReport:
        count = len(rows)
        predictions = shaped(predictions, count, 2, -1)
        targets = np.asarray(targets, np.int64)
        forward = ranks(predictions[:, 0], predictions[:, 1], targets, targets)
        back = ranks(predictions[:, 1], predictions[:, 0], targets, targets)
        first, second = getattr(description.preparation, "names", ("first", "second"))
        directions = (
            _row("forward", first, second, forward, targets),
            _row("back", second, first, back, targets),
        )

        return cls(
            name,
            count,
            figures_of(task, description, targets, predictions),
            finite(loss),
            np.asarray(rows),
            targets,
            predictions,
            directions if count else (),
            forward,
            back,
        )

    def similarity(self, places: np.ndarray | int = SHOWN) -> np.ndarray:
        """Returns (k, k), how near each first half (by row) lies to each second one.

        places: how many pairs from the first on, or (k,) places of pairs. What belongs together is
        on the diagonal.
        """
        chosen = self.predictions[:places] if isinstance(places, int) else self.predictions[places]
        return similarities(chosen[:, 0], chosen[:, 1])

    def nearest(self, row: int, most: int = 5, direction: Direction = "forward") -> list[Partner]:
        """Returns what lies nearest to one half of a pair, by its row of the data set.

        Raises KeyError for a row of no pair.
        """
        places_of_row = np.flatnonzero(self.rows == row)
        if not len(places_of_row):
            raise KeyError(row)

        index = int(places_of_row[0])
        half = 0 if direction == "forward" else 1
        return self.near(self.predictions[index, half], most, direction, int(self.targets[index]))

    def near(
        self, point: np.ndarray, most: int = 5, direction: Direction = "forward", label: int = -1
    ) -> list[Partner]:
        """Returns what lies nearest to a point (D,) of length 1, such as that of a new text.

        label: the target of what is right.
        """
        keys = self.predictions[:, 1 if direction == "forward" else 0]
        return [
            Partner(int(self.rows[index]), near, bool(self.targets[index] == label))
            for index, near in nearest(np.asarray(point, np.float32), keys, most)
        ]

    def confused(self, most: int = 100, direction: Direction = "forward") -> list[TornPair]:
        """Returns the pairs whose halves find one another worst."""
        ranks = self.forward if direction == "forward" else self.back
        half = 0 if direction == "forward" else 1

        pairs = []
        for index in np.argsort(-ranks, kind="stable")[:most]:
            if not ranks[index]:
                break

            near = similarities(self.predictions[index, half][None], self.predictions[:, 1 - half])[
                0
            ]
            near[self.targets == self.targets[index]] = -np.inf
            nearest_wrong = int(near.argmax())  # there is one: it stands before the right one
            pairs.append(
                TornPair(
                    int(self.rows[index]),
                    int(self.rows[nearest_wrong]),
                    float(near[nearest_wrong]),
                    float(self.predictions[index, 0] @ self.predictions[index, 1]),
                    int(ranks[index]),
                )
            )

        return pairs

    def verdict(self) -> tuple[str, Level]:
        if self.count < 2:
            return (
                "With a single pair there is nothing to choose from, so nothing can be said.",
                "info",
            )

        ahead, back = self.directions
        text = (
            f"Of {ahead.candidates:,}, the matching {ahead.target} is among the five nearest for "
            f"{percent_text(ahead.at_5)}, the matching {back.target} for "
            f"{percent_text(back.at_5)}; guessing would find {percent_text(ahead.chance_5)}"
        )
        if self.count <= 5:
            return f"{text}. These are too few pairs to say more.", "warning"

        lows = [wilson(round(row.at_5 * self.count), self.count)[0] for row in self.directions]
        if all(row.at_5 <= row.chance_5 for row in self.directions):
            return f"It has learned nothing yet. {text}.", "problem"
        if any(low <= row.chance_5 for low, row in zip(lows, self.directions, strict=True)):
            return f"{text}. That may be chance.", "warning"
        if any(row.at_5 - row.chance_5 < 0.1 * (1 - row.chance_5) for row in self.directions):
            return f"{text}: better than a guess, but not by much.", "warning"

        return f"{text}.", "good"

    def line(self) -> str:
        recalls = "; ".join(
            f"{row.query} to {row.target}: {percent_text(row.at_1)} nearest, "
            f"{percent_text(row.at_5)} among five"
            for row in self.directions
        )
        guessing = percent_text(self.directions[0].chance_5)
        return f"{recalls} (of {self.count:,} pairs; guessing {guessing} among five)"

    def listing(self) -> Listing | None:
        return Listing(
            ("From", "to", "recall at 1", "guessing", "recall at 5", "guessing", "usual place"),
            tuple(
                (
                    row.query,
                    row.target,
                    percent_text(row.at_1),
                    percent_text(row.chance_1),
                    percent_text(row.at_5),
                    percent_text(row.chance_5),
                    f"{number_text(row.median)} of {row.candidates:,}",
                )
                for row in self.directions
            ),
            (0, 1),
        )

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        worst = []
        for pair in self.confused(most):
            others = "another lies" if pair.rank == 1 else f"{pair.rank:,} others lie"
            worst.append(
                (
                    pair.row,
                    f"{others} nearer ({number_text(pair.similarity)}) than its own "
                    f"({number_text(pair.own)})",
                )
            )

        return worst

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return super().to_plain(most) | {
            "ways": [row.to_plain() for row in self.directions],
            "worst": [pair.to_plain() for pair in self.confused(most)],
        }

    @classmethod
    def answer(cls, _description: Description, predictions: np.ndarray) -> Answer:
        near = float(predictions[0] @ predictions[1])
        item = Item("similarity", near, number_text(near), max(0.0, min(1.0, near)), True)
        return Answer(
            cls.view,
            f"similarity {number_text(near)}",
            (item,),
            "",
            "1 is the same direction, 0 unrelated. Only the comparison with other partners tells "
            "how much it is worth.",
            {"similarity": near},
        )

    @classmethod
    def columns(cls, _description: Description) -> tuple[str, ...]:
        return ("similarity",)

    @classmethod
    def cells(cls, _description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        return (round(float(predictions[0] @ predictions[1]), 4),)


def _row(
    direction: Direction, query: str, target: str, ranks: np.ndarray, targets: np.ndarray
) -> DirectionRow:
    """Returns the figures of one direction.

    ranks: (n,) how many wrong ones stand before the right one. targets: (n,).
    """
    count = len(ranks)
    if not count:
        return DirectionRow(direction, query, target, 0.0, 0.0, 0.0, 0, 0.0, 0.0)

    _, group, sizes = np.unique(targets, return_inverse=True, return_counts=True)
    same = sizes[group] / count  # the share of candidates that would be right

    five = min(1.0, 5 / count)
    if (sizes > 1).any():
        five = float((1 - (1 - same) ** min(5, count)).mean())

    return DirectionRow(
        direction,
        query,
        target,
        float((ranks < 1).mean()),
        float((ranks < 5).mean()),
        float(np.median(ranks)) + 1,
        count,
        float(same.mean()),
        five,
    )


REPORT = MatchingReport
