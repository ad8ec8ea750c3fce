"""The suspects of a run: all training examples, the most suspicious first, each with its reason.

All stands in arrays; words are made for the examples that somebody looks at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from app.engine.sources.revised import label_words
from app.engine.suspects.scoring import label_scores
from app.engine.text import amount_text, number_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.learning.task import Task
    from app.engine.runs.margins.margin_files import MarginSums
    from app.engine.suspects.neighbours import Neighbours

LEAK_SCORE = 0.5
"""Of a near copy of a validation or test example: behind labels that the network speaks against."""

COPY_SCORE = 0.6
"""Of a near copy with another label: one of the two labels is wrong, and it is not known which."""

OUTLIER_SCORE = 0.4

Sort = Literal["label", "copy", "leak", "outlier", "none"]

SORTS: dict[Sort, str] = {
    "label": "Label",
    "copy": "Copies that differ",
    "leak": "Copy in another split",
    "outlier": "Unlike all others",
    "none": "Nothing",
}
"""What is suspicious, in a few words."""


@dataclass(frozen=True)
class Suspect:
    """One training example in words. row: of the data set. score: 0 to 1, higher is worse."""

    row: int
    name: str
    label: str
    likely: str
    score: float
    sort: Sort
    reason: str


class Suspects:
    """All training examples of a run, the most suspicious first.

    sums: what the epochs, or the kept weights, say of the labels; None where there are none.
    neighbours: what lies near what, None before it was looked for. note: what a person should know,
    in a sentence, "" for nothing.
    """

    def __init__(
        self,
        dataset: Dataset,
        description: Description,
        task: Task,
        sums: MarginSums | None,
        neighbours: Neighbours | None = None,
        note: str = "",
        by_epochs: bool = True,
    ) -> None:
        self.dataset = dataset
        self.description = description
        self.task = task
        self.sums = sums
        self.neighbours = neighbours
        self.note = note
        self.by_epochs = by_epochs
        self.rows = np.asarray(dataset.indices["training"], np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def with_neighbours(self, neighbours: Neighbours) -> Suspects:
        """Returns the same with near copies and outliers."""
        return Suspects(
            self.dataset,
            self.description,
            self.task,
            self.sums,
            neighbours,
            self.note,
            self.by_epochs,
        )

    # --- scores

    @cached_property
    def label_scores(self) -> np.ndarray:
        """How suspicious each label is, 0 to 1, in the order of `rows`; 0 without margins."""
        if self.sums is None:
            return np.zeros(len(self.rows), np.float32)

        return label_scores(self.sums, is_amount=self.task.targets == "amounts")

    @cached_property
    def scores(self) -> np.ndarray:
        """The score of each example, (n,) float32, in the order of `rows`."""
        found = self.label_scores
        if self.neighbours is None:
            return found

        copied = np.where(self._differs, COPY_SCORE, np.where(self._leaks, LEAK_SCORE, 0))
        other = np.maximum(copied, np.where(self.neighbours.outliers, OUTLIER_SCORE, 0))
        highest: np.ndarray = np.maximum(found, other.astype(np.float32))
        return highest

    @cached_property
    def order(self) -> np.ndarray:
        """The places in `rows`, the most suspicious first: (n,) int64."""
        return np.argsort(-self.scores, kind="stable")

    @cached_property
    def stands_out(self) -> np.ndarray:
        """Which examples are near copies to be looked at, or outliers: (n,) bool."""
        if self.neighbours is None:
            return np.zeros(len(self.rows), bool)

        found: np.ndarray = self._differs | self._leaks | self.neighbours.outliers
        return found

    @cached_property
    def _leaks(self) -> np.ndarray:
        """Which examples are near copies of one that is kept aside: (n,) bool."""
        assert self.neighbours is not None
        copies = self.neighbours.copies
        aside = np.zeros(len(self.dataset.targets), bool)
        for split in ("validation", "test"):
            aside[self.dataset.indices.get(split, np.zeros(0, np.int64))] = True

        found: np.ndarray = (copies >= 0) & aside[copies]
        return found

    @cached_property
    def _differs(self) -> np.ndarray:
        """Which examples have a near copy with another label: (n,) bool."""
        assert self.neighbours is not None
        copies = self.neighbours.copies
        if not self.description.classes:
            return np.zeros(len(copies), bool)

        targets = self.dataset.targets
        unequal = targets[self.rows] != targets[copies]
        if unequal.ndim == 2:
            unequal = unequal.any(axis=1)

        differs: np.ndarray = (copies >= 0) & unequal
        return differs

    # --- in words

    def sort(self, place: int) -> Sort:
        """Returns what is suspicious about the example at a place in `rows`."""
        if self.label_scores[place] >= LEAK_SCORE:
            return "label"
        if self.neighbours is not None:
            if self._differs[place]:
                return "copy"
            if self._leaks[place]:
                return "leak"
            if self.neighbours.outliers[place]:
                return "outlier"

        return "none"

    def suspect(self, place: int) -> Suspect:
        """Returns the example at a place in `rows` in words."""
        row = int(self.rows[place])
        names = self.dataset.names
        return Suspect(
            row,
            str(names[row]) if row < len(names) else f"#{row + 1}",
            self.label(row),
            self.likely(place),
            float(self.scores[place]),
            self.sort(place),
            self.reason(place),
        )

    def label(self, row: int) -> str:
        """Returns the label of a row of the data set; "" where there are none."""
        if self.task.targets not in ("classes", "tags", "shares", "amounts"):
            return ""

        return label_words(self.dataset.targets[row], self.dataset.description.classes)

    def likely(self, place: int) -> str:
        """Returns what the label may rather be; the label itself where nothing speaks against it.

        It is "" where nothing can be said.
        """
        row = int(self.rows[place])
        label = self.label(row)
        other = float(self.sums.other[place]) if self.sums is not None else np.nan
        if np.isnan(other):
            return label
        if self.task.targets == "amounts":
            amounts = self.description.amounts
            if len(amounts) != 1:
                return ""
            return number_text(other * amounts[0].std + amounts[0].mean, 4)

        classes = self.dataset.description.classes
        if self.task.targets == "tags":
            tags = np.array(self.dataset.targets[row])
            tags[int(other)] = 1 - tags[int(other)]
            return label_words(tags, classes)

        return classes[int(other)]

    def reason(self, place: int) -> str:
        """Returns why an example stands where it does, in a sentence or two."""
        parts = [self._label_reason(place), *self._neighbour_reasons(place)]
        return " ".join(part for part in parts if part)

    def _label_reason(self, place: int) -> str:
        sums = self.sums
        if sums is None:
            return ""

        area = float(sums.area[place])
        over = f"Over {sums.epochs:,} epochs" if self.by_epochs else "With the kept weights"
        if self.task.targets == "amounts":
            return self._amount_reason(place, over)

        likely = self.likely(place)
        if area <= 0:
            text = f"{over} the network preferred '{likely}' by {number_text(-area, 2)}"
        else:
            text = f"{over} the label was ahead by {number_text(area, 2)}"

        forgotten = int(sums.forgotten[place])
        if not sums.learned[place]:
            return f"{text} and never gave the label."
        if forgotten:
            times = "once" if forgotten == 1 else f"{forgotten:,} times"
            return f"{text}; it was learned and forgotten {times}."

        return f"{text}."

    def _amount_reason(self, place: int, over: str) -> str:
        assert self.sums is not None
        error = float(np.sqrt(max(0.0, -self.sums.area[place])))
        usual = float(np.sqrt(np.median(np.maximum(0.0, -self.sums.area))))
        times = f", {number_text(error / usual, 2)} times the usual error" if usual > 0 else ""
        amounts = self.description.amounts
        if len(amounts) == 1:
            off = amount_text(error * amounts[0].std, amounts[0].unit)
            return f"{over} the answer was off by {off}{times}."

        return f"{over} the answers were off by {number_text(error, 2)} deviations{times}."

    def _neighbour_reasons(self, place: int) -> list[str]:
        if self.neighbours is None:
            return []

        found = []
        copy = int(self.neighbours.copies[place])
        if copy >= 0:
            names = self.dataset.names
            name = str(names[copy]) if copy < len(names) else f"#{copy + 1}"
            if self._differs[place]:
                found.append(f"It looks the same as '{name}', which is '{self.label(copy)}'.")
            elif self._leaks[place]:
                split = self._split_of(copy)
                found.append(f"It looks the same as '{name}', which is kept aside for {split}.")
        if self.neighbours.outliers[place]:
            found.append("To the network it is unlike all other examples.")

        return found

    def _split_of(self, row: int) -> str:
        indices = self.dataset.indices
        return next((split for split, rows in indices.items() if (rows == row).any()), "nothing")

    # --- outside of this program

    def to_plain(self, is_file: bool) -> list[dict[str, Any]]:
        """Returns all training examples as plain data for JSON, the most suspicious first.

        is_file: whether the names of the examples are those of files.
        """
        found = []
        for place in self.order:
            suspect = self.suspect(int(place))
            found.append(
                {
                    "example": suspect.row,
                    "file" if is_file else "row": suspect.name,
                    "label": suspect.label,
                    "likely": suspect.likely,
                    "score": round(suspect.score, 4),
                    "reason": suspect.reason,
                }
            )

        return found
