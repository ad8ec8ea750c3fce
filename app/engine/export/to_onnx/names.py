"""The names of an ONNX model's inputs and answers: those that other programs rely on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import onnx

    from app.engine.export.trained_network import TrainedNetwork


def input_names(trained: TrainedNetwork) -> tuple[str, ...]:
    """Returns what the inputs are called: a column by its own name, except that of the answers."""
    names = [raw.name for raw in trained.description.preparation.raw_inputs]
    taken = {*names, trained.task.answer_name}
    return tuple(
        _free(f"{name} (input)", taken) if name == trained.task.answer_name else name
        for name in names
    )


def renamed_columns(trained: TrainedNetwork) -> tuple[str, ...]:
    """Returns a sentence on each column that could not keep its name."""
    raw_inputs = trained.description.preparation.raw_inputs
    return tuple(
        f"The input for '{raw.name}' is called '{name}', because the answers have its name."
        for raw, name in zip(raw_inputs, input_names(trained), strict=True)
        if raw.name != name
    )


def give_names(graph: onnx.GraphProto, inputs: Sequence[str], output: str) -> None:
    """Renames the inputs and the only output of a graph; what had such a name gets another one."""
    wanted = dict(zip((value.name for value in graph.input), inputs, strict=True))
    wanted[graph.output[0].name] = output
    _name_batch(graph)

    taken = {*_value_names(graph), *wanted.values()}
    for name in sorted(_value_names(graph) & set(wanted.values())):
        if name not in wanted:
            wanted[name] = _free(f"{name} inside", taken)
            taken.add(wanted[name])

    rename_values(graph, wanted)


def rename_values(graph: onnx.GraphProto, wanted: Mapping[str, str]) -> None:
    """Gives values other names: inputs, outputs, weights and what is between; by the names now."""
    for part in graphs_of(graph):
        for value in (*part.input, *part.output, *part.value_info, *part.initializer):
            value.name = wanted.get(value.name, value.name)

        for node in part.node:
            node.input[:] = [wanted.get(name, name) for name in node.input]
            node.output[:] = [wanted.get(name, name) for name in node.output]


def _name_batch(graph: onnx.GraphProto) -> None:
    """Calls the only size that changes "batch", wherever it or a multiple of it stands."""
    symbol = graph.input[0].type.tensor_type.shape.dim[0].dim_param
    for part in graphs_of(graph):
        for value in (*part.input, *part.output, *part.value_info):
            for dim in value.type.tensor_type.shape.dim:
                if dim.dim_param:
                    dim.dim_param = re.sub(rf"\b{re.escape(symbol)}\b", "batch", dim.dim_param)


def _value_names(graph: onnx.GraphProto) -> set[str]:
    """Returns the names of all values of a graph and of the graphs inside."""
    names: set[str] = set()
    for part in graphs_of(graph):
        names.update(value.name for value in (*part.input, *part.output, *part.initializer))
        for node in part.node:
            names.update((*node.input, *node.output))

    return names


def graphs_of(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """Yields a graph and all that stand in its nodes: branches and loops."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs) if _holds_graphs(attribute) else ():
                yield from graphs_of(inner)


def _holds_graphs(attribute: onnx.AttributeProto) -> bool:
    return attribute.HasField("g") or bool(attribute.graphs)


def _free(name: str, taken: set[str]) -> str:
    """Returns a name that is not taken: this one, or with a number behind it."""
    free = name
    number = 1
    while free in taken:
        number += 1
        free = f"{name} {number}"

    return free
