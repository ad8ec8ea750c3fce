"""Verification: how well the similarity of two examples tells whether they are the same.

It is measured over all pairs, or over a large sample of them. NumPy only.
"""

from __future__ import annotations

import numpy as np

from app.engine.learning.scores import auc

MOST = 100_000
"""The most pairs of a sort that are compared; of more, a sample is drawn, the same every time."""

Pairs = tuple[np.ndarray, np.ndarray]
"""Indices of the first and of the second example of every pair, (m,) int64 each."""


def same_pairs(labels: np.ndarray, most: int = MOST) -> Pairs:
    """Returns pairs of different examples with the same label. labels: (n,)."""
    order, starts, sizes, ranks = _by_label(labels)
    if int((sizes - 1).sum()) // 2 <= most:
        first, step = _repeated(sizes - 1 - ranks)
        return order[first], order[first + 1 + step]

    generator = np.random.default_rng(0)
    first = generator.choice(len(order), most, p=(sizes - 1) / (sizes - 1).sum())
    step = 1 + (generator.random(most) * (sizes[first] - 1)).astype(np.int64)

    return order[first], order[starts[first] + (ranks[first] + step) % sizes[first]]


def different_pairs(labels: np.ndarray, most: int = MOST) -> Pairs:
    """Returns pairs with different labels, each in both orders where all are taken.

    labels: (n,).
    """
    order, starts, sizes, _ = _by_label(labels)
    others = len(order) - sizes
    if int(others.sum()) <= most:
        first, step = _repeated(others)
    else:
        generator = np.random.default_rng(0)
        first = generator.choice(len(order), most, p=others / others.sum())
        step = (generator.random(most) * others[first]).astype(np.int64)

    return order[first], order[(starts[first] + sizes[first] + step) % len(order)]


def pair_similarities(first: np.ndarray, second: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Returns the similarity of every pair, (m,). first, second: (n, D) points of length 1."""
    products: np.ndarray = np.einsum(
        "nd,nd->n", first[pairs[0]], second[pairs[1]], dtype=np.float32
    )
    return products


def pair_auc(same: np.ndarray, different: np.ndarray) -> float:
    """Returns how often two that are the same are more similar than two that are not (ROC AUC).

    NaN where there are no pairs of one sort.

    same, different: similarities of pairs, (m,) each.
    """
    return auc(np.repeat([1, 0], [len(same), len(different)]), np.concatenate([same, different]))


def _by_label(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Returns the indices sorted by label, and three arrays along them.

    These are, for each sorted example: where its label starts, how many examples have the label,
    and its rank among them.
    """
    order = np.argsort(labels, kind="stable")
    _, first, group, count = np.unique(
        np.asarray(labels)[order], return_index=True, return_inverse=True, return_counts=True
    )
    starts = first[group]

    return order, starts, count[group], np.arange(len(order)) - starts


def _repeated(counts: np.ndarray) -> Pairs:
    """Returns every index as often as its count says, and beside each of them 0, 1, 2 ..."""
    first = np.repeat(np.arange(len(counts)), counts)
    return first, np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
