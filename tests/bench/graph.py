"""What it costs to renew all numbers of a graph after a change of one block.

A graph of 300 blocks, of which hardly two are equal, is measured whole, and again after a change of
one block: of its filter size, which leaves all shapes, of channels, which the next blocks read, and
of the stride of the first block, which changes the shape of every block.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve_for
from app.engine.learning import tasks
from app.engine.memory.block_cost import Conditions
from app.engine.memory.graph_measurement import measure_graph
from models.graph import Graph, Node
from models.shape import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCKS = 300
PROBLEM = Problem("image", (3, 32, 32), 10, 50_000)
SIZES = 25
"""Different channels, from 8 on in steps of 8, in turn."""


@dataclass(frozen=True)
class Renewal:
    """One change of a graph. cpu: seconds of this thread, the median. gain: all anew over it."""

    change: str
    cpu: float
    gain: float


def large_graph(
    blocks: int = BLOCKS, stride: int = 1, kernel_size: int = 1, wider: int = 0
) -> Graph:
    """Returns a graph of convolutions, norms and bypasses.

    stride: of the first block. kernel_size, wider: filter size and more channels of blocks in the
    middle.
    """
    nodes: list[Node] = []
    for number in range((blocks - 2) // 4 + 1):
        middle = number == blocks // 8
        channels = 8 + 8 * (number % SIZES) + wider * middle
        first = {"stride": stride} if number == 0 else {}
        mix = {"channels": channels, "kernel_size": kernel_size if middle else 1}
        nodes += [
            Node(f"conv{number}", "convolution", {"channels": channels, **first}),
            Node(f"norm{number}", "batch-norm", {"activation": "relu"}),
            Node(f"mix{number}", "convolution", mix),
            Node(f"sum{number}", "add", {}, (f"norm{number}", f"mix{number}")),
        ]

    nodes = nodes[: blocks - 2]
    rest = (Node("pool", "global-pooling"), Node("answer", "output", {"outputs": 10}))
    return Graph((*nodes, *rest))


def renewals(times: int = 20) -> tuple[float, list[Renewal]]:
    """Returns the seconds of measuring all anew, and what each sort of change costs."""
    resolved = resolve_for(Experiment(), PROBLEM, tasks.task("classification"))
    conditions = Conditions.of(resolved, "float32", "cpu")
    graph = large_graph()
    before = measure_graph(graph, PROBLEM, resolved, conditions)
    assert before.error is None, before.error

    measure = partial(
        measure_graph, problem=PROBLEM, resolved=resolved, conditions=conditions, before=before
    )
    whole = _median(lambda: measure_graph(graph, PROBLEM, resolved, conditions), times)
    changes = {
        "the filter size of a block in the middle": large_graph(kernel_size=3),
        "the channels of blocks in the middle": large_graph(wider=4),
        "the stride of the first block": large_graph(stride=2),
    }

    found = []
    for words, changed in changes.items():
        cpu = _median(partial(measure, changed), times)
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
            f"{renewal.gain:.0f} times faster"
        )
