"""What stands beside an answer: neighbours in space, partners of a half, what was restored.

In the background.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.learning.retrieval import nearest
from app.ui.widgets.examples.example import Example, example_from, example_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.learning.task import View
    from app.engine.results.predictor import Predictor

MOST = 12
"""Neighbours that are shown."""

LOOKED_AT = 5_000
"""Examples of the open data that are compared, evenly spread."""

BATCH = 256


@dataclass
class Known:
    """What the loaded weights said of the open data: a walk over thousands of examples is not done
    for every key.
    """

    fingerprint: str = ""
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 1), np.float32))


@dataclass(frozen=True, eq=False)
class Neighbour:
    """An example of the data that lies near. label: its class, "" where there is none."""

    row: int
    example: Example
    similarity: float
    label: str = ""


@dataclass(frozen=True, eq=False)
class Partners:
    """title: what was looked for, in a person's words. looked: among how many."""

    title: str
    found: tuple[Neighbour, ...]
    looked: int


@dataclass(frozen=True, eq=False)
class Restored:
    """An example before, damaged and restored."""

    clean: Example
    damaged: Example
    restored: Example


def beside(
    view: View,
    predictor: Predictor,
    arrays: tuple[np.ndarray, ...],
    predictions: np.ndarray | None,
    halves: tuple[bool, ...],
    dataset: Dataset | None,
    known: Known,
    check: Callable[[], None],
) -> Any:
    """None where nothing stands beside answers of this sort."""
    made = _MAKERS.get(view)
    return (
        made(predictor, arrays, predictions, halves, dataset, known, check)
        if made is not None
        else None
    )


def _partners(
    predictor: Predictor,
    arrays: tuple[np.ndarray, ...],
    predictions: np.ndarray | None,
    halves: tuple[bool, ...],
    dataset: Dataset | None,
    known: Known,
    check: Callable[[], None],
) -> tuple[Partners, ...] | None:
    """Of each half that was given, the nearest other halves of the open data."""
    if dataset is None or predictions is None:
        return None

    _learn(predictor, dataset, known, check)
    names = getattr(predictor.description.preparation, "names", ("first half", "second half"))

    found = []
    for place, there in enumerate(halves):
        if there:
            near = nearest(predictions[place], known.points[:, 1 - place], MOST)
            found.append(
                Partners(
                    f"Nearest {names[1 - place]} to this {names[place]}",
                    tuple(
                        _half(dataset, known, at, similarity, 1 - place) for at, similarity in near
                    ),
                    len(known.rows),
                )
            )

    return tuple(found)


def _half(dataset: Dataset, known: Known, at: int, similarity: float, place: int) -> Neighbour:
    row = int(known.rows[at])
    return Neighbour(row, example_of(dataset, row).halves[place], similarity)


def _neighbours(
    predictor: Predictor,
    arrays: tuple[np.ndarray, ...],
    predictions: np.ndarray | None,
    halves: tuple[bool, ...],
    dataset: Dataset | None,
    known: Known,
    check: Callable[[], None],
) -> tuple[Partners, ...] | None:
    """The examples of the open data that lie nearest, with their classes."""
    if dataset is None or predictions is None:
        return None

    _learn(predictor, dataset, known, check)
    classes = dataset.description.classes

    found = []
    for at, similarity in nearest(predictions, known.points, MOST):
        row = int(known.rows[at])
        found.append(
            Neighbour(row, example_of(dataset, row), similarity, classes[int(dataset.targets[row])])
        )

    return (Partners("Nearest in the space that it learned", tuple(found), len(known.rows)),)


def _learn(predictor: Predictor, dataset: Dataset, known: Known, check: Callable[[], None]) -> None:
    """What the network says of the open data, once."""
    if known.fingerprint == dataset.description.fingerprint:
        return

    total = len(dataset.targets)
    rows = (
        np.arange(total)
        if total <= LOOKED_AT
        else np.linspace(0, total - 1, LOOKED_AT).astype(np.int64)
    )

    points = []
    for first in range(0, len(rows), BATCH):
        check()
        part = rows[first : first + BATCH]
        points.append(predictor.predictions(*(array[part] for array in dataset.arrays)))

    known.rows = rows
    known.points = np.concatenate(points)
    known.fingerprint = dataset.description.fingerprint


def _restored(
    predictor: Predictor,
    arrays: tuple[np.ndarray, ...],
    predictions: np.ndarray | None,
    halves: tuple[bool, ...],
    dataset: Dataset | None,
    known: Known,
    check: Callable[[], None],
) -> Restored:
    from app.engine.results.restoring import restore

    preparation = predictor.description.preparation
    made = restore(predictor, arrays[0][None])
    clean, damaged, mended = (
        example_from(preparation, one[0]) for one in (made.clean, made.damaged, made.restored)
    )

    return Restored(clean, damaged, mended)


_MAKERS: dict[str, Callable[..., Any]] = {
    "matching": _partners,
    "space": _neighbours,
    "restored": _restored,
}
