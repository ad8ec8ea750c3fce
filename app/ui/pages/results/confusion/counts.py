"""A confusion matrix as numbers: its shares, its cells in words, and an order of its classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.engine.text import percent_text


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix.

    counts: (K, K) examples, true class by row, answer by column. classes: K names.
    """

    counts: np.ndarray
    classes: tuple[str, ...]

    @cached_property
    def totals(self) -> list[int]:
        """How many examples each class has."""
        totals: list[int] = self.counts.sum(axis=1).tolist()
        return totals

    def share(self, true: int, answer: int) -> float:
        """Returns which share of class `true` got this answer, 0 to 1; 0 without examples."""
        total = self.totals[true]
        return float(self.counts[true, answer]) / total if total else 0.0

    def shares(self) -> np.ndarray:
        """Returns (K, K) shares by row, 0 to 1."""
        totals = self.counts.sum(axis=1, keepdims=True)
        shares = np.zeros(self.counts.shape)
        np.divide(self.counts, totals, out=shares, where=totals > 0)
        return shares

    def words(self, true: int, answer: int) -> str:
        """Returns a cell as a sentence."""
        count = int(self.counts[true, answer])
        part = f"{count:,} of {self.totals[true]:,} ({percent_text(self.share(true, answer))})"
        if true == answer:
            return f"{self.classes[true]}: {part} recognised"

        return f"{self.classes[true]} taken for {self.classes[answer]}: {part}"

    def mistakes(self, most: int | None = None) -> list[tuple[int, int, int]]:
        """Returns (true, answer, count) of every confusion, the most frequent first.

        most: no more than so many; of 200 classes there can be 40,000.
        """
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        true, answer = np.nonzero(wrong)
        order = np.argsort(-wrong[true, answer], kind="stable")[:most]

        return [(int(true[i]), int(answer[i]), int(wrong[true[i], answer[i]])) for i in order]


def by_confusion(counts: np.ndarray) -> np.ndarray:
    """Returns an order of the classes (K,) that puts those taken for one another side by side.

    Greedy: the most confused pair comes first, then always the class that is most confused with the
    last one placed.
    """
    wrong = (counts + counts.T).astype(float)
    np.fill_diagonal(wrong, 0)
    left = set(range(len(wrong)))

    order: list[int] = []
    while left:
        rest = np.array(sorted(left))
        last = wrong[order[-1], rest] if order else np.zeros(len(rest))
        if last.max(initial=0) > 0:
            following = int(rest[np.argmax(last)])
        else:
            following = int(rest[np.argmax(wrong[np.ix_(rest, rest)].max(axis=1))])

        order.append(following)
        left.remove(following)

    return np.array(order, dtype=int)
