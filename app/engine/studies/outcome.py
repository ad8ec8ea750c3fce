"""What came of a study so far: its figures, what is under way, and what is still to be trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.detached import register
from app.engine.errors import UserError
from app.engine.runs.run import Run
from app.engine.studies.intervals import Difference, Spread, difference, spread
from app.engine.studies.study import identity
from app.engine.studies.trained import Trained, newest_by_seed, read_trained

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from app.engine.queue.items import Item, Queue
    from app.engine.studies.study import Member, Study

UNDER_WAY = ("waiting", "running")
FAILED = ("failed", "stopped")


@dataclass(frozen=True)
class Cost:
    """What training takes: seconds, and the bytes of run folders. None stands for not known."""

    seconds: float | None = None
    size: int | None = None


@dataclass(frozen=True)
class MemberOutcome:
    """What came of one member.

    figures, test: the metric on validation and on the test examples, by seed. runs: their folders.
    pending: seeds that train or wait in the queue. diverged: those that have no figure and would
    have none again. missing: those that are still to be trained. failed: why some of them failed.
    splits: how the examples were divided. cost: of its newest run.
    """

    member: Member
    figures: dict[int, float] = field(default_factory=dict)
    test: dict[int, float] = field(default_factory=dict)
    runs: dict[int, Path] = field(default_factory=dict)
    pending: tuple[int, ...] = ()
    diverged: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    failed: dict[int, str] = field(default_factory=dict)
    splits: frozenset[str] = frozenset()
    cost: Cost = Cost()

    @property
    def spread(self) -> Spread | None:
        """Mean and spread on validation."""
        return spread(list(self.figures.values()))

    @property
    def test_spread(self) -> Spread | None:
        """Mean and spread on the test examples."""
        return spread(list(self.test.values()))


@dataclass(frozen=True)
class Outcome:
    """What came of a study; its members in order."""

    study: Study
    members: tuple[MemberOutcome, ...]

    @property
    def missing(self) -> tuple[Experiment, ...]:
        """What is still to be trained, seed by seed, so that pairs are complete early."""
        return tuple(
            outcome.member.with_seed(seed)
            for seed in self.study.seeds
            for outcome in self.members
            if seed in outcome.missing
        )

    @property
    def pending(self) -> int:
        """How many trainings are under way or wait."""
        return sum(len(outcome.pending) for outcome in self.members)

    def cost_of(self, outcome: MemberOutcome) -> Cost:
        """Returns what a training of a member takes: as before, or as one of the first member."""
        own = outcome.cost
        first = self.members[0].cost
        return Cost(
            own.seconds if own.seconds is not None else first.seconds,
            own.size if own.size is not None else first.size,
        )

    @property
    def cost(self) -> Cost:
        """What all that is missing takes."""
        costs = [
            self.cost_of(outcome) for outcome in self.members for _ in range(len(outcome.missing))
        ]
        seconds = [cost.seconds for cost in costs if cost.seconds is not None]
        sizes = [cost.size for cost in costs if cost.size is not None]
        return Cost(
            sum(seconds) if len(seconds) == len(costs) else None,
            sum(sizes) if len(sizes) == len(costs) else None,
        )

    def difference_to_first(self, outcome: MemberOutcome) -> Difference | None:
        """Returns by how much a member is above the first; None before both have a figure."""
        first = self.members[0]
        splits = first.splits | outcome.splits
        return difference(first.figures, outcome.figures, same_splits=len(splits) == 1)


class StudyReader:
    """Finds what belongs to a study among the runs and in the queue; reads what is new only."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._identities: dict[Path, tuple[int, str]] = {}
        self._trained: dict[tuple[Path, str], tuple[int, Trained]] = {}
        self._sizes: dict[Path, int | None] = {}

    def read(self, study: Study) -> Outcome:
        """Returns what came of a study so far. Runs that are damaged are left out."""
        wanted = {
            identity(member.with_seed(seed)) for member in study.members for seed in study.seeds
        }
        runs: dict[str, list[Run]] = {}
        for path in register.folders_of_runs():
            if (key := self._identity_of_run(path)) in wanted:
                runs.setdefault(key, []).append(Run(path))

        items: dict[str, list[Item]] = {}
        for item in self._queue.items():
            if item.state in (*UNDER_WAY, *FAILED):
                items.setdefault(self._identity_of_item(item), []).append(item)

        members = [self._outcome(study, member, runs, items) for member in study.members]
        return Outcome(study, tuple(members))

    def add_missing(self, study: Study) -> int:
        """Puts all that is missing into the queue; returns how many. Raises UserError."""
        outcome = self.read(study)
        seconds = {
            identity(each.member.with_seed(seed)): outcome.cost_of(each).seconds
            for each in outcome.members
            for seed in each.missing
        }
        for experiment in outcome.missing:
            self._queue.add(experiment, seconds[identity(experiment)])

        return len(outcome.missing)

    def _outcome(
        self,
        study: Study,
        member: Member,
        runs: dict[str, list[Run]],
        items: dict[str, list[Item]],
    ) -> MemberOutcome:
        keys = {seed: identity(member.with_seed(seed)) for seed in study.seeds}
        trained = {
            seed: [self._read(run, study.metric.name) for run in runs.get(key, ())]
            for seed, key in keys.items()
        }
        chosen = newest_by_seed(trained)
        open_seeds = [seed for seed in study.seeds if seed not in chosen]
        pending = [
            seed
            for seed in open_seeds
            if any(each.status == "running" for each in trained[seed])
            or any(item.state in UNDER_WAY for item in items.get(keys[seed], ()))
        ]
        missing = [seed for seed in open_seeds if seed not in pending]
        whys = {seed: _why(items.get(keys[seed], ())) for seed in missing}
        judged = {seed: each for seed, each in chosen.items() if each.figure is not None}
        return MemberOutcome(
            member,
            {seed: each.figure for seed, each in judged.items() if each.figure is not None},
            {seed: each.test for seed, each in judged.items() if each.test is not None},
            {seed: each.run.path for seed, each in judged.items()},
            tuple(pending),
            tuple(seed for seed in chosen if seed not in judged),
            tuple(missing),
            {seed: why for seed, why in whys.items() if why},
            frozenset(each.splits for each in judged.values()),
            self._cost(judged.values()),
        )

    # --- what was read

    def _identity_of_run(self, path: Path) -> str:
        """Returns the identity of the experiment of a run; "" where it cannot be read."""
        try:
            changed = (path / "experiment.toml").stat().st_mtime_ns
            if self._identities.get(path, (0, ""))[0] != changed:
                self._identities[path] = changed, identity(Run(path).experiment())
        except (OSError, UserError):
            return ""

        return self._identities[path][1]

    def _identity_of_item(self, item: Item) -> str:
        """Returns the identity of the experiment of an item; "" where it cannot be read."""
        path = self._queue.folder / f"{item.number}.toml"
        try:
            changed = path.stat().st_mtime_ns
            if self._identities.get(path, (0, ""))[0] != changed:
                self._identities[path] = changed, identity(self._queue.experiment(item))
        except (OSError, UserError):
            return ""

        return self._identities[path][1]

    def _read(self, run: Run, metric: str) -> Trained:
        """Reads a run; one that has ended once as long as its history is not written again."""
        try:
            changed = (run.path / "summary.json").stat().st_mtime_ns
        except OSError:
            return read_trained(run, metric)

        kept = self._trained.get((run.path, metric))
        if kept is None or kept[0] != changed or not kept[1].counts:
            kept = self._trained[run.path, metric] = changed, read_trained(run, metric)

        return kept[1]

    def _cost(self, trained: Iterable[Trained]) -> Cost:
        newest = max(trained, key=lambda each: each.started, default=None)
        if newest is None:
            return Cost()

        path = newest.run.path
        if path not in self._sizes:
            self._sizes[path] = _size(path)

        return Cost(newest.seconds, self._sizes[path])


def _why(items: Iterable[Item]) -> str:
    """Returns why the newest of these items failed or was stopped; "" where none was."""
    newest = max(items, key=lambda item: item.number, default=None)
    return newest.why or newest.state if newest is not None else ""


def _size(path: Path) -> int | None:
    """Returns the bytes of the files in a folder; None where the disk refuses to tell."""
    try:
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    except OSError:
        return None
