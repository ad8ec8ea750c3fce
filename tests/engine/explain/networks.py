"""Networks with first weights for every kind of data, task and template, to be explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.experiment.resolve import resolve
from app.engine.learning.tasks import TASKS
from app.engine.results.predictor import Predictor
from models.network import build_model
from tests.engine import tiny

if TYPE_CHECKING:
    import numpy as np

    from tests.engine.tiny import Combination


def predictor(combination: Combination, seed: int = 3) -> Predictor:
    """Returns the small network of a combination, with weights that follow from the seed."""
    description = tiny.dataset(combination.task, combination.sort).description
    resolved = resolve(tiny.experiment(combination, 1, 8), description)
    problem = resolved.problem(description)
    network = build_model(resolved.model.graph(problem), problem, seed)
    return Predictor(network, description, TASKS[combination.task])


def stored(combination: Combination, number: int = 0) -> tuple[np.ndarray, ...]:
    """Returns one example as its data set keeps it."""
    arrays = tiny.dataset(combination.task, combination.sort).arrays
    return tuple(array[number] for array in arrays)


def combination(task: str, sort: str, template: str) -> Combination:
    """Returns the first combination of these."""
    wanted: tuple[Any, ...] = (task, sort, template)
    return next(found for found in tiny.combinations() if tuple(found[:3]) == wanted)
