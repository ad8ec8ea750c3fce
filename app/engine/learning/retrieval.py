"""Points in space: which lie near which, and how to draw them in two dimensions.

Points of length 1 are compared by their angle: the dot product of two is the cosine. NumPy only,
but for t-SNE, which is scikit-learn's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 1024
"""Points compared with all others at a time, so that 10,000 points do not need 400 MB."""

MOST = 3000
"""The most points of a t-SNE: more take minutes."""


def similarities(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Returns the dot products of (n, D) and (m, D) points: (n, m), 1 where unit vectors agree."""
    return np.asarray(queries, np.float32) @ np.asarray(keys, np.float32).T


def ranks(
    queries: np.ndarray,
    keys: np.ndarray,
    query_labels: np.ndarray,
    key_labels: np.ndarray,
    itself: bool = False,
) -> np.ndarray:
    """Returns how many wrong keys are as near as the nearest right one, or nearer: (n,) int64.

    It is 0 where the nearest key is right, and the number of keys where none is. A wrong key at the
    same distance counts, so that a network that answers the same for everything finds nothing.

    queries: (n, D). keys: (m, D). query_labels: (n,) and key_labels: (m,), equal where a key is
    right. itself: whether the queries are the keys, and none is its own neighbour.
    """
    result = np.full(len(queries), len(keys), np.int64)
    query_labels = np.asarray(query_labels)
    key_labels = np.asarray(key_labels)

    for first in range(0, len(queries), CHUNK):
        rows = np.arange(first, min(first + CHUNK, len(queries)))
        near = similarities(queries[rows], keys)
        right = query_labels[rows, None] == key_labels[None, :]
        wrong = ~right

        if itself:
            right[np.arange(len(rows)), rows] = False

        best = np.where(right, near, -np.inf).max(axis=1, initial=-np.inf)
        before = (wrong & (near >= best[:, None])).sum(axis=1)
        result[rows] = np.where(right.any(axis=1), before, len(keys))

    return result


def nearest(
    point: np.ndarray, keys: np.ndarray, most: int, without: int = -1
) -> list[tuple[int, float]]:
    """Returns the indices of the nearest keys and their similarity, the nearest first.

    point: (D,). keys: (m, D). without: an index that is left out.
    """
    near = similarities(point[None], keys)[0]
    order = [int(index) for index in np.argsort(-near, kind="stable") if index != without]
    return [(index, float(near[index])) for index in order[:most]]


def project_pca(points: np.ndarray) -> np.ndarray:
    """Projects points on their first two principal components: (n, D) -> (n, 2) float32.

    The same points always give the same picture: each component is turned so that its largest
    weight is positive.
    """
    points = np.asarray(points, np.float64)
    if len(points) == 0 or points.shape[1] == 0:
        return np.zeros((len(points), 2), np.float32)

    centred = points - points.mean(axis=0)
    # Of a (D, D) matrix: as cheap for a hundred thousand points as for ten.
    _, _, components = np.linalg.svd(centred.T @ centred)
    components = components[:2]
    largest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    flat = centred @ (components * np.where(signs == 0, 1, signs)[:, None]).T

    return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1]))).astype(np.float32)


def explained_variance(points: np.ndarray) -> float:
    """Returns the share of the points' variance that `project_pca` shows, 0 to 1."""
    if not len(points):
        return 0.0

    centred = np.asarray(points, np.float64) - np.mean(points, axis=0)
    variances = np.linalg.svd(centred.T @ centred, compute_uv=False)
    return float(variances[:2].sum() / variances.sum()) if variances.sum() > 0 else 0.0


def sample_indices(count: int, most: int = MOST, seed: int = 0) -> np.ndarray:
    """Returns the indices of at most `most` of `count` points, ascending, the same every time."""
    if count <= most:
        return np.arange(count)

    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def project_tsne(
    points: np.ndarray, check: Callable[[], None] = lambda: None, seed: int = 0
) -> np.ndarray:
    """Projects points so that what lies near stays near: (n, D) -> (n, 2) float32, n at most MOST.

    It is t-SNE (van der Maaten & Hinton 2008); the same points and seed give the same picture.

    check: called before every portion of the work, which takes seconds; may raise to give up.
    Raises UserError for too few or too many points.
    """
    count = len(points)
    if count < 5:
        raise UserError("There are too few examples for such a picture.", "It needs at least five.")
    if count > MOST:
        raise UserError(
            f"{count:,} examples are too many for such a picture.",
            f"Show at most {MOST:,} of them.",
        )

    check()
    from sklearn.manifold import TSNE  # noqa: PLC0415 - it takes a second to load, few need it

    # The usual start: the principal components, made small.
    start = project_pca(points)
    spread = float(start[:, 0].std()) or 1.0
    flat = (start / spread * 1e-4).astype(np.float32)
    perplexity = min(30.0, (count - 1) / 3)
    check()

    # The search runs in portions, each from where the last one ended, so that it can be given up
    # between them.
    for portion, exaggeration in enumerate((12.0, 1.0, 1.0, 1.0)):
        check()
        if portion:
            flat = flat - flat.mean(axis=0)

        tsne = TSNE(
            2,
            perplexity=perplexity,
            init=flat,
            learning_rate="auto",
            max_iter=250,
            early_exaggeration=exaggeration,
            metric="euclidean",
            random_state=seed,
            n_jobs=1,
        )
        flat = np.asarray(tsne.fit_transform(np.asarray(points, np.float32)), np.float32)

    return flat
