"""Whether a map tells the truth: it marks what matters, and it depends on what was learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.explain.deletion import Deletion, deletion
from app.engine.explain.parts import parts_of
from app.engine.text import number_text
from models.network import build_model

if TYPE_CHECKING:
    from app.engine.explain.example import Example
    from app.engine.explain.method import Method

MOST_ALIKE = 0.7
"""A map that is as like as this to the one of random weights says little of what was learned.

Maps of one example are somewhat alike whatever the weights, for its edges stay where they are.
"""


@dataclass(frozen=True)
class Truth:
    """What is known of a map.

    deletion: see there. random_weights: the rank correlation, -1 to 1, of what its parts get with
    the map of random weights (Adebayo et al. 2018, arXiv:1810.03292); 0 where either is even.
    """

    deletion: Deletion
    random_weights: float

    @property
    def marks_what_matters(self) -> bool:
        return self.deletion.area < self.deletion.random_area

    @property
    def was_learned(self) -> bool:
        return self.random_weights < MOST_ALIKE

    @property
    def holds(self) -> bool:
        """Whether the map passes both tests."""
        return self.marks_what_matters and self.was_learned

    @property
    def verdict(self) -> str:
        """What follows from the tests, in a sentence or two."""
        areas = (
            f"{number_text(self.deletion.area)} against {number_text(self.deletion.random_area)}"
        )
        alike = number_text(self.random_weights)
        if self.holds:
            return (
                f"The answer falls sooner where the marked parts go first than in random order "
                f"(area {areas}), and random weights give another map (correlation {alike})."
            )

        failures = []
        if not self.marks_what_matters:
            failures.append(
                "Do not trust this map: without the parts that it marks the answer falls no sooner "
                f"than without random ones (area {areas})."
            )
        if not self.was_learned:
            failures.append(
                "Random weights give much the same map, so it says little of what the network "
                f"learned (correlation {alike})."
            )

        return " ".join(failures)


def check_truth(
    method: Method, example: Example, half: int, relevance: np.ndarray, seed: int = 0
) -> Truth:
    """Returns what is known of a map. seed: of random orders and of random weights."""
    network = build_model(example.network.graph, example.network.problem, seed)
    unlearned = example.before(network.eval().requires_grad_(False))
    other = method.relevance(unlearned, half)

    parts = parts_of(example, half)
    alike = rank_correlation(parts.of_map(relevance), parts.of_map(other))
    return Truth(deletion(example, half, relevance, seed), alike)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Returns Spearman's rank correlation of (n,) numbers; 0 where either are all equal."""
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0

    ranks = np.stack([_ranks(first), _ranks(second)])
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Returns the rank of each number; equal ones share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: np.ndarray = (np.cumsum(counts) - (counts - 1) / 2)[which]
    return ranks
