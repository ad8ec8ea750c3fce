"""Results of matching: which second half is found for a first one, and the other way round."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from app.engine.learning.retrieval import nearest, ranks, similarities
from app.engine.learning.scores import wilson
from app.engine.results.answer import Answer, Cell, Item
from app.engine.results.reports.base import Level, Listing, SplitReport, finite, form, judged
from app.engine.text import number_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task, View

OpenOptions = Literal["forward", "back"]
"""From the first halves to the second ones, or back."""

SHOWN = 64
"""Pairs of the similarity matrix that is drawn."""


@dataclass(frozen=True)
class WayRow:
    """One way.

    asked, given: what the halves are called. at_1, at_5: how often the right one is the nearest, or
    among the five nearest, of all `candidates`. median: its usual place, 1 is the first. chance_1,
    chance_5: of guessing.
    """

    way: OpenOptions
    asked: str
    given: str
    at_1: float
    at_5: float
    median: float
    candidates: int
    chance_1: float
    chance_5: float


@dataclass(frozen=True)
class Partner:
    """What lies near.

    row: of the data set, its half that was looked for. similarity: -1 to 1. right: whether it
    belongs to the one asked for.
    """

    row: int
    similarity: float
    right: bool


@dataclass(frozen=True)
class Mixed:
    """A pair torn apart.

    row: of the data set. taken: the row whose half lies nearer. similarity: of that one. own: of
    the right one. place: how many stand before the right one.
    """

    row: int
    taken: int
    similarity: float
    own: float
    place: int


@dataclass(frozen=True)
class MatchingReport(SplitReport):
    """One split judged.

    predictions: (n, 2, D) both halves as points of length 1. targets: (n,) equal where two second
    halves are the same; either of those is right then. forward, back: (n,) how many wrong ones
    stand before the right one.
    """

    view: ClassVar[View] = "matching"
    worst_title: ClassVar[str] = "Furthest from their partner"

    ways: tuple[WayRow, ...] = ()
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
        predictions = form(predictions, count, 2, -1)
        targets = np.asarray(targets, np.int64)
        forward = ranks(predictions[:, 0], predictions[:, 1], targets, targets)
        back = ranks(predictions[:, 1], predictions[:, 0], targets, targets)
        first, second = getattr(description.preparation, "names", ("first", "second"))
        ways = (
            _way("forward", first, second, forward, targets),
            _way("back", second, first, back, targets),
        )

        return cls(
            name,
            count,
            judged(task, description, targets, predictions),
            finite(loss),
            np.asarray(rows),
            targets,
            predictions,
            ways if count else (),
            forward,
            back,
        )

    def similarity(self, places: np.ndarray | int = SHOWN) -> np.ndarray:
        """(k, k) how near each first half (by row) lies to each second one: of the first k pairs,
        or of those at these places. What belongs together is on the diagonal.
        """
        chosen = self.predictions[:places] if isinstance(places, int) else self.predictions[places]
        return similarities(chosen[:, 0], chosen[:, 1])

    def nearest(self, row: int, most: int = 5, way: OpenOptions = "forward") -> list[Partner]:
        """What lies nearest to one half of a pair, by its row of the data set.

        Raises KeyError for a row of no pair.
        """
        place = self._place(row)
        half = 0 if way == "forward" else 1
        return self.near(self.predictions[place, half], most, way, int(self.targets[place]))

    def near(
        self, point: np.ndarray, most: int = 5, way: OpenOptions = "forward", label: int = -1
    ) -> list[Partner]:
        """What lies nearest to a point (D,) of length 1, such as that of a text just typed.

        label: of what is right.
        """
        keys = self.predictions[:, 1 if way == "forward" else 0]
        return [
            Partner(int(self.rows[place]), near, bool(self.targets[place] == label))
            for place, near in nearest(np.asarray(point, np.float32), keys, most)
        ]

    def confused(self, most: int = 100, way: OpenOptions = "forward") -> list[Mixed]:
        """The pairs whose halves found one another worst."""
        behind = self.forward if way == "forward" else self.back
        half = 0 if way == "forward" else 1

        found = []
        for place in np.argsort(-behind, kind="stable")[:most]:
            if not behind[place]:
                break

            near = similarities(self.predictions[place, half][None], self.predictions[:, 1 - half])[
                0
            ]
            near[self.targets == self.targets[place]] = -np.inf
            taken = int(near.argmax())  # there is a wrong one: it stands before the right one
            own = float(self.predictions[place, 0] @ self.predictions[place, 1])
            found.append(
                Mixed(
                    int(self.rows[place]),
                    int(self.rows[taken]),
                    float(near[taken]),
                    own,
                    int(behind[place]),
                )
            )

        return found

    def verdict(self) -> tuple[str, Level]:
        if self.count < 2:
            return (
                "With a single pair there is nothing to choose from, so nothing can be said.",
                "info",
            )

        ahead, back = self.ways
        text = (
            f"Of {ahead.candidates:,}, the matching {ahead.given} is among the five nearest for "
            f"{percent_text(ahead.at_5)}, the matching {back.given} for {percent_text(back.at_5)}; "
            f"guessing would find {percent_text(ahead.chance_5)}"
        )
        if self.count <= 5:
            return f"{text}. These are too few pairs to say more.", "warning"

        lows = [wilson(round(way.at_5 * self.count), self.count)[0] for way in self.ways]
        if all(way.at_5 <= way.chance_5 for way in self.ways):
            return f"It has learned nothing yet. {text}.", "problem"
        if any(low <= way.chance_5 for low, way in zip(lows, self.ways, strict=True)):
            return f"{text}. That may be chance.", "warning"
        if any(way.at_5 - way.chance_5 < 0.1 * (1 - way.chance_5) for way in self.ways):
            return f"{text}: better than a guess, but not by much.", "warning"

        return f"{text}.", "good"

    def line(self) -> str:
        words = "; ".join(
            f"{way.asked} to {way.given}: {percent_text(way.at_1)} nearest, {percent_text(way.at_5)} "
            "among five"
            for way in self.ways
        )
        return f"{words} (of {self.count:,} pairs; guessing {percent_text(self.ways[0].chance_5)} among five)"

    def listing(self) -> Listing | None:
        return Listing(
            ("From", "to", "recall at 1", "guessing", "recall at 5", "guessing", "usual place"),
            tuple(
                (
                    way.asked,
                    way.given,
                    percent_text(way.at_1),
                    percent_text(way.chance_1),
                    percent_text(way.at_5),
                    percent_text(way.chance_5),
                    f"{number_text(way.median)} of {way.candidates:,}",
                )
                for way in self.ways
            ),
            (0, 1),
        )

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        return [
            (
                one.row,
                f"{one.place:,} others lie nearer ({number_text(one.similarity)}) than its own "
                f"({number_text(one.own)})"
                if one.place != 1
                else f"another lies nearer ({number_text(one.similarity)}) than its own ({number_text(one.own)})",
            )
            for one in self.confused(most)
        ]

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return super().to_plain(most) | {
            "ways": [vars(way) for way in self.ways],
            "worst": [vars(one) for one in self.confused(most)],
        }

    @classmethod
    def answer(cls, description: Description, predictions: np.ndarray) -> Answer:
        near = float(predictions[0] @ predictions[1])
        item = Item("similarity", near, number_text(near), max(0.0, min(1.0, near)), True)
        return Answer(
            "matching",
            f"similarity {number_text(near)}",
            (item,),
            "",
            "1 is the same direction, 0 unrelated. Only the comparison with other partners tells "
            "how much it is worth.",
            {"similarity": near},
        )

    @classmethod
    def columns(cls, description: Description) -> tuple[str, ...]:
        return ("similarity",)

    @classmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        return (round(float(predictions[0] @ predictions[1]), 4),)

    def _place(self, row: int) -> int:
        found = np.flatnonzero(self.rows == row)
        if not len(found):
            raise KeyError(row)

        return int(found[0])


def _way(
    way: OpenOptions, asked: str, given: str, behind: np.ndarray, targets: np.ndarray
) -> WayRow:
    """behind: (n,) how many wrong ones stand before the right one."""
    count = len(behind)
    if not count:
        return WayRow(way, asked, given, 0.0, 0.0, 0.0, 0, 0.0, 0.0)

    _, group, sizes = np.unique(targets, return_inverse=True, return_counts=True)
    same = sizes[group] / count  # the share of candidates that would be right

    five = min(1.0, 5 / count)
    if (sizes > 1).any():
        five = float((1 - (1 - same) ** min(5, count)).mean())

    return WayRow(
        way,
        asked,
        given,
        float((behind < 1).mean()),
        float((behind < 5).mean()),
        float(np.median(behind)) + 1,
        count,
        float(same.mean()),
        five,
    )


REPORT = MatchingReport
