"""Intervals over seeds: against tables, textbooks, and a count of how often they hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.engine.studies.intervals import Difference, difference, spread, t_reach

TABLE = {
    1: 12.706204736174694,
    2: 4.302652729749462,
    3: 3.1824463052837078,
    4: 2.7764451051977934,
    9: 2.262157162798205,
    30: 2.0422724563012378,
    1000: 1.9623390808264083,
}
"""The 97.5 % point of Student's t, as scipy.stats.t.ppf(0.975, n) has it."""


@pytest.mark.parametrize(("freedom", "expected"), TABLE.items())
def test_the_reach_of_t_is_that_of_the_tables(freedom: int, expected: float) -> None:
    assert t_reach(freedom) == pytest.approx(expected, rel=1e-11)


def test_degrees_of_freedom_need_not_be_whole_and_the_level_is_chosen() -> None:
    assert t_reach(2.5) == pytest.approx(3.5746548420036817, rel=1e-9)
    assert t_reach(4, 0.99) == pytest.approx(4.604094871349992, rel=1e-9)
    assert t_reach(1e7) == pytest.approx(1.959964, rel=1e-5)  # the normal distribution


def test_the_spread_of_figures() -> None:
    found = spread([0.9, 0.92, 0.94])
    assert found is not None
    assert (found.count, found.least, found.most) == (3, 0.9, 0.94)
    assert found.mean == pytest.approx(0.92)
    assert found.deviation == pytest.approx(0.02)
    reach = 4.302652729749462 * 0.02 / math.sqrt(3)
    assert found.low == pytest.approx(0.92 - reach)
    assert found.high == pytest.approx(0.92 + reach)

    single = spread([0.5])
    assert single is not None
    assert (single.mean, single.deviation, single.low) == (0.5, None, None)
    assert spread([]) is None


def test_the_same_seeds_on_the_same_splits_are_compared_pair_by_pair() -> None:
    """The sleep data of Student (1908): scipy.stats.ttest_rel gives this interval."""
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = difference(dict(enumerate(first)), dict(enumerate(second)), same_splits=True)
    assert found is not None
    assert (found.paired, found.count, found.shown) == (True, 10, True)
    assert found.mean == pytest.approx(1.58)
    assert found.low == pytest.approx(0.7001142, abs=1e-6)
    assert found.high == pytest.approx(2.4598858, abs=1e-6)


def test_other_splits_or_seeds_are_compared_by_welch() -> None:
    """The same data as two groups: R's t.test(extra ~ group) gives -3.3654832 to 0.2054832."""
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    for found in (
        difference(dict(enumerate(first)), dict(enumerate(second)), same_splits=False),
        difference(dict(enumerate(first)), dict(enumerate(second, 10)), same_splits=True),
    ):
        assert found is not None
        assert (found.paired, found.shown) == (False, False)
        assert found.low == pytest.approx(-0.2054832, abs=1e-6)
        assert found.high == pytest.approx(3.3654832, abs=1e-6)


def test_only_seeds_that_both_have_are_pairs() -> None:
    found = difference({0: 0.1, 1: 0.2, 2: 0.4}, {1: 0.3, 2: 0.6, 3: 0.9}, same_splits=True)
    assert found is not None
    assert (found.paired, found.count) == (True, 2)
    assert found.mean == pytest.approx(0.15)


def test_too_few_or_equal_differences_give_no_interval() -> None:
    assert difference({}, {0: 1.0}, same_splits=True) is None
    assert difference({0: 0.5}, {0: 0.75}, True) == Difference(0.25, 1, True)
    assert difference({0: 0.5}, {1: 0.75, 2: 0.25}, True) == Difference(0.0, 1, False)
    equal = difference({0: 0.5, 1: 0.25}, {0: 0.75, 1: 0.5}, True)
    assert equal == Difference(0.25, 2, True)
    assert equal is not None and not equal.shown
    assert difference({0: 0.5, 1: 0.5}, {0: 0.5, 1: 0.5}, False) == Difference(0.0, 2, False)


@pytest.mark.parametrize(("paired", "times"), ((True, 4000), (False, 600)))
def test_where_nothing_differs_one_in_twenty_seems_to(paired: bool, times: int) -> None:
    generator = np.random.default_rng(0)
    figures = generator.normal(0.9, 0.01, (times, 2, 5))
    if paired:
        figures += generator.normal(0, 0.05, (times, 1, 5))  # what a seed does to both

    shown = [
        difference(dict(enumerate(first)), dict(enumerate(second)), paired)
        for first, second in figures.tolist()
    ]
    rate = sum(found is not None and found.shown for found in shown) / len(shown)
    error = 4 * math.sqrt(0.05 * 0.95 / times)
    assert 0.05 - error - 0.01 < rate < 0.05 + error  # Welch's is a little wide for five each
