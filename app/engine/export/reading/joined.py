"""Operators that are one block here: a product with its bias, a value with its own gate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from app.engine.export.reading.movement import MOVE
from app.engine.export.reading.operators import EPSILON, SCALING, Operator

if TYPE_CHECKING:
    from collections.abc import Sequence


def _readers(operators: Sequence[Operator]) -> dict[str, list[Operator]]:
    readers: dict[str, list[Operator]] = {}
    for operator in operators:
        for name in operator.inputs:
            readers.setdefault(name, []).append(operator)

    return readers


def with_silu(operators: list[Operator]) -> list[Operator]:
    """Returns the operators with x * sigmoid(x) as one."""
    readers = _readers(operators)
    made_by = {operator.output: operator for operator in operators}
    found: list[Operator] = []
    gone: set[str] = set()
    for operator in operators:
        if operator.op != "multiply":
            found.append(operator)
            continue

        gates = [made_by.get(name) for name in operator.inputs]
        gate = next((each for each in gates if each is not None and each.op == "sigmoid"), None)
        if (
            gate is not None
            and gate.inputs[0] in operator.inputs
            and len(readers[gate.output]) == 1
        ):
            gone.add(gate.output)
            found.append(replace(operator, op="silu", inputs=gate.inputs, name="silu"))
        else:
            found.append(operator)

    return [operator for operator in found if operator.output not in gone]


def with_bias(operators: list[Operator]) -> list[Operator]:
    """Returns the operators with a product and the constant that is added to it as one."""
    made_by = {operator.output: operator for operator in operators}
    readers = _readers(operators)
    changed: dict[str, Operator] = {}
    found: list[Operator] = []
    for operator in operators:
        before = made_by.get(operator.inputs[0]) if operator.inputs else None
        if operator.op != "bias":
            found.append(operator)
        elif (
            before is not None
            and before.op == "linear"
            and "bias" not in before.weights
            and len(readers[before.output]) == 1
            and len(operator.weights["bias"]) == len(before.weights["weight"])
        ):
            changed[before.output] = replace(before, weights=before.weights | operator.weights)
            found.append(replace(operator, op="identity", weights={}))
        else:
            found.append(replace(operator, op=SCALING, weights={}))

    return [changed.get(operator.output, operator) for operator in found]


def with_class_token(operators: Sequence[Operator]) -> list[Operator]:
    """Returns the operators with a token that is put before all others as one."""
    made_by = {operator.output: operator for operator in operators}
    found: list[Operator] = []
    gone: set[str] = set()
    for operator in operators:
        first = made_by.get(operator.inputs[0]) if operator.inputs else None
        if (
            operator.op == "concatenate"
            and len(operator.inputs) == 2
            and operator.settings.get("dim") == 1
            and first is not None
            and first.op == "repeated"
            and len(operator.shape) == 3
            and first.weights["value"].numel() == operator.shape[2]
        ):
            token = {"token": first.weights["value"].reshape(-1)}
            gone.add(first.output)
            found.append(
                replace(operator, op="class-token", inputs=operator.inputs[1:], weights=token)
            )
        else:
            found.append(operator)

    return [operator for operator in found if operator.output not in gone]


def with_flat_pictures(operators: Sequence[Operator]) -> list[Operator]:
    """Returns the operators with pooling of signals as that, where a file makes pictures of them.

    A signal (B, C, L) becomes a picture of one row for it, and loses the row afterwards.
    """
    made_by = {operator.output: operator for operator in operators}
    readers = _readers(operators)
    shapes: dict[str, tuple[int | None, ...]] = {}
    gone: set[str] = set()
    found: list[Operator] = []
    for operator in operators:
        first = operator.inputs[0] if operator.inputs else ""
        before = made_by.get(first)
        if first in shapes:
            operator = replace(operator, before=shapes[first])
        if (
            operator.op in ("adaptive-mean-pooling", "adaptive-max-pooling")
            and before is not None
            and before.op == MOVE
            and len(before.before) == 3
            and before.shape == (*before.before[:2], 1, before.before[2])
            and len(readers[before.output]) == 1
        ):
            gone.add(before.output)
            shape = (*operator.shape[:2], *operator.shape[3:])
            shapes[operator.output] = shape
            operator = replace(operator, inputs=before.inputs, before=before.before, shape=shape)

        found.append(operator)

    return [operator for operator in found if operator.output not in gone]


def with_norms_of_signals(operators: Sequence[Operator]) -> tuple[list[Operator], bool]:
    """Returns the operators with batch norms over signals as part of the filters before them.

    No block normalises signals over a batch; in use it only scales and shifts each channel. Also
    returns whether there was one.
    """
    made_by = {operator.output: operator for operator in operators}
    readers = _readers(operators)
    changed: dict[str, Operator] = {}
    found: list[Operator] = []
    for operator in operators:
        before = made_by.get(operator.inputs[0]) if operator.inputs else None
        before = changed.get(before.output, before) if before is not None else None
        if (
            operator.op != "batch-norm"
            or before is None
            or before.op != "convolution"
            or before.weights["weight"].ndim != 3
            or len(readers[before.output]) > 1
        ):
            found.append(operator)
            continue

        norm = operator.weights
        weight = before.weights["weight"]
        mean = norm["mean"]
        spread = (norm["variance"] + operator.settings.get("epsilon", EPSILON)).sqrt()
        factor = norm.get("weight", torch.ones_like(mean)) / spread
        bias = (before.weights.get("bias", torch.zeros_like(mean)) - mean) * factor
        own = {
            "weight": weight * factor[:, None, None],
            "bias": bias + norm.get("bias", torch.zeros_like(mean)),
        }
        changed[before.output] = replace(before, weights=own)
        found.append(replace(operator, op="identity", weights={}))

    return [changed.get(operator.output, operator) for operator in found], bool(changed)
