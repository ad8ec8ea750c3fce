"""A study: one or several trainings, each repeated with the same seeds.

It has no file of its own. A run belongs to it if its experiment is one of the study's, whatever it
is called: runs of before count, none is made twice, and what was removed is made again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.dataset import Description
from app.engine.detached.listing import epoch_lines, headline_of, prepared_of
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.limits import LARGEST_SEED
from app.engine.learning.metrics import shared_unit
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.experiment import Experiment
    from app.engine.learning.metrics import Metric
    from app.engine.runs.run import Run

USUAL_SEEDS = 5

_SEED_IN_NAME = re.compile(r", seed \d+$")


@dataclass(frozen=True)
class Member:
    """One training of a study, whatever its seed.

    detail: a few words on what sets it apart.
    """

    name: str
    experiment: Experiment
    detail: str = ""

    def with_seed(self, seed: int) -> Experiment:
        """Returns the experiment of one of its runs, named for its seed."""
        training = self.experiment.training.replace(seed=seed)
        name = f"{without_seed(self.experiment.name)}, seed {seed}"
        return self.experiment.replace(name=name, training=training)


@dataclass(frozen=True)
class Study:
    """What is compared: every member with every seed, by one metric on validation.

    The first member is what the others are compared with. unit: of the metric, "" without one.
    leaves_out: each of the others lacks a part that the first one has.
    """

    members: tuple[Member, ...]
    seeds: tuple[int, ...]
    metric: Metric
    unit: str = ""
    leaves_out: bool = False


def identity(experiment: Experiment) -> str:
    """Returns a text that two experiments share if they are the same, whatever they are called."""
    return toml_file.dumps(experiment.replace(name=""))


def without_seed(name: str) -> str:
    """Returns the name of an experiment without the seed that a study gave it."""
    return _SEED_IN_NAME.sub("", name)


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """Returns so many seeds: the first and those that follow it."""
    return tuple((first + number) % (LARGEST_SEED + 1) for number in range(count))


def repeats(runs: Sequence[Run], count: int = USUAL_SEEDS) -> Study:
    """Returns the study that repeats these runs, each with the same seeds.

    count: of the seeds; they begin with that of the first run. Runs that differ in their seed alone
    are one member. Raises UserError where a run is damaged or did not come so far that its data are
    known, or where the runs are judged by different figures.
    """
    members: dict[str, Member] = {}
    for run in runs:
        experiment = run.experiment()
        training = experiment.training.replace(seed=0)
        name = without_seed(experiment.name) or run.name
        key = identity(experiment.replace(training=training))
        members.setdefault(key, Member(name, experiment))

    metrics = {metric.name: metric for metric in map(metric_of, runs)}
    if len(metrics) > 1:
        labels = [metric.label for metric in metrics.values()]
        raise UserError(
            f"These runs are judged by different figures: {names_text(labels, quote='')}.",
            "Choose runs of the same task.",
        )

    found = _told_apart(list(members.values()))
    seeds = seeds_from(found[0].experiment.training.seed, count)
    unit = shared_unit(description_of(runs[0]))
    return Study(found, seeds, next(iter(metrics.values())), unit)


def metric_of(run: Run) -> Metric:
    """Returns the headline metric of a run. Raises UserError where it never came so far."""
    prepared = prepared_of(run)
    if not prepared:
        raise UserError(
            f"The run '{run.name}' never came to its first step.",
            "Choose a run that was trained.",
        )

    return headline_of(prepared, epoch_lines(run.path))


def description_of(run: Run) -> Description:
    """Returns what a run knows of its data. Raises UserError where that is damaged or missing."""
    try:
        return Description.from_plain(run.dataset())
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"The run '{run.name}' does not say what its data are.",
            "Train it again, then choose the new run.",
        ) from error


def _told_apart(members: Sequence[Member]) -> tuple[Member, ...]:
    """Returns the members with names that differ: a number behind those that are taken."""
    names: list[str] = []
    found = []
    for member in members:
        number = 2
        name = member.name
        while name in names:
            name = f"{member.name} ({number})"
            number += 1

        names.append(name)
        found.append(Member(name, member.experiment, member.detail))

    return tuple(found)
