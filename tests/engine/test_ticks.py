"""The labels of an axis can be read back: distinct, and equal to their places."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import ticks
from tests.reading_back import check_labels

EXAMPLES = [
    (ticks.number_texts, [0.0, 0.5, 1.0], 0.5, ["0", "0.5", "1.0"]),
    (ticks.number_texts, [15_000, 20_000], 5000, ["15,000", "20,000"]),
    (ticks.number_texts, [0, 5e5, 1e6, 1.5e6], 5e5, ["0", "0.5 M", "1.0 M", "1.5 M"]),
    (ticks.number_texts, [1e6, 2e6], 1e6, ["1 M", "2 M"]),
    (ticks.number_texts, [4_000_000, 4_000_200], 200, ["4,000,000", "4,000,200"]),
    (ticks.number_texts, [-2e9, 0, 2e9], 2e9, ["-2 G", "0", "2 G"]),
    (ticks.number_texts, [0, 9e-6], 9e-6, ["0", "0.000009"]),
    (ticks.number_texts, [1e-8, 1.5e-8], 5e-9, ["1.0·10⁻⁸", "1.5·10⁻⁸"]),
    (ticks.number_texts, [1.0, 1.00002], 2e-5, ["1.00000", "1.00002"]),
    (
        ticks.number_texts,
        [1e-8, 2e-5, 0.5, 30, 1.5e6],
        0,
        ["10⁻⁸", "0.00002", "0.5", "30", "1.5 M"],
    ),
    (ticks.percent_texts, [0, 0.5, 1], 0.5, ["0 %", "50 %", "100 %"]),
    (ticks.percent_texts, [0.925, 0.93], 0.005, ["92.5 %", "93.0 %"]),
    (ticks.bytes_texts, [0, 3 * 2**20], 2**20, ["0", "3 MiB"]),
    (ticks.bytes_texts, [2**29, 2**30], 2**29, ["0.5 GiB", "1.0 GiB"]),
    (ticks.times_texts, [1.02, 1.04], 0.02, ["1.02 ×", "1.04 ×"]),
    (ticks.times_texts, [3, 4], 1, ["3.0 ×", "4.0 ×"]),
    (ticks.power_texts, [-4, -3.5], 0.5, ["10⁻⁴", "3·10⁻⁴"]),
]


@pytest.mark.parametrize(("texts", "values", "spacing", "expected"), EXAMPLES)
def test_labels_have_one_unit_and_the_digits_that_tell_them_apart(
    texts, values, spacing, expected
) -> None:
    assert texts(values, spacing) == expected


@given(
    st.sampled_from([ticks.NUMBERS, ticks.SHARES, ticks.MEMORY, ticks.FACTORS]),
    st.floats(1e-9, 5e12),
    st.floats(-1e7, 1e7),
)
def test_labels_of_any_range_can_be_read_back(
    kind: ticks.Ticks, height: float, offset: float
) -> None:
    spacing = kind.round(height / 5)
    first = math.ceil(max(offset * height, 0 if kind.low == 0 else -math.inf) / spacing)
    if abs(first) > 1e12:  # beyond the digits of a float
        return

    values = [number * spacing for number in range(first, first + 6)]
    check_labels(kind.texts(values, spacing), values)


@given(st.floats(-12, 14), st.floats(0.01, 3))
def test_labels_of_any_logarithmic_range_can_be_read_back(low: float, height: float) -> None:
    values = [10.0**power for power in ticks.log_ticks(low, low + height, 7)]
    check_labels(ticks.number_texts(values, 0), values)


def test_bytes_are_marked_at_round_places() -> None:
    assert ticks.round_bytes(3000) == 5 * 1024
    assert ticks.round_bytes(70 * 2**20) == pytest.approx(0.1 * 2**30)
    assert ticks.round_bytes(600 * 2**20) == 2**30
