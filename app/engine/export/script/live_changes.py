"""What was changed while a run trained, as its script makes it again at the same steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from app.engine.runs.live_changes import RATE_FACTOR, with_live_changes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.metrics_lines import MarkLine

RATE = "learning_rate_factor"
DECAY = "weight_decay"
CLIP = "gradient_clip"
SMOOTHING = "label_smoothing"

KNOWN = {
    RATE_FACTOR: RATE,
    "optimizer.weight_decay": DECAY,
    "training.gradient_clip": CLIP,
    "loss.label_smoothing": SMOOTHING,
}
"""What a script can change, and what it calls that."""


@dataclass(frozen=True)
class LiveChanges:
    """What holds from which step on: by the steps done before, then by name.

    Of a run without changes it is empty; else step 0 has what held at first.
    """

    by_step: dict[int, dict[str, float]]

    @classmethod
    def of(cls, resolved: ResolvedExperiment, marks: Iterable[MarkLine]) -> LiveChanges:
        """Returns the changes that a run's history marks; resolved: what held before them."""
        changes: dict[str, float | None] = {}
        planned = _values(resolved, changes)
        found = {0: planned}
        for mark in sorted(marks, key=lambda mark: mark["step"]):
            changes |= mark.get("values", {})
            found[mark["step"]] = _values(resolved, changes)

        names = [
            name
            for name, value in planned.items()
            if any(values[name] != value for values in found.values())
        ]
        by_step: dict[int, dict[str, float]] = {}
        before: dict[str, float] = {}
        for step, values in found.items():
            now = {name: values[name] for name in names}
            new = {name: value for name, value in now.items() if before.get(name) != value}
            if new:
                by_step[step] = new
            before = now

        return cls(by_step)

    @cached_property
    def names(self) -> frozenset[str]:
        """What changes, by the names in the script."""
        return frozenset(self.by_step.get(0, ()))

    @property
    def last_step(self) -> int:
        """Steps done before the last change; 0 without one."""
        return max(self.by_step, default=0)

    def value(self, name: str) -> str:
        """Returns the expression of what holds now; "" of what does not change."""
        return f'LIVE["{name}"]' if name in self.names else ""

    @property
    def constants(self) -> list[str]:
        """The lines that hold the changes; none without any."""
        if not self.by_step:
            return []

        return [
            "",
            "# What was changed while the run trained: from which number of steps on what holds.",
            "CHANGES = {",
            *(f"    {step}: {_printed(values)}," for step, values in self.by_step.items()),
            "}",
            "LIVE = dict(CHANGES[0])",
        ]

    def step_lines(self, groups: str, every_group: bool) -> list[str]:
        """Returns the lines that make the changes which are due before a step.

        groups: the expression of all groups of weights. every_group: whether all decay.
        """
        if not self.by_step:
            return []

        lines = ["if step in CHANGES:", "    LIVE.update(CHANGES[step])"]
        if decay := self.value(DECAY):
            decay = decay if every_group else f'{decay} if group["decays"] else 0.0'
            lines += [
                f"    for group in {groups}:",
                f'        group["weight_decay"] = {decay}',
            ]

        return lines


def _values(resolved: ResolvedExperiment, changes: dict[str, float | None]) -> dict[str, float]:
    """Returns what holds after changes, by the names in the script."""
    now = with_live_changes(resolved, changes)
    return {
        RATE: float(changes.get(RATE_FACTOR) or 1.0),
        DECAY: now.optimizer.decay_rate(),
        CLIP: float(now.training.gradient_clip or 0.0),
        SMOOTHING: float(getattr(now.loss, SMOOTHING, None) or 0.0),
    }


def _printed(values: dict[str, float]) -> str:
    pairs = ", ".join(f'"{name}": {value!r}' for name, value in values.items())
    return f"{{{pairs}}}"
