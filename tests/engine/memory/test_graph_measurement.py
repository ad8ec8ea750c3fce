"""The numbers of a graph, block by block: true, renewed where it changed, kept where it broke."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import ResolvedExperiment, resolve_for
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning import tasks
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.memory import graph_measurement
from app.engine.memory.block_cost import Conditions, Cost
from app.engine.memory.graph_measurement import BLOCK_ROWS, GraphMeasurement, measure_graph
from app.engine.memory.known_costs import KnownCosts
from app.engine.memory.ledger import predict
from models.graph import Graph, Node
from models.template import TEMPLATES
from tests.models.networks import picture_problem
from tests.problems import fitting

if TYPE_CHECKING:
    from models.network import PlacedBlock
    from models.shape import Problem
    from models.template import Template

PICTURES = picture_problem(3, 16, 16, outputs=5)
EXACT = BLOCK_ROWS[:-1]
ANSWER = Node("answer", "output", {"outputs": 5})


def resolved_for(problem: Problem, task: str, **sections: Any) -> ResolvedExperiment:
    return resolve_for(Experiment(**sections), problem, tasks.task(task))


def measured(
    graph: Graph,
    before: GraphMeasurement | None = None,
    problem: Problem = PICTURES,
    **training: Any,
) -> GraphMeasurement:
    settings = TrainingSettings(batch_size=4, **training)
    resolved = resolved_for(problem, "classification", training=settings)
    return measure_graph(
        graph, problem, resolved, Conditions.of(resolved, "float32", "cpu"), before
    )


def bypass(channels: int = 8, **settings: Any) -> Graph:
    return Graph(
        (
            Node("conv1", "convolution", {"channels": channels}),
            Node("norm1", "batch-norm", {"activation": "relu"}),
            Node("conv2", "convolution", {"channels": channels, **settings}),
            Node("sum", "add", {}, ("norm1", "conv2")),
            Node("pool", "global-pooling"),
            ANSWER,
        )
    )


@pytest.mark.parametrize("template", TEMPLATES.all(), ids=lambda kind: kind.kind)
def test_all_blocks_add_up_to_the_ledger(template: type[Template]) -> None:
    for task, problem in fitting(template)[:2]:
        check_sums(template, task, problem, "float32", "cpu")


@pytest.mark.long
@pytest.mark.parametrize("template", TEMPLATES.all(), ids=lambda kind: kind.kind)
def test_they_do_so_for_every_task_and_condition(template: type[Template]) -> None:
    for task, problem in fitting(template):
        check_sums(template, task, problem, "float32", "cpu")
        check_sums(template, task, problem, "bfloat16", "cuda")
        check_sums(template, task, problem, "bfloat16", "cpu", recompute=True)


def check_sums(
    template: type[Template],
    task: str,
    problem: Problem,
    precision: str,
    device: str,
    recompute: bool = False,
) -> None:
    """Compares the sums of all blocks with the ledger."""
    training = TrainingSettings(batch_size=8, recompute=recompute)
    resolved = resolved_for(problem, task, model=template(), training=training)
    graph = resolved.model.graph(problem)
    total = predict(resolved, graph, problem, 0, device, precision)
    conditions = Conditions.of(resolved, precision, device)
    measurement = measure_graph(graph, problem, resolved, conditions)

    assert measurement.error is None
    blocks = measurement.bytes
    assert {row: blocks[row] for row in EXACT} == {row: total[row] for row in EXACT}
    assert blocks["activations"] == pytest.approx(total["activations"], rel=0.05)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.all(), ids=lambda kind: kind.kind)
@pytest.mark.parametrize("template", ("cnn", "gpt"))
def test_the_state_of_every_optimizer_adds_up(template: str, optimizer: Any) -> None:
    task, problem = fitting(TEMPLATES.get(template))[0]
    resolved = resolved_for(problem, task, model=template, optimizer=optimizer())
    graph = resolved.model.graph(problem)
    total = predict(resolved, graph, problem)
    measurement = measure_graph(graph, problem, resolved, Conditions.of(resolved, "float32", "cpu"))
    assert {row: measurement.bytes[row] for row in EXACT} == {row: total[row] for row in EXACT}


def test_the_numbers_of_a_convolution_by_hand() -> None:
    measurement = measured(bypass())
    conv, norm = measurement.blocks[:2]
    assert (conv.shape, conv.parameters) == ((8, 16, 16), 3 * 8 * 9)
    assert conv.multiply_adds == 16 * 16 * 3 * 8 * 9
    assert conv.bytes["weights"] == conv.bytes["first_moment"] == 4 * 3 * 8 * 9
    assert conv.bytes["activations"] == 0  # it keeps the batch, which has a row of its own

    # The norm keeps what it reads, and its ReLU what it gives; their statistics are small.
    kept = 2 * 4 * 8 * 16 * 16 * 4
    assert kept <= norm.bytes["activations"] <= kept + 100

    # What the norm gave is counted there, though the next convolution and the sum need it too.
    assert measurement.by_name["conv2"].bytes["activations"] == 0
    assert measurement.by_name["sum"].bytes["activations"] == 0


def test_receptive_fields_grow_with_every_convolution() -> None:
    fields = [block.receptive_field for block in measured(bypass()).blocks]
    assert [field.positions for field in fields[:4] if field is not None] == [3, 3, 5, 5]
    assert fields[4] is None  # the pooling sees everything


@pytest.fixture
def newly_measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Returns the kinds of blocks that are measured from now on; nothing is known before."""
    kinds: list[str] = []
    measure = graph_measurement.cost_of_block
    measure_loss = graph_measurement.cost_of_loss

    def of_block(placed: PlacedBlock, *others: Any) -> Cost:
        kinds.append(placed.node.kind)
        return measure(placed, *others)

    def of_loss(*arguments: Any) -> Cost:
        kinds.append("loss")
        return measure_loss(*arguments)

    monkeypatch.setattr(graph_measurement, "KNOWN", KnownCosts())
    monkeypatch.setattr(graph_measurement, "cost_of_block", of_block)
    monkeypatch.setattr(graph_measurement, "cost_of_loss", of_loss)
    return kinds


def test_only_what_changed_and_what_reads_it_is_measured(
    newly_measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = measured(bypass())
    newly_measured.clear()
    assert measured(bypass(), before) == before
    assert newly_measured == []

    wider_filters = measured(bypass(kernel_size=5), before)
    assert newly_measured == ["convolution"]

    newly_measured.clear()
    again = measured(bypass(channels=16), before)
    assert len(newly_measured) == 6 and "loss" not in newly_measured  # it reads what it read before

    newly_measured.clear()
    assert measured(bypass()) == before  # back again, without a measurement to go on from
    assert newly_measured == []

    monkeypatch.setattr(graph_measurement, "KNOWN", KnownCosts())
    assert measured(bypass(kernel_size=5)) == wider_filters
    assert measured(bypass(channels=16)) == again


@pytest.mark.parametrize(
    "other",
    [{"precision": "bfloat16"}, {"device_type": "cuda"}, {"recompute": True}, {"batch": 8}],
    ids=str,
)
def test_under_other_conditions_blocks_are_measured_anew(
    newly_measured: list[str], other: dict[str, Any]
) -> None:
    graph = bypass()
    resolved = resolved_for(PICTURES, "classification")
    usual = replace(Conditions.of(resolved, "float32", "cpu"), batch=4)
    measure_graph(graph, PICTURES, resolved, usual)
    newly_measured.clear()
    measure_graph(graph, PICTURES, resolved, replace(usual, **other))
    assert len(newly_measured) == 7, "six blocks and the loss"


def test_another_learning_rate_is_no_reason_to_measure_again(newly_measured: list[str]) -> None:
    resolved = resolved_for(PICTURES, "classification")
    usual = Conditions.of(resolved, "float32", "cpu")
    before = measure_graph(bypass(), PICTURES, resolved, usual)
    newly_measured.clear()
    faster = replace(usual, optimizer=usual.optimizer.replace(learning_rate=0.5))
    assert measure_graph(bypass(), PICTURES, resolved, faster).blocks == before.blocks
    assert newly_measured == []


def test_another_batch_is_measured_anew() -> None:
    graph = bypass()
    before = measured(graph)
    resolved = resolved_for(PICTURES, "classification", training=TrainingSettings(batch_size=8))
    conditions = Conditions.of(resolved, "float32", "cpu")
    after = measure_graph(graph, PICTURES, resolved, conditions, before)
    assert after == measure_graph(graph, PICTURES, resolved, conditions)
    assert after.bytes["activations"] > 1.9 * before.bytes["activations"]


def test_a_block_that_cannot_be_keeps_the_numbers_before_it() -> None:
    graph = bypass()
    sound = measured(graph)
    broken = Graph(
        tuple(
            replace(node, settings={"channels": 12}) if node.name == "conv2" else node
            for node in graph.nodes
        )
    )
    measurement = measured(broken, sound)
    assert measurement.error is not None and measurement.error.node == "sum"
    assert measurement.blocks[:2] == sound.blocks[:2]
    assert measurement.by_name["sum"].inputs == ((8, 16, 16), (12, 16, 16))
    assert [block.shape is None for block in measurement.blocks] == [False] * 3 + [True] * 3
    assert measured(graph, measurement) == sound
    assert measured(graph, measurement) == sound


def test_a_network_of_absurd_size_takes_no_memory() -> None:
    wide = {"channels": 4096, "kernel_size": 16}
    graph = Graph(
        (
            Node("conv1", "convolution", wide),
            *(Node(f"up{number}", "upsample", {"channels": 4096}) for number in range(3)),
            Node("pool", "global-pooling"),
            ANSWER,
        )
    )
    measurement = measured(graph)
    assert measurement.error is None
    assert measurement.bytes["activations"] > 200_000_000
