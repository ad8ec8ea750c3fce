"""Finds the suspects of a run: from the margins of its epochs, else from the weights it kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute.batches import HostInputs, as_targets
from app.engine.errors import UserError
from app.engine.runs.margins.margin_files import MarginSums, read_sums
from app.engine.sources.format import Check, Progress, no_check, no_progress
from app.engine.suspects.neighbours import find_neighbours
from app.engine.suspects.suspects import Suspects

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset, Description
    from app.engine.learning.task import Task
    from app.engine.results.predictor import Predictor
    from app.engine.runs.run import Run

BATCH = 256

BY_WEIGHTS = (
    "This run has no margins of its epochs, so the weights that it kept judge the examples that "
    "they learned from: what they know by heart they take for right. Train it again for more."
)
NO_LABELS = "These examples have no labels that could be wrong: only copies and outliers are found."


def quick_suspects(
    run: Run,
    description: Description,
    task: Task,
    dataset: Dataset,
    load: Callable[[], Predictor],
    check: Check = no_check,
) -> Suspects:
    """Returns the suspects of a run by its margins, or by its weights where it has none.

    description, task, dataset: those of the run. load: returns its network, and is only asked for
    it where there are no margins. Raises UserError for a task without single examples that could be
    wrong, and where the margins are damaged.
    """
    refuse(task)
    if not task.has_margins:
        return Suspects(dataset, description, task, None, note=NO_LABELS)

    sums = read_sums(run.path)
    if sums is not None and np.array_equal(sums.rows, dataset.indices["training"]):
        return Suspects(dataset, description, task, sums)

    by_weights = sums_of_weights(load(), dataset, check)
    return Suspects(dataset, description, task, by_weights, note=BY_WEIGHTS, by_epochs=False)


def refuse(task: Task) -> None:
    """Raises UserError for a task whose examples stand for nothing by themselves."""
    if task.pairs or task.targets == "tokens":
        raise UserError(
            f"'{task.label}' has no single examples with labels that could be wrong.",
            "Choose a run that answers with classes, tags or amounts.",
        )


def all_suspects(
    run: Run,
    predictor: Predictor,
    dataset: Dataset,
    progress: Progress = no_progress,
    check: Check = no_check,
) -> Suspects:
    """Returns the suspects with near copies and outliers, which takes a pass over all examples.

    Raises UserError, and what `check` raises.
    """
    description, task = predictor.description, predictor.task
    found = quick_suspects(run, description, task, dataset, lambda: predictor, check)
    return found.with_neighbours(find_neighbours(predictor, dataset, progress, check))


def sums_of_weights(predictor: Predictor, dataset: Dataset, check: Check = no_check) -> MarginSums:
    """Returns what one look of the kept weights at the training examples says of their labels."""
    known = predictor.targets_for(dataset, "training")
    inputs = HostInputs(dataset.arrays, known.rows)
    generator = torch.Generator().manual_seed(0)
    description = predictor.description
    parts = []
    with torch.no_grad():
        for first in range(0, len(known.rows), BATCH):
            check()
            part = slice(first, first + BATCH)
            prepared = description.preparation.tensor(inputs.batch(part, torch.device("cpu")))
            targets = as_targets(torch.from_numpy(np.array(known.targets[part])))
            batch, targets = predictor.task.batch(description, prepared, targets, generator)
            parts.append(predictor.task.margins(predictor.network(batch).float(), targets))

    margins, losses, others = torch.cat(parts, dim=1).numpy()
    right = margins > 0
    return MarginSums(
        known.rows,
        margins,
        np.zeros(len(margins), np.uint16),
        right,
        losses,
        np.where(right, np.nan, others).astype(np.float32),
        1,
    )


def names_are_files(run: Run, dataset: Dataset) -> bool:
    """Returns whether the names of the examples are those of files in the folder of the data."""
    source = Path(run.experiment().data.source).expanduser()
    rows = dataset.indices["training"][:1]
    if not len(rows) or not source.is_dir() or int(rows[0]) >= len(dataset.names):
        return False

    return (source / str(dataset.names[int(rows[0])])).is_file()
