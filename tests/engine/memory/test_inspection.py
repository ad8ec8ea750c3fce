"""What the window says of each block: true, quick, and patient with graphs that cannot be."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from app.engine.compute.fake_tensors import fake_tensors
from app.engine.memory.inspection import BlockReport, inspect
from models.graph import Graph, GraphError, Node
from models.network import Network, build_model, fake_inputs
from models.template import TEMPLATES, Template
from tests.models.networks import batch_of, picture_problem, typical_problem

if TYPE_CHECKING:
    from models.shape import Problem

EVERY = pytest.mark.parametrize("kind", TEMPLATES.all(), ids=lambda kind: kind.kind)
SIZES = ((1, 8, 8), (3, 30, 41), (3, 64, 64))
PROBLEMS = [
    (kind, of)
    for kind in TEMPLATES.all()
    for of in (
        [typical_problem(kind)]
        if kind.unfit(picture_problem(1, 8, 8))
        else [picture_problem(*shape) for shape in SIZES]
    )
]


@pytest.mark.parametrize(
    ("kind", "of"), PROBLEMS, ids=lambda one: getattr(one, "kind", "") or str(one.shape)
)
def test_its_figures_are_those_of_the_network(kind: type[Template], of: Problem) -> None:
    graph = kind().resolved(of).graph(of)
    found = inspect(graph, of)
    network = build_model(graph, of, 0).eval()
    assert found.error is None and [block.name for block in found.blocks] == list(network.blocks)
    assert found.parameters == sum(parameter.numel() for parameter in network.parameters())

    values = dict(zip(("input", "other"), fake_inputs(of, 2), strict=False))
    for node, block in zip(graph.nodes, found.blocks, strict=True):
        values[node.name] = network.blocks[node.name](*(values[name] for name in node.inputs))
        assert block.shape == tuple(values[node.name].shape[1:])
        assert block.input_shapes == tuple(tuple(values[name].shape[1:]) for name in node.inputs)
        assert block.parameters == sum(
            parameter.numel() for parameter in network.blocks[node.name].parameters()
        )
        assert block.title and block.help

    with torch.device("meta"), FlopCounterMode(display=False) as work:
        x = fake_inputs(of, 1)
        Network(graph, of).eval()(x if len(x) > 1 else x[0])

    assert found.multiply_adds == work.get_total_flops() // 2


def test_a_residual_block_by_hand() -> None:
    of = picture_problem(4, 6, 6, outputs=3)
    rest = (Node("p", "global-pooling"), Node("z", "output", {"outputs": 3}))
    graph = Graph((Node("a", "residual", {"channels": 4}), *rest))
    found = inspect(graph, of)["a"]

    assert found == BlockReport(
        "a",
        "residual",
        "Residual block · 4",
        found.help,
        ("input",),
        ((4, 6, 6),),
        (4, 6, 6),
        parameters=2 * (4 * 4 * 9 + 8),
        multiply_adds=2 * 36 * 4 * 4 * 9,
        activation_bytes=found.activation_bytes,
    )
    # Kept: both convolutions' outputs (for the norms) and both ReLUs' results, float32, and the
    # norms' statistics.
    numbers = 4 * 36 * 4
    assert 4 * numbers <= found.activation_bytes <= 4 * numbers + 100


def test_a_block_that_cannot_be_carries_the_error_and_those_behind_it_no_shape() -> None:
    of = picture_problem(1, 28, 28)
    template = TEMPLATES.get("vit")(heads=5).resolved(of)
    found = inspect(template.graph(of), of)
    assert found.error is not None and found.error.node == "block1"

    index = [block.name for block in found.blocks].index("block1")
    assert all(
        block.shape and block.parameters >= 0 and not block.error for block in found.blocks[:index]
    )
    assert "5 heads" in found.blocks[index].error and found.blocks[index].remedy
    assert found.blocks[index].input_shapes == ((49, 96),)
    assert all(
        block.shape is None and not block.error and block.title
        for block in found.blocks[index:][1:]
    )

    assert found.parameters == sum(block.parameters for block in found.blocks) > 0


@pytest.mark.parametrize(
    "node",
    (
        Node("a", "nonsense"),
        Node("a", "convolution", {"channels": "many"}),
        Node("a", "add"),
        Node("a", "position-embedding"),
    ),
    ids=lambda node: node.kind,
)
def test_no_wrong_block_makes_it_raise(node: Node) -> None:
    found = inspect(
        Graph((Node("first", "batch-norm"), node, Node("z", "output"))), picture_problem(3, 8, 8)
    )
    assert isinstance(found.error, GraphError) and found["a"].error and found["a"].remedy
    assert found["first"].shape == (3, 8, 8) and found["z"].shape is None


def test_a_wrong_answer_is_told_on_the_last_block() -> None:
    found = inspect(
        Graph((Node("p", "global-pooling"), Node("z", "output", {"outputs": 4}))),
        picture_problem(3, 8, 8),
    )
    assert found["z"].error and found.error is not None and found.error.node == "z"


@EVERY
def test_looking_disturbs_no_training_on_another_thread(kind: type[Template]) -> None:
    """Fake tensors and meters are of the thread that made them; a training beside them gives the
    same bits.
    """
    of = typical_problem(kind)
    graph = kind(dropout=0.0).resolved(of).graph(of)

    def train() -> list[torch.Tensor]:
        network = build_model(graph, of, 0).train()
        for step in range(8):
            network.zero_grad()
            network(batch_of(of, 8, seed=step)).square().mean().backward()

            with torch.no_grad():
                for parameter in network.parameters():
                    parameter -= 0.01 * parameter.grad

        return [parameter.detach() for parameter in network.parameters()]

    alone = train()
    done = threading.Event()

    beside: list[list[torch.Tensor]] = []

    def work() -> None:
        try:
            beside.append(train())
        finally:
            done.set()

    thread = threading.Thread(target=work)
    thread.start()

    looks = 0
    while not done.is_set() or not looks:
        assert inspect(graph, of).error is None
        looks += 1

    thread.join()
    assert all(torch.equal(one, other) for one, other in zip(alone, beside[0], strict=True))


def test_pretended_tensors_take_no_memory() -> None:
    with fake_tensors():
        huge = torch.empty(1_000_000, 1_000_000)
        assert (huge @ huge).shape == (1_000_000, 1_000_000)
