"""Points of several epochs in two dimensions, turned so that one picture passes into the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.retrieval import project_pca

if TYPE_CHECKING:
    from collections.abc import Iterable


def aligned(points: Iterable[np.ndarray]) -> list[np.ndarray]:
    """Returns (n, 2) float32 for the points (n, D) of each epoch, in order.

    Each is seen from the side that shows most of it (principal components) and then turned or
    mirrored as a whole to lie on the one before as well as it can: the orthogonal Procrustes
    problem (Schönemann 1966). No distance within an epoch changes by that.
    """
    pictures: list[np.ndarray] = []
    for known in points:
        flat = project_pca(known)
        if pictures and pictures[-1].shape == flat.shape:
            left, _, right = np.linalg.svd(flat.T @ pictures[-1])
            flat = (flat @ (left @ right)).astype(np.float32)

        pictures.append(flat)

    return pictures
