"""Same or different? How well the similarity of two examples tells it, over all pairs there are, or
over as many as say it well. NumPy only.
"""

from __future__ import annotations

import numpy as np

from app.engine.learning.scores import auc

MOST = 100_000
"""So many pairs of a sort are compared at most; where there are more, they are drawn, the same ones
every time.
"""

Pairs = tuple[np.ndarray, np.ndarray]
"""Places of the first and of the second example of every pair, (m,) int64 each."""


def same_pairs(labels: np.ndarray, most: int = MOST) -> Pairs:
    """Pairs of different examples with the same label. labels: (n,)."""
    order, starts, sizes, ranks = _by_label(labels)
    if int((sizes - 1).sum()) // 2 <= most:
        first, step = _each(sizes - 1 - ranks)
        return order[first], order[first + 1 + step]

    generator = np.random.default_rng(0)
    first = generator.choice(len(order), most, p=(sizes - 1) / (sizes - 1).sum())
    step = 1 + (generator.random(most) * (sizes[first] - 1)).astype(np.int64)

    return order[first], order[starts[first] + (ranks[first] + step) % sizes[first]]


def different_pairs(labels: np.ndarray, most: int = MOST) -> Pairs:
    """Pairs with different labels, each in both orders where all are taken. labels: (n,)."""
    order, starts, sizes, _ = _by_label(labels)
    others = len(order) - sizes
    if int(others.sum()) <= most:
        first, step = _each(others)
    else:
        generator = np.random.default_rng(0)
        first = generator.choice(len(order), most, p=others / others.sum())
        step = (generator.random(most) * others[first]).astype(np.int64)

    return order[first], order[(starts[first] + sizes[first] + step) % len(order)]


def between(first: np.ndarray, second: np.ndarray, pairs: Pairs) -> np.ndarray:
    """The similarity of every pair, (m,). first, second: (n, D) points of length 1."""
    return np.einsum("nd,nd->n", first[pairs[0]], second[pairs[1]], dtype=np.float32)


def told_apart(same: np.ndarray, different: np.ndarray) -> float:
    """How often two that are the same lie nearer than two that are not (ROC AUC); NaN without one
    of both.
    """
    return auc(np.repeat([1, 0], [len(same), len(different)]), np.concatenate([same, different]))


def _by_label(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Places sorted by label; and for each of those where its label begins, how many have it, and
    its rank in it.
    """
    order = np.argsort(labels, kind="stable")
    _, begin, group, count = np.unique(
        np.asarray(labels)[order], return_index=True, return_inverse=True, return_counts=True
    )
    starts = begin[group]

    return order, starts, count[group], np.arange(len(order)) - starts


def _each(counts: np.ndarray) -> Pairs:
    """Every place as often as its count says, and beside it 0, 1, ... up to there."""
    first = np.repeat(np.arange(len(counts)), counts)
    return first, np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
