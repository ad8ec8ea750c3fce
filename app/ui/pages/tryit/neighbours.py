"""What lies near an example in a learned space: neighbours, or partners of one half of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.learning.retrieval import nearest
from app.ui.widgets.examples.example import Example, example_of

if TYPE_CHECKING:
    from app.ui.pages.tryit.context import PredictionContext

MOST = 12
"""Neighbours that are shown."""


@dataclass(frozen=True, eq=False)
class Neighbour:
    """An example of the data that lies near. label: its class, "" where there is none."""

    row: int
    example: Example
    similarity: float
    label: str = ""


@dataclass(frozen=True, eq=False)
class NearestExamples:
    """What lies nearest, the nearest first.

    title: what was looked for, in a person's words. candidates: among how many.
    """

    title: str
    neighbours: tuple[Neighbour, ...]
    candidates: int


def nearest_partners(context: PredictionContext) -> tuple[NearestExamples, ...] | None:
    """Returns, for each half that was given, the nearest other halves of the open data.

    None where the data are not open.
    """
    dataset = context.dataset
    if dataset is None or context.predictions is None:
        return None

    embedded = context.embedded
    embedded.update(context.predictor, dataset, context.check)
    names = getattr(
        context.predictor.description.preparation, "names", ("first half", "second half")
    )

    groups = []
    for half, given in enumerate(context.halves):
        if not given:
            continue

        other = 1 - half
        neighbours = []
        for index, similarity in nearest(
            context.predictions[half], embedded.points[:, other], MOST
        ):
            row = int(embedded.rows[index])
            neighbours.append(Neighbour(row, example_of(dataset, row).halves[other], similarity))

        title = f"Nearest {names[other]} to this {names[half]}"
        groups.append(NearestExamples(title, tuple(neighbours), len(embedded.rows)))

    return tuple(groups)


def nearest_neighbours(context: PredictionContext) -> tuple[NearestExamples, ...] | None:
    """Returns the examples of the open data that lie nearest, with their classes.

    None where the data are not open.
    """
    dataset = context.dataset
    if dataset is None or context.predictions is None:
        return None

    embedded = context.embedded
    embedded.update(context.predictor, dataset, context.check)
    classes = dataset.description.classes

    neighbours = []
    for index, similarity in nearest(context.predictions, embedded.points, MOST):
        row = int(embedded.rows[index])
        label = classes[int(dataset.targets[row])]
        neighbours.append(Neighbour(row, example_of(dataset, row), similarity, label))

    title = "Nearest in the space that it learned"
    return (NearestExamples(title, tuple(neighbours), len(embedded.rows)),)
