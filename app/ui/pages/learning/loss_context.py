"""What the pictures of losses know of the open data and of the run that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.ui.pages.learning.loss_pictures import LossContext
from app.ui.widgets.examples.example import example_of

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.ui.state.record import Record
    from models.shape import Problem

MOST = 2_000
"""Targets that are looked at, evenly spread over the training examples."""

NAMED = 16


def loss_context(problem: Problem, dataset: Dataset | None, record: Record | None) -> LossContext:
    """Returns the context; without data only how many numbers the network outputs."""
    if dataset is None:
        return LossContext(problem.outputs)

    rows = dataset.indices["training"]
    if len(rows) > MOST:
        rows = rows[np.linspace(0, len(rows) - 1, MOST).astype(int)]

    probe = record.probe if record is not None else None
    known = _of_these_data(problem, dataset, record)
    if probe is None or not known:
        labels = tuple(_label(dataset, int(row)) for row in rows[:NAMED])
        return LossContext(problem.outputs, dataset.description, dataset.targets[rows], labels)

    labels = tuple(_label(dataset, int(row)) for row in probe.rows[:NAMED])
    return LossContext(
        problem.outputs,
        dataset.description,
        dataset.targets[rows],
        labels,
        probe.predictions,
        dataset.targets[probe.rows],
    )


def _label(dataset: Dataset, row: int) -> str:
    """Returns an example in a few words; of a pair the half that has words."""
    example = example_of(dataset, row)
    lines = [half.line for half in example.halves if half.line] or [example.line]
    return " · ".join(lines)


def _of_these_data(problem: Problem, dataset: Dataset, record: Record | None) -> bool:
    """Returns whether the run that is shown fits this problem and these data.

    It must predict in the form of the problem, on rows that the data have.
    """
    if record is None or record.probe is None or record.prepared is None:
        return False

    probe = record.probe
    prepared = record.prepared
    same = prepared.training_examples == len(dataset.indices["training"]) and (
        prepared.classes == dataset.description.classes
    )
    points = problem.answers == "pair"
    fits = probe.predictions.ndim == (3 if points else 2)

    return bool(same and fits and len(probe.rows) and probe.rows.max() < len(dataset.targets))
