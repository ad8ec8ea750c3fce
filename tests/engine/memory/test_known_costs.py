"""Costs are measured once, whoever asks, and the oldest are forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from app.engine.memory.block_cost import Cost, Form
from app.engine.memory.known_costs import KnownCosts

if TYPE_CHECKING:
    from collections.abc import Callable


def cost(parameters: int) -> Cost:
    form = Form((1,), (1,), torch.float32, False)
    return Cost(parameters, 0, {}, form, 4, None, 0, (), False)


def refused() -> Cost:
    raise AssertionError("it was measured again")


def measuring(parameters: int) -> Callable[[], Cost]:
    return lambda: cost(parameters)


def test_what_is_known_is_not_measured_again() -> None:
    known = KnownCosts()
    first = known.get("a", measuring(1))
    assert known.get("a", refused) is first


def test_what_nobody_asked_for_the_longest_is_forgotten() -> None:
    known = KnownCosts(most=2)
    known.get("a", measuring(1))
    known.get("b", measuring(2))
    known.get("a", refused)
    known.get("c", measuring(3))

    assert known.get("a", refused).parameters == 1
    assert known.get("c", refused).parameters == 3
    assert known.get("b", measuring(4)).parameters == 4


def test_what_cannot_be_measured_is_asked_for_again() -> None:
    known = KnownCosts()
    for _ in range(2):
        with pytest.raises(AssertionError, match="measured again"):
            known.get("a", refused)

    assert known.get("a", measuring(5)).parameters == 5
