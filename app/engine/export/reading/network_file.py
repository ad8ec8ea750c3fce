"""A network in a file, of this program or of another one: its graph, and its weights beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import tomli_w
import torch

from app.engine.errors import UserError
from app.engine.experiment.block_lines import blocks_text
from app.engine.experiment.toml_file import FORMAT
from app.engine.export.reading.ends import Ends, forms_of, inputs_read, require_ends
from app.engine.export.reading.onnx_file import OnnxNetwork
from app.engine.export.reading.operators import EPSILON
from app.engine.export.reading.program_file import ProgramNetwork
from app.engine.export.reading.to_graph import ReadNetwork, to_graph
from app.engine.files import write_atomically
from app.engine.runs.weights_file import (
    BLOCKS,
    SUFFIX,
    read_weights_file,
    write_weights_file,
)
from models.graph import Graph
from models.graph_file import plain_blocks
from models.memory.without_memory import without_memory
from models.network import Network
from models.shape import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.tensors import Tensors

OWN = "network."
"""Before the names of blocks in the programs that this program writes."""

COUNTER = ".num_batches_tracked"

TAKEN_IN = ".weight_bias"
"""Ends the name of what filters add that took in the norm behind them, in files of ONNX."""


def read_network(path: Path) -> ReadNetwork:
    """Reads a network. Raises UserError where it cannot be read, or where it has no blocks here."""
    suffix = path.suffix.lower()
    if suffix == SUFFIX:
        return _of_weights(path)

    file: OnnxNetwork | ProgramNetwork
    file = ProgramNetwork(path) if suffix == ".pt2" else OnnxNetwork(path)
    own = _own(file.facts, file.weights(OWN), path)
    if own is not None:
        return own

    file.find_ends()
    operators = file.operators()
    inputs, notes = inputs_read(file.inputs, operators, file.outputs)
    require_ends(path.name, list(inputs), file.outputs)  # of two inputs one may not be used
    ends = Ends(tuple(inputs), file.outputs, forms_of(inputs, operators))
    network = to_graph(operators, ends, file.shapes)
    return replace(network, notes=(*notes, *network.notes))


def _of_weights(path: Path) -> ReadNetwork:
    """Returns the network of a file of weights that this program has written."""
    file = read_weights_file(path)
    network = _own(file.facts, file.by_block(), path)
    if network is None:
        raise UserError(
            f"'{path.name}' does not say of which network its weights are.",
            "Build the network, then start from these weights: [training] start_from.",
        )

    return network


def _own(facts: dict[str, Any], weights: Tensors, path: Path) -> ReadNetwork | None:
    """Returns the network that this program has described in a file.

    None of other files, and where weights were put together otherwise than a batch norm with the
    filters before it.
    """
    if "graph" not in facts:
        return None

    try:
        graph = Graph.from_plain(facts["graph"])
        problem = Problem.from_plain(facts["problem"])
        with without_memory():
            own = Network(graph, problem).state_dict()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"'{path.name}' is damaged: what it says of its network cannot be read.",
            "Get another copy of it.",
        ) from error

    # Files for other programs leave the counters out, which say nothing of what was learned.
    counters = {name: torch.tensor(0) for name in own if name.endswith(COUNTER)}
    found = counters | _with_norms(graph, weights)
    fits = found.keys() == own.keys() and all(found[name].shape == own[name].shape for name in own)
    return ReadNetwork(graph, found, problem.inputs) if fits else None


def _with_norms(graph: Graph, weights: Tensors) -> Tensors:
    """Returns weights in which filters that took in the norm behind them stand before it again.

    The norm then only adds what the filters have no bias for: answers are the same.
    """
    found = dict(weights)
    for node in graph.nodes:
        before = f"{BLOCKS}{node.inputs[0]}."
        own = f"{BLOCKS}{node.name}.0."
        if node.kind != "batch-norm" or any(name.startswith(own) for name in weights):
            continue

        taken_in = [name for name in found if name.startswith(before) and name.endswith(TAKEN_IN)]
        filters = next((found[name] for name in found if name.startswith(before)), None)
        if filters is None or len(taken_in) > 1:
            continue

        zeros = torch.zeros(len(filters))
        found[f"{own}bias"] = found.pop(taken_in[0]) if taken_in else zeros
        found[f"{own}weight"] = torch.ones_like(zeros)
        found[f"{own}running_mean"] = zeros.clone()
        found[f"{own}running_var"] = torch.ones_like(zeros) - EPSILON

    return found


def write_weights(network: ReadNetwork, path: Path) -> None:
    """Writes the weights of a network alone. Raises UserError where the disk refuses."""
    write_weights_file(path, network.weights)


def write_network(network: ReadNetwork, path: Path) -> Path:
    """Writes a graph file that starts from the weights beside it; returns the weights' path.

    path: of the graph file. Raises UserError where the disk refuses.
    """
    weights = path.with_suffix(SUFFIX)
    write_weights(network, weights)

    start = {"training": {"start_from": str(weights.absolute())}}
    parts = [
        tomli_w.dumps({"netwright": FORMAT}),
        f"[model]\n{blocks_text(plain_blocks(network.graph))}",
        tomli_w.dumps(start),
    ]
    write_atomically(path, "\n".join(parts).encode())
    return weights
