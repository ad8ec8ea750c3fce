"""What RealMLP and TabM are made of: fast scales, waves of columns, members that share weights."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from app.engine.learning.loss import targets_of_members
from app.engine.memory.inspection import inspect
from models.graph import Graph, GraphError, Node
from models.groups import group
from models.layers.block import BlockError
from models.layers.elementwise.parametric_activation import ParametricActivation
from models.layers.elementwise.scaling import Scaling
from models.layers.embedding.periodic_columns import (
    BIN_SPEED,
    LIMIT,
    PeriodicColumns,
    PeriodicColumnsModule,
    edges_of_bins,
)
from models.layers.linear.ensemble_layers import EnsembleLayers
from models.layers.linear.member_layers import MemberLayers, MemberLayersModule
from models.layers.linear.ntk_linear import NTKLinear
from models.network import build_model, place_blocks
from models.repair.repairs import find_mistake
from models.shape import Input, Meaning, Problem
from models.template import TEMPLATES
from tests.models.networks import initialised

ROW = Input("row", (5,), categories=(3, 30))


def problem(meaning: Meaning, outputs: int = 4, examples: int = 3_000) -> Problem:
    return Problem.of((ROW,), outputs, examples, "values", meaning)


def one_step(module: nn.Module, x: torch.Tensor) -> None:
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    module(x).square().mean().backward()
    optimizer.step()


def test_a_scale_begins_at_one_and_moves_as_many_times_as_fast() -> None:
    x = torch.randn(8, 5)
    module = Scaling(speed=6.0).module((5,))
    torch.testing.assert_close(module(x), x)
    one_step(module, x)
    torch.testing.assert_close(module(x), x * (1 - 0.06), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("inputs", (16, 256, 1_024))
def test_a_step_of_an_ntk_layer_moves_its_outputs_alike_at_every_width(inputs: int) -> None:
    module = initialised(NTKLinear(outputs=64).module((inputs,)))
    x = torch.randn(512, inputs)
    outputs = (module(x) - module.bias).detach()
    assert float(outputs.std()) == pytest.approx(1.0, abs=0.15)

    x = torch.ones(1, inputs)
    before = module(x)
    one_step(module, x)
    moved = float((module(x) - before).detach().abs().mean())
    assert moved == pytest.approx(0.01 * math.sqrt(256 * inputs) + 0.01, rel=0.01)


def test_a_parametric_activation_begins_as_its_function() -> None:
    x = torch.randn(4, 7)
    module = ParametricActivation(function="mish").module((7,))
    torch.testing.assert_close(module(x), functional.mish(x))
    with torch.no_grad():
        module.weight.zero_()
    assert torch.equal(module(x), x)


def test_columns_are_clipped_smoothly_and_have_waves_and_marks() -> None:
    block = PeriodicColumns(width=4, categories=[3, 30])
    assert block.shape((5,)) == (3 * 4 + 2 + 8,)
    module = initialised(block.module((5,)))
    x = torch.tensor([[0.1, -1e9, 3.0, 2.0, 7.0], [0.1, 0.0, 1.0, 0.0, 99.0]])
    out = module(x).detach()
    assert out[0, 0] == pytest.approx(0.1, abs=1e-3)
    assert out[0, 1] == pytest.approx(-3.0) and out[0, 2] == pytest.approx(3 / math.sqrt(2))
    assert out[:, 12:14].tolist() == [[0.0, 1.0], [0.0, 0.0]], "an unseen value has no mark"
    unseen = module(torch.tensor([[0.1, 0.0, 1.0, 0.0, 0.0]])).detach()
    assert torch.equal(out[1, 14:], unseen[0, 14:]), "what lies outside of a table is unseen"

    plain = PeriodicColumns(width=1, categories=[3, 30]).module((5,))
    assert plain(x).shape == (2, 3 + 2 + 8)


def test_a_category_of_many_values_becomes_a_vector() -> None:
    block = PeriodicColumns(width=1, categories=[3, 30, 400], vector=24)
    assert block.shape((5,)) == (2 + 2 + 2 * 24,)
    module = initialised(block.module((5,)))
    rows = torch.zeros(30, 5)
    rows[:, 3] = torch.arange(30.0)
    out = module(rows)
    assert torch.pdist(out[:, 4:28]).min() > 0.1
    assert torch.equal(out[:, 28:], out[:1, 28:].expand(30, -1))


def test_of_every_bin_a_network_sees_how_much_lies_below_the_amount() -> None:
    bins = 8
    block = PeriodicColumns(width=2, bins=bins)
    assert block.shape((1,)) == (2,) and block.multiply_adds((1,)) == 16 + bins
    module = initialised(block.module((1,)))
    assert isinstance(module, PeriodicColumnsModule)
    nn.init.zeros_(module.weight)
    nn.init.zeros_(module.offsets)
    edges = edges_of_bins(bins)
    assert edges == sorted(edges) and edges[0] == pytest.approx(-edges[-1])

    for place in range(bins):  # a weight at one bin makes a ramp there, level before and behind
        with torch.no_grad():
            module.bin_weight.zero_()
            module.bin_weight[0, place] = 1 / BIN_SPEED
        amounts = torch.tensor([-9.0, edges[place], (edges[place] + edges[place + 1]) / 2, 9.0])
        amounts[1:3] /= torch.sqrt(1 - (amounts[1:3] / LIMIT).square())  # before it was clipped
        ramp = module(amounts[:, None])[:, 1]
        torch.testing.assert_close(ramp, torch.tensor([-0.5, -0.5, 0.0, 0.5]), atol=1e-5, rtol=0)


def test_an_amount_falls_into_every_bin_as_often() -> None:
    amounts = torch.randn(100_000, generator=torch.Generator().manual_seed(0))
    amounts *= torch.rsqrt(1 + (amounts / LIMIT).square())
    counts = torch.bucketize(amounts, torch.tensor(edges_of_bins(16))).bincount(minlength=18)
    below, *inside, above = (counts / len(amounts)).tolist()
    assert inside == pytest.approx([1 / 17] * 16, rel=0.06)
    assert [below, above] == pytest.approx([0.5 / 17] * 2, rel=0.06)


def members(mean: str, outputs: int = 4) -> MemberLayersModule:
    block = MemberLayers(outputs=outputs, members=6, depth=2, width=16, mean=mean)
    module = initialised(block.module((5,)))
    assert isinstance(module, MemberLayersModule)
    nn.init.normal_(module.layers[-1].weight)  # at first all answer alike
    return module


@pytest.mark.parametrize("mean", ("values", "classes", "tags"))
def test_the_answer_is_the_mean_of_the_members(mean: str) -> None:
    module = members(mean).eval()
    x = torch.randn(9, 5)
    each = module.member_outputs(x)
    assert each.shape == (6, 9, 4) and bool((each.std(dim=0) > 0).all())
    answer = module(x)
    if mean == "classes":
        torch.testing.assert_close(answer.softmax(-1), each.softmax(-1).mean(0))
    elif mean == "tags":
        torch.testing.assert_close(answer.sigmoid(), each.sigmoid().mean(0))
    else:
        torch.testing.assert_close(answer, each.mean(0))


def test_in_training_each_example_goes_through_one_member_and_all_have_as_many() -> None:
    module = members("values")
    x = torch.randn(12, 5)
    each = module.eval().member_outputs(x)
    module.train()
    torch.manual_seed(3)
    out = module(x)
    distances = (each - out).detach().abs().amax(dim=2)
    which = distances.argmin(dim=0)
    assert float(distances.amin(dim=0).max()) < 1e-5
    assert which.bincount(minlength=6).tolist() == [2] * 6


def test_batches_of_one_reach_every_member_in_time() -> None:
    module = members("values").train()
    torch.manual_seed(0)
    for _ in range(60):
        module(torch.randn(1, 5)).sum().backward()

    gradient = module.layers[0].offsets.grad
    assert gradient is not None and bool((gradient.abs().sum(dim=1) > 0).all())


def test_a_member_of_an_ensemble_learns_as_it_would_alone() -> None:
    settings = {"outputs": 4, "depth": 2, "width": 8}
    together = initialised(EnsembleLayers(members=3, **settings).module((5,))).train()
    alone = EnsembleLayers(members=1, **settings).module((5,)).train()
    second = {name: tensor[1:2] for name, tensor in together.state_dict().items()}
    alone.load_state_dict(second)

    x, targets = torch.randn(7, 5), torch.arange(7) % 4
    outputs = together(x)
    assert outputs.shape == (21, 4)
    repeated = targets_of_members(targets, outputs)
    functional.cross_entropy(outputs, repeated).backward()
    functional.cross_entropy(alone(x), targets).backward()
    for (name, own), other in zip(together.named_parameters(), alone.parameters(), strict=True):
        assert own.grad is not None and other.grad is not None
        torch.testing.assert_close(3 * own.grad[1:2], other.grad, msg=name)

    together.eval()
    mean = together.member_outputs(x).mean(0)
    torch.testing.assert_close(together(x), mean)


def test_an_mlp_with_members_is_an_ensemble_where_answers_have_a_mean() -> None:
    mlp = TEMPLATES.get("mlp")(members=4)
    graph = mlp.resolved(problem("classes")).graph(problem("classes"))
    assert graph.nodes[-1].kind == "ensemble-layers"
    assert graph.nodes[-1].settings["mean"] == "classes"
    with pytest.raises(GraphError, match="Set members to 1"):
        mlp.resolved(problem("")).graph(problem(""))


def test_members_need_one_list_of_values() -> None:
    for block in (MemberLayers(), EnsembleLayers()):
        with pytest.raises(BlockError, match="one list of values"):
            block.shape((4, 8))


@pytest.mark.parametrize("grouped", [False, True])
def test_a_bypass_around_members_is_a_mistake_and_one_before_them_is_none(grouped: bool) -> None:
    plain = Problem.of((Input("row", (4,)),), 4, 3_000, "values", "amounts")
    ensemble = Node("ensemble", "ensemble-layers", {"outputs": 4, "members": 3}, ("input",))
    around = Graph((ensemble, Node("sum", "add", {}, ("input", "ensemble"))))
    before = Graph(
        (
            Node("dense", "linear", {"outputs": 4}, ("input",)),
            Node("sum", "add", {}, ("input", "dense")),
            replace(ensemble, inputs=("sum",)),
            Node("more", "linear", {"outputs": 4}, ("ensemble",)),
            Node("twice", "add", {}, ("ensemble", "more")),
        )
    )
    if grouped:
        around, before = (group(each, ["ensemble"], "own")[0] for each in (around, before))

    assert list(place_blocks(before, plain))
    mistake = find_mistake(around, plain)
    assert mistake is not None and mistake.node == "sum"
    assert "join the answers of 3 members with a single answer" in mistake.what
    assert mistake.repairs and find_mistake(mistake.repairs[0].graph, plain) is None
    error = inspect(around, plain).error
    assert error is not None and error.node == "sum"


@pytest.mark.parametrize(
    ("meaning", "mean", "function"),
    [
        ("classes", "classes", "selu"),
        ("tags", "tags", "selu"),
        ("amounts", "values", "mish"),
        ("", "values", "selu"),
    ],
)
def test_templates_follow_what_the_answer_means(meaning: Meaning, mean: str, function: str) -> None:
    asked = problem(meaning)
    tabm = TEMPLATES.get("tabm")().resolved(asked).graph(asked)
    assert tabm["members"].settings["mean"] == mean
    realmlp = TEMPLATES.get("realmlp")().resolved(asked).graph(asked)
    assert realmlp["bend1"].settings["function"] == function
    rates = TEMPLATES.get("realmlp").recipe(asked)["optimizer"]["learning_rate"]
    assert rates == (0.0125 if meaning == "amounts" else 0.0025)


@pytest.mark.parametrize(
    ("examples", "depth", "width"), [(400, 3, 128), (999, 3, 256), (1_000, 2, 256)]
)
def test_small_tables_get_more_layers_and_narrow_ones(
    examples: int, depth: int, width: int
) -> None:
    asked = Problem.of((Input("row", (4,)),), 1, examples, "values", "amounts")
    realmlp = TEMPLATES.get("realmlp")().resolved(asked)
    layers = [node for node in realmlp.graph(asked).nodes if node.kind == "ntk-linear"]
    assert len(layers) == depth and {node.settings["outputs"] for node in layers} == {width}


@pytest.mark.parametrize("kind", ("realmlp", "tabm"))
def test_they_learn_a_step_that_a_line_cannot_show(kind: str) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(256, 5, generator=generator)
    x[:, 3:] = 1.0
    targets = ((x[:, 0] > 0) ^ (x[:, 1] > 0.5)).long()
    asked = Problem.of((ROW,), 2, 256, "values", "classes")
    template = TEMPLATES.get(kind)(width=32, dropout=0.0).resolved(asked)
    network = build_model(template.graph(asked), asked, 0).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.005)
    torch.manual_seed(0)
    for _ in range(120):
        order = torch.randperm(256)
        optimizer.zero_grad()
        functional.cross_entropy(network(x[order]), targets[order]).backward()
        optimizer.step()

    accuracy = (network.eval()(x).argmax(1) == targets).float().mean()
    assert accuracy > 0.93
