"""What it costs to renew all numbers of a graph after a change of one block.

A graph of 300 blocks in which hardly two are equal is measured whole, and again after a change of
one block: of its filter size, which leaves all shapes, of its channels, which the next convolution
reads, and of the stride of the first block, which changes every shape.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve_for
from app.engine.learning import tasks
from app.engine.memory.graph_measurement import Conditions, measure_graph
from models.graph import Graph, Node
from models.shape import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCKS = 300
PROBLEM = Problem("image", (3, 32, 32), 10, 50_000)


@dataclass(frozen=True)
class Renewal:
    """One change of a graph. cpu: seconds of this thread, the median. times_faster: than all."""

    change: str
    cpu: float
    times_faster: float


def large_graph(blocks: int = BLOCKS) -> Graph:
    """Returns a graph of convolutions, norms and bypasses, of which few blocks are equal."""
    nodes: list[Node] = []
    number = 0
    while len(nodes) < blocks - 2:
        channels = 8 + 8 * (number % 25)
        nodes += [
            Node(f"conv{number}", "convolution", {"channels": channels}),
            Node(f"norm{number}", "batch-norm", {"activation": "relu"}),
            Node(f"mix{number}", "convolution", {"channels": channels, "kernel_size": 1}),
            Node(f"sum{number}", "add", {}, (f"norm{number}", f"mix{number}")),
        ]
        number += 1

    nodes = nodes[: blocks - 2]
    rest = (Node("pool", "global-pooling"), Node("answer", "output", {"outputs": 10}))
    return Graph((*nodes, *rest))


def changed(graph: Graph, name: str, **settings: Any) -> Graph:
    """Returns the graph with settings of one block changed."""
    return Graph(
        tuple(
            replace(node, settings=node.settings | settings) if node.name == name else node
            for node in graph.nodes
        )
    )


def renewals(times: int = 20) -> tuple[float, list[Renewal]]:
    """Returns the seconds of measuring all anew, and what each sort of change costs."""
    resolved = resolve_for(Experiment(), PROBLEM, tasks.task("classification"))
    conditions = Conditions.of(resolved, "float32", "cpu")
    graph = large_graph()
    before = measure_graph(graph, PROBLEM, resolved, conditions)
    assert before.error is None, before.error

    whole = _median(lambda: measure_graph(graph, PROBLEM, resolved, conditions), 5)
    changes = {
        "filter size of a block in the middle": changed(graph, "mix37", kernel_size=3),
        "channels of a block in the middle": changed(graph, "conv36", channels=56),
        "stride of the first block": changed(graph, "conv0", stride=2),
        "nothing": graph,
    }
    if changes["channels of a block in the middle"]:
        wider = changed(graph, "conv36", channels=56)
        changes["channels of a block in the middle"] = changed(wider, "mix36", channels=56)

    found = []
    for words, other in changes.items():
        cpu = _median(lambda other=other: measure_graph(other, PROBLEM, resolved, conditions, before), times)
        found.append(Renewal(words, cpu, whole / cpu))

    return whole, found


def _median(work: Callable[[], Any], times: int) -> float:
    seconds = []
    for _ in range(times):
        start = time.thread_time()
        work()
        seconds.append(time.thread_time() - start)

    return statistics.median(seconds)


def main() -> None:
    whole, found = renewals()
    print(f"{BLOCKS} blocks, all anew: {1_000 * whole:,.0f} ms CPU")
    for renewal in found:
        print(
            f"after a change of {renewal.change}: {1_000 * renewal.cpu:,.1f} ms CPU, "
            f"{renewal.times_faster:.0f} times faster"
        )
