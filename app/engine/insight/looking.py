"""One look at what comes out of all blocks of a network that does not train."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from app.engine.compute.outputs.request import prepared

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.compute.outputs.values import BlockOutput, OutputsRequest
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.insight.networks import LoadedNetwork, Networks
    from app.engine.insight.weights_choice import WeightsChoice
    from models.graph import Graph
    from models.shape import Problem


@dataclass(frozen=True, eq=False)
class Look:
    """What came out of each block of a graph, by its name, and with whose weights, in words.

    seconds: how long it took.
    """

    graph: Graph
    outputs: dict[str, BlockOutput]
    words: str
    seconds: float


def look(
    request: OutputsRequest,
    graph: Graph,
    problem: Problem,
    resolved: ResolvedExperiment,
    weights: WeightsChoice,
    networks: Networks,
) -> Look:
    """Lets the examples of a request go through the network of a graph.

    resolved: the open experiment. Raises GraphError and UserError, as `Networks.get` and `prepared`
    do.
    """
    begun = time.perf_counter()
    loaded = networks.get(graph, problem, weights, resolved, request.description)
    return _look(request, loaded, begun)


def look_at_run(request: OutputsRequest, run: Path, networks: Networks) -> Look:
    """Lets the examples of a request go through the network of a run, with its weights in use.

    run: its folder. Raises UserError, as `Networks.of_run` and `prepared` do.
    """
    begun = time.perf_counter()
    return _look(request, networks.of_run(run), begun)


def _look(request: OutputsRequest, loaded: LoadedNetwork, begun: float) -> Look:
    inputs = prepared(request, loaded.description, loaded.task, torch.device("cpu"))
    outputs = loaded.watcher.look(inputs, request.opened)
    graph = loaded.watcher.network.graph
    return Look(graph, outputs, loaded.words, time.perf_counter() - begun)
