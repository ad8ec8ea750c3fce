"""Measures how the figure of a network falls, disturbance by disturbance and level by level."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.compute.batches import HostInputs
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.errors import UserError
from app.engine.robustness.disturbance import Disturbance, disturbances
from app.engine.sources.format import Check, no_check

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.data.preparation import Preparation
    from app.engine.results.predictor import Predictor

MOST_EXAMPLES = 2000
"""Of more test examples a random part is judged: its figure is within a point or two of all."""


@dataclass(frozen=True)
class Curve:
    """The figure under one disturbance.

    levels: rising; one of them is the disturbance's `neutral`, the examples as they are. figures:
    one a level, NaN where it is not defined.
    """

    disturbance: Disturbance
    levels: tuple[float, ...]
    figures: tuple[float, ...]

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        return {
            "kind": self.disturbance.kind,
            "label": self.disturbance.label,
            "unit": self.disturbance.unit,
            "levels": list(self.levels),
            "figures": [None if math.isnan(figure) else figure for figure in self.figures],
        }


@dataclass(frozen=True)
class Robustness:
    """metric: of the figures. examples: how many were judged, of how many of the split."""

    metric: str
    split: str
    examples: int
    total: int
    curves: tuple[Curve, ...]

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        return {
            "metric": self.metric,
            "split": self.split,
            "examples": self.examples,
            "total": self.total,
            "curves": [curve.to_plain() for curve in self.curves],
        }


def measure(
    predictor: Predictor,
    dataset: Dataset,
    check: Check = no_check,
    progress: Callable[[int, int], None] | None = None,
    seed: int = 0,
) -> Robustness:
    """Returns the figures of the test examples, or of validation where there is no test split.

    seed: of the disturbances and of the part that is judged. Every level disturbs the original
    examples. progress(done, total): after every level. Raises UserError for a task that compares
    the answer with the example itself, and whatever `check` raises.
    """
    task = predictor.task
    if task.targets == "tokens" or task.answers == "copy":
        raise UserError(
            f"'{task.label}' compares the answer with the example itself: a disturbed one would "
            "have another answer.",
            "Choose a run with targets of its own.",
        )

    split = "test" if len(dataset.indices.get("test", ())) else "validation"
    known = predictor.targets_for(dataset, split)
    generator = np.random.default_rng(seed)
    part = np.arange(len(known.rows))
    if len(part) > MOST_EXAMPLES:
        part = np.sort(generator.choice(part, MOST_EXAMPLES, replace=False))

    arrays = tuple(array[known.rows[part]] for array in dataset.arrays)
    targets = known.targets[part]

    def figure(examples: tuple[np.ndarray, ...]) -> float:
        inputs = HostInputs(examples, np.arange(len(targets)))
        predictions = predictor.evaluate_inputs(inputs, targets, check).predictions
        metrics = task.compute_metrics(predictor.description, targets, predictions)
        return float(metrics.get(task.metrics[0], np.nan))

    series = _series(predictor.description.preparation)
    total = 1 + sum(len(disturbance.levels) for disturbance in series)
    whole = figure(arrays)
    done = itertools.count(1)
    tell = progress or (lambda *_: None)
    tell(next(done), total)
    curves = []
    for disturbance in series:
        points = [(disturbance.neutral, whole)]
        for level in disturbance.levels:
            check()
            disturbed = _disturbed(predictor, arrays, disturbance, level, generator)
            points.append((level, figure(disturbed)))
            tell(next(done), total)

        levels, figures = zip(*sorted(points), strict=True)
        curves.append(Curve(disturbance, levels, figures))

    return Robustness(task.metrics[0], split, len(part), len(known.rows), tuple(curves))


def _halves(preparation: Preparation) -> tuple[Preparation, ...]:
    return preparation.halves if isinstance(preparation, PairPreparation) else (preparation,)


def _series(preparation: Preparation) -> list[Disturbance]:
    """Returns the disturbances that mean something for these examples."""
    return [disturbance for disturbance in disturbances() if any(_hits(disturbance, preparation))]


def _hits(disturbance: Disturbance, preparation: Preparation) -> list[bool]:
    return [
        half.kind in disturbance.reads and not disturbance.unfit(half)
        for half in _halves(preparation)
    ]


def _disturbed(
    predictor: Predictor,
    arrays: tuple[np.ndarray, ...],
    disturbance: Disturbance,
    level: float,
    generator: np.random.Generator,
) -> tuple[np.ndarray, ...]:
    """Returns all halves that the disturbance reads disturbed, the others as they are."""
    preparation = predictor.description.preparation
    return tuple(
        disturbance.apply(array, half, level, generator) if hit else array
        for array, half, hit in zip(
            arrays, _halves(preparation), _hits(disturbance, preparation), strict=True
        )
    )
