"""A race seen from the window: a record for every variant, how each one is doing, and how far all
of them are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from app.engine.race.turns import RaceControl
from app.engine.race.variants import Difference, Fact, Variant, differences, fairness
from app.engine.text import number_text
from app.ui.state.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.engine.runs import events
    from app.engine.runs.control import Control

WORDS = {"completed": "finished", "stopped": "stopped", "failed": "failed", "diverged": "diverged"}


@dataclass(frozen=True)
class Entrant:
    """A variant as it was set up.

    floats: per weight, with weight and gradient; None where that is not known.
    """

    variant: Variant
    floats: float | None = None


@dataclass
class Runner:
    """One variant on its way. ready: it has been prepared and takes part in the turns."""

    entrant: Entrant
    record: Record = field(default_factory=Record)
    ready: bool = False

    @property
    def variant(self) -> Variant:
        return self.entrant.variant

    @property
    def state(self) -> str:
        """What it does now, in a few words."""
        record = self.record
        if record.finished is not None:
            return WORDS.get(record.finished.status, record.finished.status)
        if record.latest is not None and record.prepared is not None:
            return f"epoch {record.latest.epoch} of {record.prepared.epochs}"
        if record.started is not None:
            return record.stage.text if record.stage is not None else "preparing"

        return "waiting for its turn"

    @property
    def share(self) -> float:
        """How much of it is done, 0..1."""
        record = self.record
        if record.finished is not None:
            return 1.0
        if record.latest is None or record.prepared is None:
            return 0.0

        return record.latest.position / max(1, record.prepared.steps)

    @property
    def headline(self) -> float | None:
        """The figure of the best epoch so far by which its task is judged first."""
        best = self.record.best
        return best.metrics.get(self.variant.task.headline.name) if best is not None else None

    def examples(self, steps: np.ndarray) -> np.ndarray:
        """(n,) steps done -> training examples seen by then.

        The last batch of an epoch may be smaller or larger.
        """
        prepared = self.record.prepared
        if prepared is None:
            return np.zeros(len(steps))

        size = self.variant.resolved.training.step_size
        epochs, within = np.divmod(
            np.asarray(steps, dtype=np.int64), max(1, prepared.steps_per_epoch)
        )
        return epochs * prepared.training_examples + np.minimum(
            within * size, prepared.training_examples
        )


class RaceState:
    """The race that is under way, or the last one.

    `watched` is the lane whose record the pages show.
    """

    def __init__(self, entrants: Sequence[Entrant], facts: Sequence[Fact] = ()) -> None:
        self.runners = [Runner(entrant) for entrant in entrants]
        self.facts = tuple(facts)
        self.control = RaceControl(len(self.runners))

    @classmethod
    def of(cls, entrants: Sequence[Entrant], description: object) -> RaceState:
        """With what is to be said of its fairness. description: the description of the data."""
        return cls(entrants, fairness([entrant.variant for entrant in entrants], description))  # type: ignore[arg-type]

    @property
    def watched(self) -> int:
        return self.control.looked_at

    @watched.setter
    def watched(self, member: int) -> None:
        self.control.looked_at = member

    @property
    def variants(self) -> tuple[Variant, ...]:
        return tuple(runner.variant for runner in self.runners)

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """The settings in which they differ; the table asks for them at every drawing."""
        return differences(self.variants)

    @property
    def record(self) -> Record:
        """Of the lane that is watched."""
        return self.runners[self.watched].record

    @property
    def paths(self) -> tuple[Path, ...]:
        """The folders of those that have begun."""
        return tuple(
            runner.record.path for runner in self.runners if runner.record.path is not None
        )

    @property
    def begun(self) -> bool:
        """Whether one of the runs has begun: before, the data are read."""
        return any(runner.record.started is not None for runner in self.runners)

    def holds(self, record: Record) -> bool:
        """Whether a record is that of one of its runs, live or read from its folder."""
        return any(runner.record is record for runner in self.runners) or (
            record.path is not None and record.path in self.paths
        )

    def add(self, told: events.MemberEvent) -> None:
        self.runners[told.member].record.add(told.event)

    def train(self, folder: Path) -> Callable[[Callable[[events.Event], None], Control], None]:
        """What the thread of the session does."""

        def work(emit: Callable[[events.Event], None], _: Control) -> None:
            from app.engine.race.race import race

            race(self.variants, folder, emit, self.control)

        return work

    # --- for the bottom bar

    @property
    def progress(self) -> float:
        """0..1, of all examples that all of them will see."""
        return sum(runner.share for runner in self.runners) / len(self.runners)

    @property
    def remaining(self) -> float | None:
        """Seconds until the last has ended; None while one of them cannot say."""
        left = 0.0
        for runner in self.runners:
            if runner.record.finished is not None:
                continue

            latest = runner.record.latest
            if latest is None or latest.remaining is None:
                return None

            left += latest.remaining

        return left

    @property
    def text(self) -> str:
        """How far it is, in a few words."""
        count = len(self.runners)
        ended = sum(runner.record.finished is not None for runner in self.runners)
        under_way = [
            runner
            for runner in self.runners
            if runner.record.finished is None and runner.record.latest
        ]

        epochs = [
            (one.record.latest.epoch, one.record.prepared.epochs)
            for one in under_way
            if one.record.latest is not None and one.record.prepared is not None
        ]
        where = ""
        if epochs:
            epoch, of = min(epochs)
            where = f" · epoch {epoch} of {of}"

        return f"race of {count}{where}" + (f" · {ended} ended" if ended else "")


# --- what came of it


def leader(race_state: RaceState) -> int | None:
    """The lane with the best figure of its best epoch; None where fewer than two have one, or two
    share it.
    """
    better = race_state.runners[0].variant.task.headline.better
    return best_place([runner.headline for runner in race_state.runners], better == "higher")


def best_place(values: Sequence[float | None], higher: bool) -> int | None:
    """The place of the best known value; None where fewer than two are known or two share it."""
    known = [
        (value, place)
        for place, value in enumerate(values)
        if value is not None and np.isfinite(value)
    ]
    if len(known) < 2:
        return None

    ranked = sorted(known, reverse=higher)
    return None if ranked[0][0] == ranked[1][0] else ranked[0][1]


def examples_of(runner: Runner) -> str:
    """Examples per second of its own steps, in words."""
    record = runner.record
    speed = record.latest.speed if record.latest is not None else None
    if record.finished is not None:
        speed = record.finished.summary.get("examples_per_second") or speed

    return number_text(speed or None)
