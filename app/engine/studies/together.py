"""Repeats of a small network that train together: one run whose members stand for its seeds.

Members begin with other weights and forget at random each for itself, but read the same batches in
the same order, and the best epoch is that of their mean. So their spread says what other first
weights would do, in little more time than one of them takes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UserError
from app.engine.experiment.resolve import resolve
from app.engine.learning.metrics import shared_unit
from app.engine.results.member_spread import member_spread
from app.engine.results.predictor import Predictor
from app.engine.results.run_data import run_data
from app.engine.runs.run import Run
from app.engine.studies.study import (
    Member,
    Study,
    description_of,
    metric_of,
    without_seed,
)
from models.graph import GraphError

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.studies.outcome import MemberOutcome, Outcome

TEMPLATE = "mlp"
"""The template whose members are networks as it draws them alone."""

BATCH = 256


def repeats_together(run: Run, count: int) -> Study:
    """Returns the study of one run in which so many members train together.

    It has the seed of the run. Raises UserError where the network of the run cannot have members.
    """
    description = description_of(run)
    experiment = run.experiment()
    resolved = resolve(experiment, description)
    if resolved.model.kind != TEMPLATE:
        raise UserError(
            f"{resolved.model.label} does not train several networks together; a plain MLP does.",
            "Leave --together out: then the seeds train one after the other.",
        )

    model = resolved.model.replace(members=count)
    try:
        model.graph(resolved.problem(description))
    except GraphError as error:
        raise UserError(
            error.what, "Leave --together out: then the seeds train one after the other."
        ) from error

    name = f"{without_seed(experiment.name) or run.name}, {count} together"
    asked = experiment.replace(name=name, model=model)
    unit = shared_unit(description)
    return Study((Member(name, asked),), (experiment.training.seed,), metric_of(run), unit)


def by_member(outcome: Outcome) -> Outcome:
    """Returns the outcome with a figure for each member of its run, numbered from 0.

    Before the run has ended it is as it was. Raises UserError where its data are not there, or are
    not what they were.
    """
    (found,) = outcome.members
    if not found.runs:
        return outcome

    (path,) = found.runs.values()
    run = Run(path)
    predictor = Predictor.load(run)
    dataset = run_data(run, predictor.description, "Its members cannot be judged")
    figures, test = (
        _figures(predictor, dataset, split, outcome.study.metric.name)
        for split in ("validation", "test")
    )
    study = replace(outcome.study, seeds=tuple(figures))
    member: MemberOutcome = replace(
        found, figures=figures, test=test, runs=dict.fromkeys(figures, path)
    )
    return replace(outcome, study=study, members=(member,))


def _figures(predictor: Predictor, dataset: Dataset, split: str, metric: str) -> dict[int, float]:
    """Returns a metric of each member of a network on a split; {} where it has no examples."""
    rows = dataset.indices[split]
    parts = []
    for first in range(0, len(rows), BATCH):
        part = rows[first : first + BATCH]
        spread = member_spread(predictor, *(array[part] for array in dataset.arrays))
        assert spread is not None
        parts.append(spread.predictions)

    if not parts:
        return {}

    targets = np.asarray(dataset.targets[rows])
    found = {}
    for number, predictions in enumerate(np.concatenate(parts, axis=1)):
        metrics = predictor.task.compute_metrics(predictor.description, targets, predictions)
        if metric in metrics:
            found[number] = metrics[metric]

    return found
