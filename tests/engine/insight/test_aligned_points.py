"""Pictures of the points of several epochs pass into one another."""

from __future__ import annotations

import numpy as np

from app.engine.insight.aligned_points import aligned


def test_turned_and_mirrored_points_come_to_lie_on_those_before() -> None:
    random = np.random.default_rng(0)
    first = random.normal(size=(40, 3)) * [5.0, 2.0, 0.0]
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    pictures = aligned([first, first @ turn, 2 * first @ turn.T])
    assert np.allclose(pictures[0], pictures[1], atol=1e-4)
    assert np.allclose(2 * pictures[0], pictures[2], atol=1e-4), "its distances are its own"


def test_another_number_of_points_begins_anew() -> None:
    random = np.random.default_rng(0)
    pictures = aligned([random.normal(size=(9, 4)), random.normal(size=(7, 4))])
    assert [picture.shape for picture in pictures] == [(9, 2), (7, 2)]
    assert aligned([]) == []
    assert aligned([np.zeros((3, 1))])[0].tolist() == [[0, 0]] * 3
