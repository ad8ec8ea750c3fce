"""Intervals of figures: known values, and none where there is no formula."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.results.intervals import intervals_of, mean_interval
from app.engine.results.report import load_report
from tests.written_runs import write_run


def test_the_interval_of_a_mean_is_that_of_the_textbook() -> None:
    low, high = mean_interval(np.array([1.0, 2.0, 3.0, 4.0]))
    reach = 1.959964 * np.std([1, 2, 3, 4], ddof=1) / 2
    assert (low, high) == pytest.approx((2.5 - reach, 2.5 + reach), rel=1e-6)


def test_an_accuracy_has_wilsons(tmp_path) -> None:
    split = load_report(write_run(tmp_path)).splits["test"]
    found = intervals_of(split)
    assert list(found) == ["accuracy"]
    assert found["accuracy"][0] < split.metrics["accuracy"] < found["accuracy"][1]
