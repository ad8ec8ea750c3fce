"""What an exported file says of itself: the graph, the preparation, and what answers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.export.facts import facts_of
from app.engine.files import json_line
from app.engine.runs.weights_file import KEY

if TYPE_CHECKING:
    from app.engine.export.trained_network import TrainedNetwork
    from models.code.writer import NetworkCode

VERSION = 1
"""Of the form of this JSON."""


def network_facts(trained: TrainedNetwork) -> dict[str, Any]:
    """Returns what another program must know to use the weights, as plain data.

    It names no path and no computer.
    """
    description = trained.description
    network = trained.network
    return facts_of(trained) | {
        "version": VERSION,
        "amounts": [
            {"name": each.name, "unit": each.unit, "mean": each.mean, "std": each.std}
            for each in description.amounts
        ],
        "preparation": description.preparation.to_plain(),
        "problem": network.problem.to_plain(),
        "graph": network.graph.to_plain(),
    }


def weights_metadata(trained: TrainedNetwork, code: NetworkCode) -> dict[str, str]:
    """Returns the metadata of a safetensors file: `network_facts`, and the blocks' attributes.

    The names of the weights begin with the attributes of the written code.
    """
    facts = network_facts(trained) | {"attributes": code.prefixes}
    return {KEY: json_line(facts).decode().strip()}
