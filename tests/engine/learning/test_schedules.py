"""Schedules are pure functions that start, peak and end where they say."""

from __future__ import annotations

import pytest

from app.engine.learning.schedule import SCHEDULES


@pytest.mark.parametrize("choice", SCHEDULES.all(), ids=lambda choice: choice.kind)
@pytest.mark.parametrize("steps", [1, 2, 3, 10, 1000])
def test_factors_stay_between_zero_and_one(choice: type, steps: int) -> None:
    factors = [choice().factor(step, steps) for step in range(steps)]
    assert all(0.0 <= factor <= 1.0 for factor in factors)
    assert max(factors) > 0.0


def test_one_cycle_rises_then_falls_to_almost_nothing() -> None:
    factors = [SCHEDULES.get("one-cycle")(rise=0.3).factor(step, 1001) for step in range(1001)]
    top = factors.index(max(factors))
    assert top == 300 and max(factors) == pytest.approx(1.0)
    assert factors[0] == pytest.approx(0.04) and factors[-1] < 1e-4
    assert factors[:top] == sorted(factors[:top]) and factors[top:] == sorted(
        factors[top:], reverse=True
    )


def test_cosine_warms_up_then_settles_at_its_floor() -> None:
    factors = [
        SCHEDULES.get("cosine")(warmup=0.1, floor=0.01).factor(step, 1000) for step in range(1000)
    ]
    assert factors[0] == pytest.approx(1 / 101)
    assert factors[100] == pytest.approx(1.0) and factors[-1] == pytest.approx(0.01)


def test_constant_is_constant() -> None:
    assert {SCHEDULES.get("constant")().factor(step, 50) for step in range(50)} == {1.0}


def test_cosine_waves_are_each_twice_as_long_as_the_one_before() -> None:
    schedule = SCHEDULES.get("cosine-log")(waves=3)
    factors = [schedule.factor(step, 7_000) for step in range(7_000)]
    valleys = [
        step for step in range(1, 6_999) if factors[step - 1] > factors[step] <= factors[step + 1]
    ]
    assert valleys == pytest.approx([1_000, 3_000], abs=2)
    assert factors[-1] < 1e-4 and max(factors[:1_000]) > 0.999
