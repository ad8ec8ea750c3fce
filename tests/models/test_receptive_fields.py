"""Receptive fields: what a block says it sees is what its output depends on."""

from __future__ import annotations

import pytest
import torch

from models.graph import INPUT, OTHER, Graph, Node
from models.network import Network, build_model, place_blocks
from models.receptive_field import ReceptiveField, of_example
from models.shape import Input, Problem

CHAINS: dict[str, tuple[list[Node], int]] = {
    "filters": (
        [
            Node("a", "convolution", {"channels": 4}),
            Node("b", "convolution", {"channels": 4, "kernel_size": 5, "stride": 2}),
            Node("c", "convolution", {"channels": 4, "dilation": 3, "padding": "none"}),
        ],
        3 + 4 + 2 * 3 * 2,
    ),
    "pooling and a residual block": (
        [
            Node("a", "residual", {"channels": 4, "downsample": True}),
            Node("b", "pooling", {"mode": "mean"}),
            Node("c", "depthwise-convolution", {"kernel_size": 3}),
        ],
        3 + 1 + 2 * 2 + 2 + 2 * 4,
    ),
    "a residual block that pools first": (
        [Node("a", "residual", {"channels": 4, "downsample": True, "halving": "first"})],
        2 + 2 * 2 + 2 * 2,
    ),
    "down and up": (
        [
            Node("a", "convolution", {"channels": 4, "stride": 2}),
            Node("b", "transposed-convolution", {"channels": 4}),
            Node("c", "convolution", {"channels": 4}),
        ],
        7,
    ),
    "upsampling": (
        [
            Node("a", "pooling", {"mode": "mean", "kernel_size": 4}),
            Node("b", "upsample", {"channels": 4, "height": 48, "width": 48}),
        ],
        8,
    ),
    "a skip connection": (
        [
            Node("a", "convolution", {"channels": 3}),
            Node("b", "convolution", {"channels": 3, "kernel_size": 7}, ("a",)),
            Node("c", "add", {}, ("a", "b")),
        ],
        9,
    ),
    "two ways to a smaller picture": (
        [
            Node("a", "convolution", {"channels": 3, "kernel_size": 5, "stride": 2}),
            Node("b", "adaptive-pooling", {"height": 24, "width": 24}, (INPUT,)),
            Node("c", "concatenate", {}, ("a", "b")),
            Node("d", "convolution", {"channels": 3}),
        ],
        9,
    ),
}


def receptive_fields(graph: Graph, problem: Problem) -> dict[str, ReceptiveField | None]:
    """Returns what a position of each block's output sees of the example, by the blocks' names."""
    fields = {
        name: of_example(example)
        for name, example in zip((INPUT, OTHER), problem.inputs, strict=False)
    }
    for placed in place_blocks(graph, problem):
        seen = tuple(fields[name] for name in placed.node.inputs)
        fields[placed.node.name] = placed.block.seen(seen, *placed.inputs)

    return fields


def extent(network: Network, name: str, shape: tuple[int, ...]) -> int:
    """Returns how many positions a side the output in the middle of a block depends on."""
    outputs: list[torch.Tensor] = []
    network.blocks[name].register_forward_hook(lambda *call: outputs.append(call[2]))
    network.eval()
    x = torch.randn(64, *shape, requires_grad=True)
    network(x)

    output = outputs[0]
    output[:, :, output.shape[2] // 2, output.shape[3] // 2].square().sum().backward()
    assert x.grad is not None
    touched = x.grad.abs().sum((0, 1))
    return max(
        int(line.nonzero().max() - line.nonzero().min()) + 1
        for line in (touched.sum(0), touched.sum(1))
    )


@pytest.mark.parametrize("name", CHAINS)
def test_a_position_depends_on_as_many_positions_as_is_said(name: str) -> None:
    torch.manual_seed(0)
    nodes, expected = CHAINS[name]
    problem = Problem("image", (3, 48, 48), 2, 100)
    graph = Graph((*nodes, Node("p", "global-pooling"), Node("z", "output", {"outputs": 2})))

    fields = receptive_fields(graph, problem)
    last = fields[nodes[-1].name]
    assert last is not None and last.positions == expected
    assert extent(build_model(graph, problem, 0), nodes[-1].name, problem.shape) == expected
    assert fields["p"] is None and fields["z"] is None


def test_a_signal_is_followed_along_its_time_and_no_further_where_it_is_mixed() -> None:
    problem = Problem.of((Input("signal", (2, 64)),), 3, 100)
    graph = Graph(
        (
            Node("tokens", "transpose"),
            Node("filters", "convolution-1d", {"kernel_size": 5, "stride": 2}),
            Node("wider", "linear", {"outputs": 8}),
            Node("channels", "transpose"),
            Node("mixed", "linear", {"outputs": 8}),
            Node("attention", "self-attention", {"heads": 1}, ("wider",)),
            Node("patches", "patch-embedding-1d", {"patch_size": 4}, (INPUT,)),
            Node("p", "global-pooling", {}, ("wider",)),
            Node("z", "output", {"outputs": 3}),
        )
    )
    fields = receptive_fields(graph, problem)
    sizes = {name: field and field.positions for name, field in fields.items()}

    assert sizes == {
        "input": 1,
        "tokens": 1,
        "filters": 5,
        "wider": 5,
        "channels": 5,
        "mixed": None,
        "attention": None,
        "patches": 4,
        "p": None,
        "z": None,
    }


def test_a_table_row_has_no_positions() -> None:
    problem = Problem.of((Input("row", (5,)),), 3, 100)
    graph = Graph((Node("a", "linear"), Node("z", "output", {"outputs": 3})))
    fields = receptive_fields(graph, problem)
    assert set(fields.values()) == {None}


def test_a_sequence_that_is_made_longer_sees_less_with_each_step() -> None:
    problem = Problem.of((Input("signal", (2, 60)),), 3, 100)
    graph = Graph(
        (
            Node("tokens", "transpose"),
            Node("pool", "adaptive-pooling-1d", {"length": 20}),
            Node("up", "transposed-convolution-1d", {"kernel_size": 6, "stride": 3}),
            Node("filters", "depthwise-convolution-1d", {"kernel_size": 4}),
            Node("p", "global-pooling"),
            Node("z", "output", {"outputs": 3}),
        )
    )
    fields = receptive_fields(graph, problem)
    sizes = {name: field and field.positions for name, field in fields.items()}

    # Two of the pooled places reach each place of `up`; four places of that see three of them.
    assert sizes["pool"] == 3 and sizes["up"] == 6 and sizes["filters"] == 9
