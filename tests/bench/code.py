"""Speed of the network that `netwright code` writes, in training, beside the program's own.

Both have the same weights and take the same steps in turns, on one thread. CPU time of the thread
is counted, so that a busy machine slows neither; the figure is the median of the ratios of
neighbouring turns.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from models.code.writer import write_network
from models.graph import Graph, Node
from models.network import build_model
from models.shape import Problem
from models.template import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

BATCH = 32
TURN = 0.1
"""Seconds of CPU time that a turn should last at least."""

GREY = Problem("image", (1, 28, 28), 10, 60_000)
COLOUR = Problem("image", (3, 32, 32), 10, 50_000)


def _le_net() -> Graph:
    """LeNet-5 (LeCun et al. 1998) with ReLU and max pooling."""
    nodes: list[Node] = []
    for number, channels in ((1, 6), (2, 16)):
        nodes += [
            Node(f"conv{number}", "convolution", {"channels": channels, "kernel_size": 5}),
            Node(f"norm{number}", "batch-norm", {"activation": "relu"}),
            Node(f"pool{number}", "pooling"),
        ]

    nodes.append(Node("flat", "reshape", {"target_shape": [-1]}))
    nodes += [
        Node(f"linear{number}", "linear", {"outputs": outputs, "activation": "relu"})
        for number, outputs in ((1, 120), (2, 84))
    ]
    return Graph((*nodes, Node("answer", "output", {"outputs": 10})))


def _res_net() -> Graph:
    """ResNet-8 (He et al. 2016, section 4.2): three residual blocks behind a convolution."""
    return Graph(
        (
            Node("stem", "convolution", {"channels": 16}),
            Node("norm", "batch-norm", {"activation": "relu"}),
            Node("block1", "residual", {"channels": 16}),
            Node("block2", "residual", {"channels": 32, "downsample": True}),
            Node("block3", "residual", {"channels": 64, "downsample": True}),
            Node("pool", "global-pooling", {"mode": "mean"}),
            Node("answer", "output", {"outputs": 10}),
        )
    )


def _vit() -> Graph:
    """The template's transformer, small: two blocks of width 64."""
    values = {"template": "vit", "depth": 2, "width": 64}
    return TEMPLATES.read(values).resolved(GREY).graph(GREY)


def networks() -> Iterator[tuple[str, Graph, Problem]]:
    """Yields a name, a graph and a problem of each network that is measured."""
    yield "LeNet-5", _le_net(), GREY
    yield "ResNet-8", _res_net(), COLOUR
    yield "small ViT", _vit(), GREY


def main(pairs: int) -> None:
    """Prints the ratio of each network: speed of the written one over that of ours."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for name, graph, problem in networks():
            print(f"{name}: {_figure(graph, problem, pairs)}", flush=True)
    finally:
        torch.set_num_threads(before)


def _figure(graph: Graph, problem: Problem, pairs: int) -> str:
    ours = build_model(graph, problem, 0)
    code = write_network(graph, problem)
    names: dict[str, Any] = {"__name__": "written"}
    exec(code.text, names)
    written: nn.Module = names["Network"]()
    written.load_state_dict(
        {code.weight_name(name): tensor for name, tensor in ours.state_dict().items()}
    )

    own, other = _Trainee(ours, problem), _Trainee(written, problem)
    steps = max(1, round(TURN / min(own.seconds(4) / 4, other.seconds(4) / 4)))
    ratios = []
    for number in range(pairs):
        if number % 2:
            seconds = own.seconds(steps)
            ratios.append(seconds / other.seconds(steps))
        else:
            seconds = other.seconds(steps)
            ratios.append(own.seconds(steps) / seconds)

    ratios.sort()
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    return (
        f"{statistics.median(ratios):.3f} (half of {pairs} pairs within {low:.3f} to {high:.3f}, "
        f"{steps} steps of {BATCH} examples a turn)"
    )


class _Trainee:
    """A network with an optimizer, trained on random examples."""

    def __init__(self, network: nn.Module, problem: Problem) -> None:
        generator = torch.Generator().manual_seed(0)
        layout = torch.channels_last
        examples = torch.randn(BATCH, *problem.shape, generator=generator)
        self._network = network.train().to(memory_format=layout)
        self._x = examples.contiguous(memory_format=layout)
        self._y = torch.randint(0, problem.outputs, (BATCH,), generator=generator)
        self._optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)

    def seconds(self, steps: int) -> float:
        """Returns the CPU time of so many training steps, in seconds."""
        start = time.thread_time()
        for _ in range(steps):
            self._optimizer.zero_grad()
            functional.cross_entropy(self._network(self._x), self._y).backward()
            self._optimizer.step()

        return time.thread_time() - start
