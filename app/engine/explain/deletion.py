"""The deletion curve: whether an answer falls when what a map marks is taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.explain.parts import parts_of

if TYPE_CHECKING:
    from app.engine.explain.example import Example

STEPS = 20
"""A curve has at most so many steps."""

RANDOM_ORDERS = 10
"""The random curve is the mean of so many."""


@dataclass(frozen=True)
class Deletion:
    """Curves over the share of parts that are taken away, from 0 to 1.

    shares: (S,). curve: (S,) what is left of the answer, 0 to 1, where the strongest parts of the
    map go first. random_curve: (S,) the mean where they go in random order.
    """

    shares: np.ndarray
    curve: np.ndarray
    random_curve: np.ndarray

    @property
    def area(self) -> float:
        """The area below the curve, 0 to 1: small where the map marks what the answer needs."""
        return float(np.trapezoid(self.curve, self.shares))

    @property
    def random_area(self) -> float:
        """The area below the random curve."""
        return float(np.trapezoid(self.random_curve, self.shares))


def deletion(example: Example, half: int, relevance: np.ndarray, seed: int = 0) -> Deletion:
    """Returns how the answer falls (Petsiuk et al. 2018, arXiv:1806.07421, section 3.3).

    relevance: the map over a half of the example, see Method.relevance. seed: of the random orders.
    """
    parts = parts_of(example, half)
    generator = np.random.default_rng(seed)
    order = np.argsort(-parts.of_map(relevance), kind="stable")
    orders = [order, *(generator.permutation(parts.count) for _ in range(RANDOM_ORDERS))]

    steps = min(STEPS, parts.count)
    counts = np.round(np.linspace(0, parts.count, steps + 1)).astype(int)
    removed = torch.zeros(len(orders), len(counts), parts.count, dtype=torch.bool)
    for marks, each in zip(removed, orders, strict=True):
        for mark, count in zip(marks, counts, strict=True):
            mark[torch.from_numpy(each[:count].copy())] = True

    changed = parts.without(removed.flatten(0, 1))
    left = example.certainty_without(half, changed).reshape(removed.shape[:2]).numpy()
    return Deletion(counts / max(1, parts.count), left[0], left[1:].mean(0))
