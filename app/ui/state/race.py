"""The race as the window knows it: a record for every variant, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.metrics import metric_text
from app.engine.race.fairness import Fact, fairness
from app.engine.race.turns import RaceControl
from app.engine.race.variants import Variant, differing_settings
from app.engine.runs.comparison import best_index
from app.engine.text import number_text
from app.ui.state.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.engine.data.dataset import Description
    from app.engine.experiment.differences import SettingRow
    from app.engine.runs import events
    from app.engine.runs.control import Control

WORDS = {"completed": "finished", "stopped": "stopped", "failed": "failed", "diverged": "diverged"}


@dataclass(frozen=True)
class MemberSetup:
    """A variant as it was set up.

    floats: numbers in memory for each weight, the weight and its gradient among them; None where
    that is not known.
    """

    variant: Variant
    floats: float | None = None


@dataclass
class Member:
    """One variant in the race. ready: it has been prepared and takes part in the turns."""

    setup: MemberSetup
    record: Record = field(default_factory=Record)
    ready: bool = False

    @property
    def variant(self) -> Variant:
        return self.setup.variant

    @property
    def state(self) -> str:
        """Returns what the variant does now, in a few words."""
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
        """Returns how much of the run is done, 0 to 1."""
        record = self.record
        if record.finished is not None:
            return 1.0
        if record.latest is None or record.prepared is None:
            return 0.0

        return record.latest.position / max(1, record.prepared.steps)

    @property
    def headline(self) -> float | None:
        """The headline metric of the best epoch so far."""
        best = self.record.best
        return best.metrics.get(self.variant.task.headline.name) if best is not None else None

    def examples(self, steps: np.ndarray) -> np.ndarray:
        """Returns the training examples seen after (n,) numbers of steps.

        The last batch of an epoch may be smaller or larger than the others.
        """
        prepared = self.record.prepared
        if prepared is None:
            return np.zeros(len(steps))

        size = self.variant.resolved.training.step_size
        epochs, within = np.divmod(
            np.asarray(steps, dtype=np.int64), max(1, prepared.steps_per_epoch)
        )
        seen: np.ndarray = epochs * prepared.training_examples + np.minimum(
            within * size, prepared.training_examples
        )
        return seen


class RaceState:
    """The race that is under way, or the last one.

    `watched` is the index of the member whose record the pages show.
    """

    def __init__(self, setups: Sequence[MemberSetup], facts: Sequence[Fact] = ()) -> None:
        self.members = [Member(setup) for setup in setups]
        self.facts = tuple(facts)
        self.control = RaceControl(len(self.members))

    @classmethod
    def of(cls, setups: Sequence[MemberSetup], description: Description) -> RaceState:
        """Returns a race with the facts on its fairness. description: of the data."""
        return cls(setups, fairness([setup.variant for setup in setups], description))

    @property
    def watched(self) -> int:
        return self.control.shown_member

    @watched.setter
    def watched(self, member: int) -> None:
        self.control.shown_member = member

    @property
    def variants(self) -> tuple[Variant, ...]:
        return tuple(member.variant for member in self.members)

    @cached_property
    def differences(self) -> tuple[SettingRow, ...]:
        """The settings in which the variants differ; the table needs them at every drawing."""
        return differing_settings(self.variants)

    @property
    def record(self) -> Record:
        """The record of the member that is watched."""
        return self.members[self.watched].record

    @property
    def paths(self) -> tuple[Path, ...]:
        """Returns the folders of the runs that have begun."""
        return tuple(
            member.record.path for member in self.members if member.record.path is not None
        )

    @property
    def begun(self) -> bool:
        """Whether one of the runs has begun; before that, the data are read."""
        return any(member.record.started is not None for member in self.members)

    def holds(self, record: Record) -> bool:
        """Returns whether a record is that of one of its runs, live or read from its folder."""
        return any(member.record is record for member in self.members) or (
            record.path is not None and record.path in self.paths
        )

    def add(self, event: events.MemberEvent) -> None:
        self.members[event.member].record.add(event.event)

    def train(self, folder: Path) -> Callable[[Callable[[events.Event], None], Control], None]:
        """Returns what the thread of the session does."""

        def work(emit: Callable[[events.Event], None], _: Control) -> None:
            from app.engine.race.race import race  # noqa: PLC0415 - it loads torch, in seconds

            race(self.variants, folder, emit, self.control)

        return work

    # --- for the bottom bar

    @property
    def progress(self) -> float:
        """Returns how much of all the examples of all members is done, 0 to 1."""
        return sum(member.share for member in self.members) / len(self.members)

    @property
    def remaining(self) -> float | None:
        """Returns the seconds until the last member ends; None while one of them cannot say."""
        left = 0.0
        for member in self.members:
            if member.record.finished is not None:
                continue

            latest = member.record.latest
            if latest is None or latest.remaining is None:
                return None

            left += latest.remaining

        return left

    @property
    def text(self) -> str:
        """How far it is, in a few words: the epoch of the last of those under way."""
        count = len(self.members)
        ended = sum(member.record.finished is not None for member in self.members)
        epochs = [
            (member.record.latest.epoch, member.record.prepared.epochs)
            for member in self.members
            if member.record.finished is None
            and member.record.latest is not None
            and member.record.prepared is not None
        ]

        where = ""
        if epochs:
            epoch, of = min(epochs)
            where = f" · epoch {epoch} of {of}"

        return f"race of {count}{where}" + (f" · {ended} ended" if ended else "")


# --- outcome


def leader(race_state: RaceState) -> int | None:
    """Returns the index of the member with the best headline metric.

    None where fewer than two have one, or where two share it as it is shown.
    """
    metric = race_state.members[0].variant.task.headline
    figures = [member.headline for member in race_state.members]
    texts = ["" if value is None else metric_text(metric.name, value) for value in figures]
    return best_index(figures, metric.better, texts)


def examples_of(member: Member) -> str:
    """Returns the examples per second of a member's own steps, as text."""
    record = member.record
    speed = record.latest.speed if record.latest is not None else None
    if record.finished is not None:
        speed = record.finished.summary.get("examples_per_second") or speed

    return number_text(speed or None)
