"""Operators of ONNX that are one here: a product with its bias, and a value with its own gate."""

from __future__ import annotations

from dataclasses import replace

from app.engine.export.reading.operators import SCALING, Operator


def _readers(operators: list[Operator]) -> dict[str, list[Operator]]:
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
