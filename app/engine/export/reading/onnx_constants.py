"""Values of an ONNX graph that no example changes: sizes, masks, weights that are transposed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.export.reading.onnx_moves import RESHAPING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.engine.export.reading.movement import Shape

MOST_NUMBERS = 1 << 24
"""Numbers that are computed of a value, at most."""


def fold(
    node: Any,
    attributes: dict[str, Any],
    arrays: Mapping[str, np.ndarray],
    shapes: Mapping[str, Shape],
) -> np.ndarray | None:
    """Returns what a node gives, where that follows from constants and sizes; else None."""
    if node.op_type == "Shape":
        shape = shapes.get(node.input[0], ())
        if not shape or None in shape:
            return None

        return np.array(shape[attributes.get("start", 0) : attributes.get("end")], np.int64)

    make = _MAKES.get(node.op_type)
    given = [arrays.get(name) for name in node.input if name]
    if make is None or not given or any(each is None for each in given):
        return None

    known = [each for each in given if each is not None]
    try:
        made = make(known, attributes)
    except (IndexError, KeyError, TypeError, ValueError):
        return None

    return np.asarray(made) if np.size(made) <= MOST_NUMBERS else None


def moved_shape(node: Any, attributes: dict[str, Any], before: Shape, sizes: Any) -> Shape | None:
    """Returns the shape that a movement gives; None where that is not known.

    before: of what it reads. sizes: the constant that it reads beside it, None without one.
    """
    if not before:
        return None
    if node.op_type == "Transpose" and "perm" in attributes:
        return tuple(before[dim] for dim in attributes["perm"])
    if None in before or node.op_type not in RESHAPING or sizes is None:
        return None
    if node.op_type != "Reshape":
        return None

    whole = math.prod(side or 0 for side in before)
    wanted = [
        int(before[place] or 0) if size == 0 else int(size) for place, size in enumerate(sizes)
    ]
    known = math.prod(size for size in wanted if size >= 0)
    if wanted.count(-1) > 1 or (-1 in wanted and (not known or whole % known)):
        return None

    return tuple(whole // known if size < 0 else size for size in wanted)


def _slice(given: list[np.ndarray], _: dict[str, Any]) -> np.ndarray:
    array, starts, ends, *rest = given
    axes = rest[0] if rest else np.arange(len(starts))
    steps = rest[1] if len(rest) > 1 else np.ones(len(starts), np.int64)
    places = [slice(None)] * array.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        places[int(axis)] = slice(int(start), int(end), int(step))

    return array[tuple(places)]


def _unsqueeze(given: list[np.ndarray], _: dict[str, Any]) -> np.ndarray:
    return np.expand_dims(given[0], tuple(int(axis) for axis in given[1]))


def _squeeze(given: list[np.ndarray], _: dict[str, Any]) -> np.ndarray:
    axes = tuple(int(axis) for axis in given[1]) if len(given) > 1 else None
    return np.squeeze(given[0], axes)


def _expand(given: list[np.ndarray], _: dict[str, Any]) -> np.ndarray:
    """One number alone: what is more is a weight, such as a token that every example gets."""
    if given[0].size != 1 or math.prod(map(int, given[1])) > MOST_NUMBERS:
        raise ValueError

    return np.broadcast_to(given[0], [int(size) for size in given[1]])


def _trilu(given: list[np.ndarray], attributes: dict[str, Any]) -> np.ndarray:
    offset = int(given[1].reshape(())) if len(given) > 1 else 0
    return np.triu(given[0], offset) if attributes.get("upper", 1) else np.tril(given[0], offset)


def _take(given: list[np.ndarray], attributes: dict[str, Any]) -> np.ndarray:
    return given[0].take(given[1], axis=attributes.get("axis", 0))


def _of(function: Callable[..., Any]) -> Callable[[list[np.ndarray], dict[str, Any]], np.ndarray]:
    return lambda given, _: function(*given)


_MAKES: dict[str, Callable[[list[np.ndarray], dict[str, Any]], np.ndarray]] = {
    "Slice": _slice,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Expand": _expand,
    "Trilu": _trilu,
    "Gather": _take,
    "Concat": lambda given, attributes: np.concatenate(given, attributes["axis"]),
    "Transpose": lambda given, attributes: given[0].transpose(attributes.get("perm")),
    "Where": _of(np.where),
    "Equal": _of(np.equal),
    "Mul": _of(np.multiply),
    "Add": _of(np.add),
    "Sub": _of(np.subtract),
    "Identity": _of(np.asarray),
}
