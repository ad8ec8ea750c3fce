"""Curves at any zoom: few points, and no peak lost."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.runs.curves.pyramid import Pyramid
from app.engine.runs.curves.thinning import Smoother, smoothed


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 100, 12_345])
@pytest.mark.parametrize("most", [10, 200, 5000])
def test_extremes_of_any_part_are_among_its_points(count: int, most: int) -> None:
    rng = np.random.default_rng(count)
    x = np.cumsum(rng.uniform(0.5, 1.5, count))
    y = rng.normal(size=count)
    pyramid = Pyramid(x, y)
    end = float(x[-1]) if count else 1.0
    for left, right in ((0.0, end), (0.2 * end, 0.25 * end), (0.9 * end, 2 * end)):
        part_x, part_y = pyramid.part(left, right, most)
        assert (np.diff(part_x) >= 0).all()
        assert len(part_x) <= max(most, 10) + 2 * 8
        inside = y[(x >= left) & (x <= right)]
        if len(inside):
            assert part_y.min() <= inside.min() and part_y.max() >= inside.max()
        assert set(part_y.tolist()) <= set(y.tolist())


def test_holes_hide_nothing_and_stay_where_nothing_is() -> None:
    y = np.full(10_000, np.nan)
    y[5000] = 3.0
    y[5001] = np.inf
    pyramid = Pyramid(np.arange(10_000.0), y)
    x, part = pyramid.part(0, 10_000, 100)
    assert np.nanmax(np.where(np.isfinite(part), part, np.nan)) == 3.0
    assert np.isnan(part[x < 4000]).all()


@pytest.mark.parametrize("factor", [0.0, 0.1, 0.5, 0.9, 0.99, 0.9999])
def test_an_average_at_once_is_that_of_one_by_one(factor: float) -> None:
    rng = np.random.default_rng(3)
    for count in (0, 1, 2, 50, 5000):
        values = rng.normal(size=count) + 4
        values[rng.random(count) < 0.1] = np.nan
        if count > 10:
            values[7] = np.inf
        np.testing.assert_allclose(
            smoothed(values, factor), Smoother(factor)(values), rtol=1e-9, atol=1e-9
        )
