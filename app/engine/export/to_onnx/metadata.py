"""What an ONNX model says of itself: the facts of the network, and nothing of this computer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import __version__
from app.engine.export.facts import facts_of
from app.engine.export.to_onnx.names import graphs_of, input_names
from app.engine.files import json_text

if TYPE_CHECKING:
    import onnx

    from app.engine.export.trained_network import TrainedNetwork


def describe(model: onnx.ModelProto, trained: TrainedNetwork) -> None:
    """Writes the facts into the model's metadata, a text each, in place of all that stood there.

    Lists are JSON. Exporters note the source of every operator, with paths of this computer: that
    is taken out.
    """
    _forget(model)
    _keep_domains_in_use(model)
    model.producer_name = "Netwright"
    model.producer_version = __version__
    model.graph.name = "network"
    network = trained.network
    facts = facts_of(trained, input_names(trained))
    # With these it is read again as the network it was, see reading/network_file.py.
    facts |= {"graph": network.graph.to_plain(), "problem": network.problem.to_plain()}
    for name, fact in facts.items():
        entry = model.metadata_props.add()
        entry.key = name
        entry.value = fact if isinstance(fact, str) else json_text(fact)


def _keep_domains_in_use(model: onnx.ModelProto) -> None:
    """Names the sets of operators that are used alone; ONNX Runtime adds all that it knows."""
    used = {node.domain for graph in graphs_of(model.graph) for node in graph.node}
    used |= {node.domain for function in model.functions for node in function.node}
    kept = [each for each in model.opset_import if each.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def _forget(model: onnx.ModelProto) -> None:
    """Takes out all notes: of the model, its graphs and functions, their nodes and values."""
    parts: list[Any] = [model, *model.functions]
    for graph in graphs_of(model.graph):
        parts += [graph, *graph.node, *graph.input, *graph.output]
        parts += [*graph.value_info, *graph.initializer]

    for function in model.functions:
        parts += [*function.node, *function.value_info]

    for part in parts:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
