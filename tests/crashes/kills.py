"""Kills runs again and again, lets them go on, and compares what is left with whole runs."""

from __future__ import annotations

import functools
import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine import folders
from app.engine.runs.run import Run
from app.engine.training import recorder, saver
from tests.crashes.differences import differences
from tests.crashes.experiments import Subject, subjects
from tests.crashes.legs import Leg, random_kill, resume, run_leg, train
from tests.faults import count_calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Work = Callable[[Path], str]

SAVES = ((0.0, 0.0), (60.0, 0.0), (60.0, 2.0), (0.03, 0.05), (0.1, 60.0))
"""Seconds after which a state is saved, within an epoch and at the end of one."""

MOST_KILLS = 4
"""Of a run in each of its stages, at most."""

NOT_AFTER_A_KILL = ("disk", "best", "checkpoint", "history", "summary", "record")
"""Keys of findings that tell of a loss or damage: a kill may not cause any."""


@dataclass(frozen=True)
class Reference:
    """A whole run. seconds, steps: what its longest stage takes; epoch: the steps of one."""

    run: Run
    seconds: float
    steps: int
    epoch: int


@dataclass
class Trial:
    """A run that was killed. differs: what a whole run has otherwise; [] is what is wanted."""

    subject: str
    saves: tuple[float, float]
    kills: list[str]
    differs: list[str]

    @property
    def killed(self) -> int:
        return len(self.kills)


class Campaign:
    """Trials on all subjects in turn. folder: for data and runs; those that differ stay there."""

    def __init__(self, folder: Path, seed: int, tell: Callable[[Trial], None]) -> None:
        self._folder = folder
        self._seed = seed
        self._tell = tell
        recorder.READ_EVERY = 0.0
        self._subjects = subjects(folder / "data")
        self._references: dict[str, Reference] = {}
        self._calls: dict[tuple[str, tuple[float, float]], int] = {}

    def run(self, kills: int) -> tuple[int, int]:
        """Runs trials until so many kills hit; returns the kills, and the trials that differ."""
        done = differ = number = 0
        while done < kills:
            subject = self._subjects[number % len(self._subjects)]
            trial = self._trial(subject, number)
            number += 1
            done += trial.killed
            differ += bool(trial.differs)
            self._tell(trial)

        return done, differ

    def _reference(self, subject: Subject) -> Reference:
        if subject.name not in self._references:
            saver.SAVE_EVERY, saver.EPOCH_EVERY = 0.0, 0.0
            run = Run.create(self._folder / "whole", subject.experiment)
            legs = [run_leg(work, run, None) for work, _ in _stages(subject, run)]
            assert [leg.status for leg in legs] == ["completed"] * len(legs), legs
            summary = run.summary()
            self._references[subject.name] = Reference(
                run,
                max(leg.seconds for leg in legs),
                summary["steps"],
                summary["steps"] // summary["epochs"],
            )

        return self._references[subject.name]

    def _calls_of(self, subject: Subject, saves: tuple[float, float]) -> int:
        """Returns how many file-system calls a whole run makes in its folder."""
        if (subject.name, saves) not in self._calls:
            run = Run.create(self._folder / "counted", subject.experiment)
            notes = run.path.parent / "notes"
            calls = count_calls(train, (subject.experiment, run, notes), within=run.path)
            shutil.rmtree(run.path.parent)
            self._calls[subject.name, saves] = calls

        return self._calls[subject.name, saves]

    def _trial(self, subject: Subject, number: int) -> Trial:
        reference = self._reference(subject)
        rng = random.Random(f"{self._seed} {number}")
        trial = Trial(subject.name, rng.choice(SAVES), [], [])
        saver.SAVE_EVERY, saver.EPOCH_EVERY = trial.saves
        self._calls_of(subject, trial.saves)
        shutil.rmtree(folders.cache(), ignore_errors=True)
        run = Run.create(self._folder / "runs", subject.experiment)

        for work, epochs in _stages(subject, run):
            self._kill_stage(trial, run, work, epochs, reference, rng)
            if run.status != "completed":
                trial.differs.append(f"status {run.status}")
                return trial

        trial.differs += differences(reference.run, run)
        if not trial.differs:
            shutil.rmtree(run.path)

        return trial

    def _kill_stage(
        self,
        trial: Trial,
        run: Run,
        work: Work,
        epochs: int,
        reference: Reference,
        rng: random.Random,
    ) -> None:
        """Does the work and is killed some times; goes on each time, at last to the end."""
        legs: list[Leg] = []
        calls = self._calls[trial.subject, trial.saves]
        planned = rng.randint(1, MOST_KILLS)
        while True:
            kill = None
            if len(legs) < planned:
                kill = random_kill(rng, reference.seconds, reference.steps, calls)

            leg = run_leg(work, run, kill)
            trial.differs += judged(leg, legs, reference.epoch)
            legs.append(leg)
            if leg.killed:
                trial.kills.append(str(kill))

            ended = run.status == "completed" and run.summary()["epochs"] >= epochs
            if ended or not leg.killed:
                return

            work = functools.partial(resume, run, epochs)


def _stages(subject: Subject, run: Run) -> list[tuple[Work, int]]:
    """Returns what is done with a run, and how many epochs it is told to have then; 0: its own."""
    stages: list[tuple[Work, int]] = [(functools.partial(train, subject.experiment, run), 0)]
    if subject.longer:
        stages.append((functools.partial(resume, run, subject.longer), subject.longer))

    return stages


def judged(leg: Leg, before: list[Leg], epoch: int) -> list[str]:
    """Returns what is wrong with a leg by what it told. before: the legs before. epoch: steps."""
    wrong = []
    if not leg.killed and (leg.status, leg.started, leg.finished) != ("completed", 1, 1):
        wrong.append(f"ended {leg.status}, {leg.started} starts, {leg.finished} ends")

    wrong += [f"finding {key}: {text}" for key, text in leg.findings if key in NOT_AFTER_A_KILL]
    if not before or not leg.steps:
        return wrong

    first = leg.steps[0][0]
    saved = max((step for earlier in before for step, _ in earlier.saved), default=0)
    if first < saved:
        wrong.append(f"the state of step {saved} is lost, it goes on at {first}")

    last = next((earlier for earlier in reversed(before) if earlier.steps), None)
    again = [time for step, time in last.steps if step >= first] if last else []
    if len(again) > epoch and late(again, last) > 1:
        wrong.append(f"{len(again)} steps are done again")

    return wrong


def late(again: list[float], leg: Leg) -> int:
    """Returns how many of some steps began when a save was due.

    One is right: it was killed. Whether a save is due is asked after every step.
    """
    since = leg.saved[-1][1] if leg.saved else leg.steps[0][1]
    return sum(time > since + saver.SAVE_EVERY for time in again)
