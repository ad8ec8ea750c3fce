"""The nodes of ONNX that only move numbers to other places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.export.reading.movement import MOVE, move
from app.engine.export.reading.operators import Operator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.engine.export.reading.movement import Shape

RESHAPING = ("Reshape", "Flatten", "Squeeze", "Unsqueeze")
"""Nodes of which the shape of the output says all."""

EXAMPLES = 2
"""The batch, where a file takes any."""

_MULTIPLE = re.compile(r"^(?:(\d+)\*)?(\w+)$")


def operators_of(
    node: Any, plain: Operator, attributes: dict[str, Any], arrays: Mapping[str, np.ndarray]
) -> list[Operator] | None:
    """Returns the movement of a node, one for each output of a division; None of other nodes.

    plain: the node as an operator. arrays: the constants of the graph.
    """
    if node.op_type in RESHAPING:
        return [move(plain, "reshape")]

    make = _MOVES.get(node.op_type)
    return None if make is None else make(node, plain, attributes, arrays)


def _transpose(
    _: Any, plain: Operator, attributes: dict[str, Any], __: Mapping[str, np.ndarray]
) -> list[Operator] | None:
    dims = attributes.get("perm")
    return None if dims is None else [move(plain, "permute", dims=[int(dim) for dim in dims])]


def _gather(
    node: Any, plain: Operator, attributes: dict[str, Any], arrays: Mapping[str, np.ndarray]
) -> list[Operator] | None:
    index = arrays.get(node.input[1])
    if index is None or index.ndim:
        return None

    return [move(plain, "select", dim=int(attributes.get("axis", 0)), index=int(index))]


def _slice(
    node: Any, plain: Operator, _: dict[str, Any], arrays: Mapping[str, np.ndarray]
) -> list[Operator] | None:
    given = [arrays.get(name) for name in list(node.input)[1:]]
    if len(given) < 3 or any(each is None or each.size != 1 for each in given):
        return None

    start, end, dim, *step = (int(each.reshape(())) for each in given if each is not None)
    if step and step[0] != 1:
        return None

    return [move(plain, "slice", dim=dim, start=start, end=end)]


def _split(
    node: Any, plain: Operator, attributes: dict[str, Any], arrays: Mapping[str, np.ndarray]
) -> list[Operator] | None:
    sizes = arrays.get(node.input[1]) if len(node.input) > 1 else None
    if sizes is None:
        return None

    dim = int(attributes.get("axis", 0))
    ends = np.cumsum(sizes)
    return [
        Operator(
            MOVE,
            plain.inputs,
            output,
            plain.name,
            {},
            {"how": "slice", "dim": dim, "start": int(end - size), "end": int(end)},
        )
        for output, size, end in zip(node.output, sizes, ends, strict=True)
    ]


_MOVES: dict[str, Callable[..., list[Operator] | None]] = {
    "Transpose": _transpose,
    "Gather": _gather,
    "Slice": _slice,
    "Split": _split,
}


def shape_of(info: Any, symbol: str) -> Shape:
    """Returns the shape of a value, as far as a file says it; symbol: the name of the batch.

    The batch and its multiples are those of EXAMPLES.
    """
    sides: list[int | None] = []
    for side in info.type.tensor_type.shape.dim:
        if side.HasField("dim_value"):
            sides.append(int(side.dim_value))
            continue

        match = _MULTIPLE.match(side.dim_param.replace(" ", ""))
        is_batch = match is not None and bool(symbol) and match[2] == symbol
        sides.append(int(match[1] or 1) * EXAMPLES if match is not None and is_batch else None)

    return tuple(sides)


def fill_in(shapes: dict[str, Shape], operators: list[Operator]) -> None:
    """Fills in the only open side of what is reshaped: the count of numbers stays."""
    for operator in operators:
        after = shapes.get(operator.output, ())
        before = shapes.get(operator.inputs[0], ()) if operator.inputs else ()
        if operator.op != MOVE or operator.settings["how"] != "reshape":
            continue
        if after.count(None) != 1 or None in before or not before:
            continue

        known = int(np.prod([side for side in after if side is not None]))
        whole = int(np.prod([side or 0 for side in before]))
        if known and whole % known == 0:
            shapes[operator.output] = tuple(
                whole // known if side is None else side for side in after
            )
