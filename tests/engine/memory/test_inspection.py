"""The report on each block of a network is true and quick, and survives graphs that are wrong."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from app.engine.compute.fake_tensors import fake_tensors
from app.engine.memory.inspection import BlockReport, _measure_blocks, inspect
from models.graph import Graph, GraphError, Node
from models.network import Network, build_model, fake_inputs
from models.template import TEMPLATES, Template
from tests.models.networks import batch_of, picture_problem, typical_problem

if TYPE_CHECKING:
    from models.shape import Problem

EVERY = pytest.mark.parametrize("kind", TEMPLATES.all(), ids=lambda kind: kind.kind)
SIZES = ((1, 8, 8), (3, 30, 41), (3, 64, 64))
PROBLEMS = [
    (kind, problem)
    for kind in TEMPLATES.all()
    for problem in (
        [typical_problem(kind)]
        if kind.unfit(picture_problem(1, 8, 8))
        else [picture_problem(*shape) for shape in SIZES]
    )
]


@pytest.mark.parametrize(
    ("kind", "problem"),
    PROBLEMS,
    ids=lambda parameter: getattr(parameter, "kind", "") or str(parameter.shape),
)
def test_its_figures_are_those_of_the_network(kind: type[Template], problem: Problem) -> None:
    graph = kind().resolved(problem).graph(problem)
    inspection = inspect(graph, problem)
    network = build_model(graph, problem, 0).eval()
    assert inspection.error is None and [block.name for block in inspection.blocks] == list(
        network.blocks
    )
    assert inspection.parameters == sum(parameter.numel() for parameter in network.parameters())

    values = dict(zip(("input", "other"), fake_inputs(problem, 2), strict=False))
    for node, block in zip(graph.nodes, inspection.blocks, strict=True):
        values[node.name] = network.blocks[node.name](*(values[name] for name in node.inputs))
        assert block.shape == tuple(values[node.name].shape[1:])
        assert block.input_shapes == tuple(tuple(values[name].shape[1:]) for name in node.inputs)
        assert block.parameters == sum(
            parameter.numel() for parameter in network.blocks[node.name].parameters()
        )
        assert block.title and block.help

    with torch.device("meta"), FlopCounterMode(display=False) as work:
        x = fake_inputs(problem, 1)
        Network(graph, problem).eval()(x if len(x) > 1 else x[0])

    assert inspection.multiply_adds == work.get_total_flops() // 2


def test_a_residual_block_by_hand() -> None:
    problem = picture_problem(4, 6, 6, outputs=3)
    rest = (Node("p", "global-pooling"), Node("z", "output", {"outputs": 3}))
    graph = Graph((Node("a", "residual", {"channels": 4}), *rest))
    report = inspect(graph, problem)["a"]

    assert report == BlockReport(
        "a",
        "residual",
        "Residual block · 4",
        report.help,
        ("input",),
        ((4, 6, 6),),
        (4, 6, 6),
        parameters=2 * (4 * 4 * 9 + 8),
        multiply_adds=2 * 36 * 4 * 4 * 9,
        activation_bytes=report.activation_bytes,
    )
    # Kept: both convolutions' outputs (for the norms) and both ReLUs' results, float32, and the
    # norms' statistics.
    numbers = 4 * 36 * 4
    assert 4 * numbers <= report.activation_bytes <= 4 * numbers + 100


def test_a_block_that_cannot_be_carries_the_error_and_those_behind_it_no_shape() -> None:
    problem = picture_problem(1, 28, 28)
    template = TEMPLATES.get("vit")(heads=5).resolved(problem)
    inspection = inspect(template.graph(problem), problem)
    assert inspection.error is not None and inspection.error.node == "block1"

    index = [block.name for block in inspection.blocks].index("block1")
    assert all(
        block.shape and block.parameters >= 0 and not block.error
        for block in inspection.blocks[:index]
    )
    assert "5 heads" in inspection.blocks[index].error and inspection.blocks[index].remedy
    assert inspection.blocks[index].input_shapes == ((49, 96),)
    assert all(
        block.shape is None and not block.error and block.title
        for block in inspection.blocks[index:][1:]
    )

    assert inspection.parameters == sum(block.parameters for block in inspection.blocks) > 0


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
    inspection = inspect(
        Graph((Node("first", "batch-norm"), node, Node("z", "output"))), picture_problem(3, 8, 8)
    )
    assert (
        isinstance(inspection.error, GraphError)
        and inspection["a"].error
        and inspection["a"].remedy
    )
    assert inspection["first"].shape == (3, 8, 8) and inspection["z"].shape is None


def test_a_wrong_output_is_reported_on_the_last_block() -> None:
    inspection = inspect(
        Graph((Node("p", "global-pooling"), Node("z", "output", {"outputs": 4}))),
        picture_problem(3, 8, 8),
    )
    assert inspection["z"].error and inspection.error is not None and inspection.error.node == "z"


@EVERY
def test_inspection_disturbs_no_training_on_another_thread(kind: type[Template]) -> None:
    """Fake tensors and meters belong to one thread; a training beside them gives the same bits."""
    problem = typical_problem(kind)
    graph = kind(dropout=0.0).resolved(problem).graph(problem)

    def train() -> list[torch.Tensor]:
        network = build_model(graph, problem, 0).train()
        torch.manual_seed(0)  # of few examples, members take turns that begin at random
        for step in range(8):
            network.zero_grad()
            network(batch_of(problem, 8, seed=step)).square().mean().backward()

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

    inspections = 0
    while not done.is_set() or not inspections:
        _measure_blocks.cache_clear()  # else it is remembered
        assert inspect(graph, problem).error is None
        inspections += 1

    thread.join()
    assert all(
        torch.equal(weight, reference) for weight, reference in zip(alone, beside[0], strict=True)
    )


def test_fake_tensors_take_no_memory() -> None:
    with fake_tensors():
        huge = torch.empty(1_000_000, 1_000_000)
        assert (huge @ huge).shape == (1_000_000, 1_000_000)
