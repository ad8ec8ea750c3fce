"""Points in space: which lie near which, and a picture of them in two dimensions.

Points of length 1 are compared by their angle: the product of two is the cosine. NumPy only; t-SNE
loads scikit-learn when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 1024
"""So many points are compared with all others at a time: 10,000 points do not need 400 MB."""

MOST = 3000
"""Points of a t-SNE: more take minutes."""


def similarity(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """(n, D) and (m, D) -> (n, m), 1 where they are the same and of length 1."""
    return np.asarray(queries, np.float32) @ np.asarray(keys, np.float32).T


def places(
    queries: np.ndarray,
    keys: np.ndarray,
    meant: np.ndarray,
    labels: np.ndarray,
    itself: bool = False,
) -> np.ndarray:
    """How many wrong keys stand before the best right one: (n,) int64, 0 where the nearest key is
    right, the number of keys where no key is right. A wrong key that is as near as the right one
    stands before it, so that a network that says the same of everything finds nothing.

    queries: (n, D). keys: (m, D). meant: (n,) and labels: (m,), equal where a key is right. itself:
    the queries are the keys, and none counts as its own neighbour.
    """
    found = np.full(len(queries), len(keys), np.int64)
    meant = np.asarray(meant)

    labels = np.asarray(labels)
    for first in range(0, len(queries), CHUNK):
        part = np.arange(first, min(first + CHUNK, len(queries)))
        near = similarity(queries[part], keys)
        right = meant[part, None] == labels[None, :]
        wrong = ~right

        if itself:
            right[np.arange(len(part)), part] = False

        best = np.where(right, near, -np.inf).max(axis=1, initial=-np.inf)
        before = (wrong & (near >= best[:, None])).sum(axis=1)
        found[part] = np.where(right.any(axis=1), before, len(keys))

    return found


def nearest(
    point: np.ndarray, keys: np.ndarray, most: int, without: int = -1
) -> list[tuple[int, float]]:
    """The places of the nearest keys with their similarity, the nearest first.

    point: (D,). without: a place that is left out.
    """
    near = similarity(point[None], keys)[0]
    order = [int(place) for place in np.argsort(-near, kind="stable") if place != without][:most]
    return [(place, float(near[place])) for place in order]


def project(points: np.ndarray) -> np.ndarray:
    """The two directions in which the points differ most (principal components): (n, D) -> (n, 2)
    float32.

    The same points always give the same picture: each direction is turned so that its largest
    weight is positive.
    """
    points = np.asarray(points, np.float64)
    if len(points) == 0 or points.shape[1] == 0:
        return np.zeros((len(points), 2), np.float32)

    centred = points - points.mean(axis=0)
    _, _, ways = np.linalg.svd(
        centred.T @ centred
    )  # (D, D): as cheap for a hundred thousand points as for ten
    ways = ways[:2]
    signs = np.sign(ways[np.arange(len(ways)), np.abs(ways).argmax(axis=1)])
    flat = centred @ (ways * np.where(signs == 0, 1, signs)[:, None]).T

    return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1]))).astype(np.float32)


def explained(points: np.ndarray) -> float:
    """The share of the points' differences that `project` shows, 0 to 1."""
    centred = (
        np.asarray(points, np.float64) - np.mean(points, axis=0)
        if len(points)
        else np.zeros((0, 1))
    )
    sizes = np.linalg.svd(centred.T @ centred, compute_uv=False)
    return float(sizes[:2].sum() / sizes.sum()) if sizes.sum() > 0 else 0.0


def sample(count: int, most: int = MOST, seed: int = 0) -> np.ndarray:
    """Places of at most so many of `count` points, ascending, the same every time."""
    if count <= most:
        return np.arange(count)

    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def unfold(
    points: np.ndarray, check: Callable[[], None] = lambda: None, seed: int = 0
) -> np.ndarray:
    """What lies near stays near (t-SNE; van der Maaten & Hinton 2008): (n, D) -> (n, 2) float32, n
    at most MOST.

    check: called before every portion of the work, which takes seconds; may raise to give up.
    Raises UserError for too few or too many points. The same points and seed give the same picture.
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
    from sklearn.manifold import TSNE

    start = project(points)
    spread = float(start[:, 0].std()) or 1.0
    flat = (start / spread * 1e-4).astype(
        np.float32
    )  # the usual start: the flat picture, made small
    perplexity = min(30.0, (count - 1) / 3)
    check()

    # the search runs in portions, each from where the last one stood, so that it can be given up
    # between them
    for number, (steps, pull) in enumerate([(250, 12.0)] + [(250, 1.0)] * 3):
        check()
        if number:
            flat = flat - flat.mean(axis=0)

        made = TSNE(
            2,
            perplexity=perplexity,
            init=flat,
            learning_rate="auto",
            max_iter=max(250, steps),
            early_exaggeration=pull,
            metric="euclidean",
            random_state=seed,
            n_jobs=1,
        )
        flat = np.asarray(made.fit_transform(np.asarray(points, np.float32)), np.float32)

    return flat
