"""How a confusion matrix is put in order, and what is worth saying about a cell of it.

Numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.engine.text import percent_text


@dataclass(frozen=True)
class Confusion:
    """counts: (K, K) examples, true class by row, answer by column. classes: K names."""

    counts: np.ndarray
    classes: tuple[str, ...]

    def share(self, true: int, answer: int) -> float:
        """Which part of the examples of class `true` got this answer, 0..1; 0 where there are none."""
        total = self.counts[true].sum()
        return float(self.counts[true, answer] / total) if total else 0.0

    def shares(self) -> np.ndarray:
        """(K, K) shares by row, 0..1."""
        totals = self.counts.sum(axis=1, keepdims=True)
        return np.divide(self.counts, totals, out=np.zeros(self.counts.shape), where=totals > 0)

    def words(self, true: int, answer: int) -> str:
        """A cell as a sentence."""
        count = int(self.counts[true, answer])
        total = int(self.counts[true].sum())

        part = f"{count:,} of {total:,} ({percent_text(self.share(true, answer))})"
        if true == answer:
            return f"{self.classes[true]}: {part} recognised"

        return f"{self.classes[true]} taken for {self.classes[answer]}: {part}"

    def mistakes(self) -> list[tuple[int, int, int]]:
        """(true, answer, count) of every confusion that happened, the most frequent first."""
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        true, answer = np.nonzero(wrong)
        order = np.argsort(-wrong[true, answer], kind="stable")

        return [(int(true[i]), int(answer[i]), int(wrong[true[i], answer[i]])) for i in order]


def by_confusion(counts: np.ndarray) -> np.ndarray:
    """An order of the classes (K,) in which those taken for one another stand side by side, the
    worst first.

    Greedy: the most confused pair, then always the class most confused with the last one placed.
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
