"""Figures in words."""

from __future__ import annotations

import pytest

from app.engine.learning.metrics import shown
from app.engine.text import amount, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (41.83, "41.8"),
        (152.0, "152"),
        (999.7, "1,000"),
        (1234567.0, "1,234,567"),
        (0.003121, "0.00312"),
        (0.0, "0"),
        (-0.5, "-0.5"),
        (1e-9, "1e-09"),
        (2.0, "2"),
        (float("inf"), "∞"),
        (float("nan"), "not a number"),
    ],
)
def test_numbers_have_the_digits_that_mean_something(value: float, text: str) -> None:
    assert number(value) == text


def test_metrics_are_shown_as_their_kind_asks() -> None:
    assert shown("accuracy", 0.9312) == "93.1 %"
    assert shown("mae", 41.83, "cm") == "41.8 cm"
    assert shown("r2", 0.4531, "cm") == "0.453"
    assert shown("bits_per_byte", 2.1) == "2.1"
    assert amount(3.0) == "3"
