"""Nearest neighbours and two-dimensional pictures of embeddings."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.learning import retrieval


def clusters(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 4
    points = random.normal(size=(4, 12))[labels] + 0.2 * random.normal(size=(count, 12))

    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), labels


def test_the_flat_picture_shows_the_largest_differences() -> None:
    random = np.random.default_rng(0)
    points = random.normal(size=(200, 5)) * [10, 3, 0.1, 0.1, 0.1] + 7
    flat = retrieval.project_pca(points)
    assert flat.shape == (200, 2)
    assert abs(np.corrcoef(flat[:, 0], points[:, 0])[0, 1]) > 0.99
    assert abs(np.corrcoef(flat[:, 1], points[:, 1])[0, 1]) > 0.99
    assert retrieval.explained_variance(points) > 0.99
    assert np.array_equal(flat, retrieval.project_pca(points.copy()))


@pytest.mark.parametrize("shape", [(0, 4), (1, 4), (5, 1), (3, 2)])
def test_few_points_and_few_dimensions(shape: tuple[int, int]) -> None:
    flat = retrieval.project_pca(np.ones(shape))
    assert flat.shape == (shape[0], 2)
    assert np.isfinite(flat).all()
    assert retrieval.explained_variance(np.ones(shape)) == 0.0


def test_places_in_portions_are_those_of_a_sort(monkeypatch: pytest.MonkeyPatch) -> None:
    points, labels = clusters(50)
    points = points + np.random.default_rng(3).normal(0, 0.4, points.shape).astype(np.float32)
    near = points @ points.T
    np.fill_diagonal(near, -np.inf)

    expected = []
    for row in range(50):
        order = [index for index in np.argsort(-near[row]) if index != row]
        expected.append([labels[index] == labels[row] for index in order].index(True))

    monkeypatch.setattr(retrieval, "CHUNK", 7)
    assert retrieval.ranks(points, points, labels, labels, itself=True).tolist() == expected
    assert retrieval.ranks(points[:2], points, np.array([9, 9]), labels).tolist() == [
        50,
        50,
    ]  # none is right


def test_what_lies_near_stays_near_and_the_picture_is_the_same_each_time() -> None:
    points, labels = clusters(80)
    flat = retrieval.project_tsne(points)
    assert np.array_equal(flat, retrieval.project_tsne(points))

    apart = ((flat[:, None] - flat[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (labels[apart.argmin(axis=1)] == labels).mean() > 0.95


def test_unfolding_can_be_given_up_and_has_limits() -> None:
    points, _ = clusters(20)

    class Enough(Exception):
        pass

    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Enough

    with pytest.raises(Enough):
        retrieval.project_tsne(points, check)

    with pytest.raises(UserError, match="too few"):
        retrieval.project_tsne(points[:3])

    with pytest.raises(UserError, match="too many"):
        retrieval.project_tsne(np.zeros((retrieval.MOST + 1, 2)))

    assert len(retrieval.sample_indices(10_000)) == retrieval.MOST
    assert np.array_equal(retrieval.sample_indices(10_000), retrieval.sample_indices(10_000))
    assert retrieval.sample_indices(5).tolist() == [0, 1, 2, 3, 4]
