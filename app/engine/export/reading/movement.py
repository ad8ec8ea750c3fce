"""Operators that only move numbers to other places, as views and transpositions do."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from app.engine.export.reading.operators import Operator

MOVE = "move"
"""The op of such an operator. Its settings have "how", and what belongs to that:

reshape: to the shape of the output. permute: dims. select: dim, index. slice: dim, start, end.
"""

TURN = [0, 2, 1]
"""The dimensions of a transposition of channels and places."""

Shape = tuple[int | None, ...]


def move(plain: Operator, how: str, **settings: Any) -> Operator:
    """Returns an operator as one that moves numbers."""
    return replace(plain, op=MOVE, settings={"how": how, **settings})


def is_known(shape: Shape | None) -> bool:
    """Returns whether all sides of a shape are known."""
    return shape is not None and None not in shape


def moved(operator: Operator, array: np.ndarray) -> np.ndarray:
    """Returns an array after the operator. Raises ValueError or IndexError if it does not fit."""
    settings = operator.settings
    how = settings["how"]
    if how == "permute":
        return array.transpose(settings["dims"])
    if how == "select":
        taken: np.ndarray = array.take(settings["index"], axis=settings["dim"])
        return taken
    if how == "slice":
        places: list[slice] = [slice(None)] * array.ndim
        places[settings["dim"]] = slice(settings["start"], settings["end"])
        return array[tuple(places)]
    if not is_known(operator.shape):
        raise ValueError("its shape is not known")

    return array.reshape([side or 0 for side in operator.shape])


def permutation(dims: Sequence[int], first: int, second: int) -> list[int]:
    """Returns all dimensions with two of them exchanged."""
    order = list(dims)
    order[first], order[second] = order[second], order[first]
    return order


def meaning(operator: Operator, before: Shape | None) -> Operator:
    """Returns a movement as an operator that has a block; itself where none does the same.

    before: the shape of what it reads, batch included.
    """
    settings = operator.settings
    after = operator.shape
    how = settings["how"]
    if how == "permute":
        dims = list(settings["dims"])
        if dims == sorted(dims):
            return replace(operator, op="identity")

        return replace(operator, op="turn") if dims == TURN else operator

    if how == "select":
        rank = len(before or ())
        place = {0: "first", -1: "last"}.get(settings["index"])
        whole = rank == 3 and settings["dim"] % rank == 1 and place is not None
        return (
            replace(operator, op="select-token", settings={"which": place}) if whole else operator
        )

    if before is None or not is_known(before) or not is_known(after):
        return operator
    if before == after:
        return replace(operator, op="identity")
    if how != "reshape":
        return operator
    if before[0] != after[0]:
        return operator
    if len(after) == 2:
        return replace(operator, op="flatten")

    places = math.prod(side or 0 for side in before[2:])
    if len(before) == 4 and after == (before[0], before[1], places):
        return replace(operator, op="flatten-to-tokens")

    return operator
