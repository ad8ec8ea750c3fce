"""How long a training will take on this computer, from what earlier ones took.

It is never a guess: without a measurement there is no answer.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.ui.state.preferences import Preferences

KEPT = 5
"""Measurements that are kept for each device and template."""

PASSES = 3
"""A step is a forward pass and a backward pass of about twice its cost."""


class Speeds:
    """Multiply-adds per second, measured in runs on this computer, by device and template.

    They are kept in the preferences.
    """

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def learn(
        self, device: str, template: str, multiply_adds: int, examples_per_second: float
    ) -> None:
        """Takes in one run. multiply_adds: of one example, forward."""
        if multiply_adds <= 0 or examples_per_second <= 0:
            return

        kept = self._kept()
        key = f"{device}/{template}"
        kept[key] = [*kept.get(key, []), PASSES * multiply_adds * examples_per_second][-KEPT:]
        self._preferences.set("speeds", kept)

    def seconds(
        self, device: str, template: str, multiply_adds: int, examples: int
    ) -> float | None:
        """Returns the seconds to train on so many examples, epochs included.

        None where this template was not measured here yet. Other templates say nothing about it: in
        a small network most of a step is overhead, in a large one hardly any.
        """
        speeds = self._kept().get(f"{device}/{template}")
        if not speeds or multiply_adds <= 0:
            return None

        return PASSES * multiply_adds * examples / statistics.median(speeds)

    def _kept(self) -> dict[str, list[float]]:
        kept: dict[str, Any] = self._preferences.get("speeds", {})
        good = {}
        for key, values in kept.items():
            if isinstance(values, list):
                numbers = [
                    float(value) for value in values if isinstance(value, int | float) and value > 0
                ]
                if numbers:
                    good[key] = numbers

        return good
