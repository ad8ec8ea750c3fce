"""What comes out of blocks: the numbers that the network computes; looking changes nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from app.engine.compute.outputs.attention import attention_weights
from app.engine.compute.outputs.pictures import LARGE_MAPS, SMALL_MAPS, SMALL_SIDE
from app.engine.compute.outputs.watch import OutputWatcher
from models.graph import INPUT, OTHER, Graph, Node
from models.groups import group
from models.layers.attention.attention import SelfAttention
from models.layers.attention.cross_attention import CrossAttentionModule
from models.layers.attention.rotary import RotarySelfAttention, rotate
from models.network import build_model
from models.shape import Problem
from models.template import TEMPLATES
from tests.models.networks import (
    INPUTS,
    batch_of,
    cases,
    initialised,
    network_of,
    picture_problem,
    problem_of,
    typical_problem,
)

if TYPE_CHECKING:
    from models.network import Network
    from models.template import Template

PICTURES = picture_problem(3, 8, 8)

PLAIN = Graph(
    (
        Node("conv", "convolution", {"channels": 6, "bias": True}),
        Node("bend", "activation"),
        Node("pool", "global-pooling"),
        Node("answer", "output", {"outputs": 5}),
    )
)


def test_the_numbers_are_those_that_the_network_computes() -> None:
    network = build_model(PLAIN, PICTURES, 3).eval()
    batch = batch_of(PICTURES, 4)
    outputs = OutputWatcher(network).look(batch)
    assert list(outputs) == [INPUT, "conv", "bend", "pool", "answer"]

    with torch.no_grad():
        conv = network.blocks["conv"](batch)
        bent = conv.relu()
        answer = network(batch)

    seen = outputs["bend"]
    assert seen.shape == (6, 8, 8)
    assert seen.mean == pytest.approx(float(bent[0].mean()))
    assert seen.deviation == pytest.approx(float(bent[0].std(correction=0)))
    assert (seen.lowest, seen.highest) == (0.0, pytest.approx(float(bent[0].max())))
    assert seen.zeros == pytest.approx(float((conv[0] <= 0).float().mean()))
    assert seen.spread is not None
    assert int(seen.spread.values.sum()) == seen.spread.total == bent[0].numel()
    assert (seen.spread.low, seen.spread.high) == (seen.lowest, seen.highest)
    assert seen.not_numbers == 0 and seen.examples == 4

    assert seen.small is not None
    assert (seen.small.kind, seen.small.subject, seen.small.total) == ("maps", "channels", 6)
    assert np.array_equal(seen.small.values, bent[0].numpy())
    assert outputs["conv"].lowest == pytest.approx(float(conv[0].min()))
    assert outputs["conv"].lowest < 0, "a later block did not change what was seen"

    last = outputs["answer"].small
    assert last is not None and last.kind == "bars"
    assert np.allclose(last.values, answer[0].numpy())


def test_dead_units_are_zero_for_every_example_and_place() -> None:
    network = build_model(PLAIN, PICTURES, 3)
    conv = network.blocks["conv"]
    with torch.no_grad():
        conv.weight[2] = 0
        conv.bias[2] = -1
        conv.weight[4] = 0
        conv.bias[4] = -1

    outputs = OutputWatcher(network).look(batch_of(PICTURES, 16))
    assert (outputs["bend"].units, outputs["bend"].dead) == (6, 2)
    assert (outputs["pool"].units, outputs["pool"].dead) == (6, 2)
    assert outputs["conv"].dead == outputs["answer"].dead == 0


def test_features_of_tokens_and_single_values_are_units_too() -> None:
    text = problem_of(INPUTS["a text"])
    graph = Graph(
        (
            Node("words", "token-embedding", {"width": 8, "vocabulary": 257}),
            Node("bend", "activation"),
            Node("pool", "global-pooling"),
            Node("answer", "output", {"outputs": 5}),
        )
    )
    network = build_model(graph, text, 0)
    with torch.no_grad():
        next(network.blocks["words"].parameters())[:, 3] = -1

    outputs = OutputWatcher(network).look(batch_of(text, 6), "words")
    assert INPUT not in outputs, "numbers of tokens are names"
    assert (outputs["bend"].units, outputs["bend"].dead) == (8, 1)
    assert (outputs["pool"].units, outputs["pool"].dead) == (8, 1)

    seen = outputs["words"]
    assert [picture.subject for picture in seen.large] == ["norms", "features", "values"]
    assert seen.large[0].values.shape == (12,) and seen.large[1].values.shape == (8, 12)
    assert seen.small is not None and seen.small.subject == "norms"


def test_columns_of_a_signal_are_positions_until_it_is_turned() -> None:
    problem = problem_of(INPUTS["a signal"])
    graph = Graph(
        (
            Node("bend", "activation"),
            Node("turned", "transpose"),
            Node("conv", "convolution-1d", {"channels": 4}),
            Node("norm", "layer-norm"),
            Node("pool", "global-pooling"),
            Node("answer", "output", {"outputs": 5}),
        )
    )
    outputs = OutputWatcher(build_model(graph, problem, 0)).look(batch_of(problem, 3), "bend")
    subjects = {name: seen.small.subject for name, seen in outputs.items() if seen.small}
    assert subjects == {
        INPUT: "signals",
        "bend": "signals",
        "turned": "norms",
        "conv": "norms",
        "norm": "norms",
        "pool": "values",
        "answer": "values",
    }
    assert outputs["bend"].units == outputs["turned"].units == 2 and outputs["conv"].units == 4
    assert [picture.subject for picture in outputs["bend"].large] == ["signals", "values"]


def test_what_is_no_number_is_counted_and_left_out_of_the_figures() -> None:
    network = build_model(PLAIN, PICTURES, 3)
    batch = batch_of(PICTURES, 2)
    assert isinstance(batch, torch.Tensor)
    batch[0, 0, 0, 0] = math.nan
    seen = OutputWatcher(network).look(batch)[INPUT]
    assert seen.not_numbers == 1 and math.isfinite(seen.mean)
    assert seen.small is not None and np.isnan(seen.small.values).sum() == 1

    batch[0] = math.inf
    seen = OutputWatcher(network).look(batch)[INPUT]
    assert seen.not_numbers == 3 * 8 * 8 and math.isnan(seen.mean)


def test_many_and_large_maps_are_shrunk_and_the_rest_is_counted() -> None:
    problem = picture_problem(3, 150, 90)
    wide = {"channels": LARGE_MAPS + 44}
    graph = Graph((Node("conv", "convolution", wide), *PLAIN.nodes[1:]))
    seen = OutputWatcher(build_model(graph, problem, 0)).look(batch_of(problem, 1), "conv")["conv"]
    assert seen.small is not None
    assert seen.small.values.shape == (SMALL_MAPS, SMALL_SIDE, SMALL_SIDE)
    assert seen.small.total == seen.large[0].total == LARGE_MAPS + 44
    assert len(seen.large[0].values) == LARGE_MAPS
    assert seen.large[0].values.mean() == pytest.approx(seen.mean, abs=0.2)


# --- attention


def test_weights_of_attention_are_the_softmax_of_its_scores() -> None:
    module = initialised(SelfAttention(12, 3))
    assert isinstance(module, SelfAttention)
    x = torch.randn(2, 7, 12)
    with torch.no_grad():
        query, key, value = module.query_key_value(x).view(2, 7, 3, 3, 4).permute(2, 0, 3, 1, 4)
        expected = (query @ key.transpose(-1, -2) / 2).softmax(-1)
        weights = attention_weights(module, x)
        assert weights is not None and weights.shape == (2, 3, 7, 7)
        assert torch.allclose(weights, expected, atol=1e-6)
        mixed = module.output((weights @ value).transpose(1, 2).reshape(2, 7, 12))
        assert torch.allclose(mixed, module(x), atol=1e-6)


def test_masks_and_positions_count_as_they_do_in_the_network() -> None:
    x = torch.randn(1, 9, 8)
    back = initialised(SelfAttention(8, 2, causal=True))
    causal = attention_weights(back, x)  # type: ignore[arg-type]
    assert causal is not None and not causal.triu(1).any()
    assert torch.allclose(causal.sum(-1), torch.ones(1, 2, 9))

    mask = torch.tensor([[1.0] * 6 + [0.0] * 3])
    masked = attention_weights(initialised(SelfAttention(8, 2)), x, mask)  # type: ignore[arg-type]
    assert masked is not None and not masked[..., 6:].any()
    assert torch.allclose(masked.sum(-1), torch.ones(1, 2, 9))

    module = initialised(RotarySelfAttention(8, 2))
    assert isinstance(module, RotarySelfAttention)
    with torch.no_grad():
        query, key, _ = module.query_key_value(x).view(1, 9, 3, 2, 4).permute(2, 0, 3, 1, 4)
        expected = (rotate(query) @ rotate(key).transpose(-1, -2) / 2).softmax(-1)
        turned = attention_weights(module, x)
        assert turned is not None and torch.allclose(turned, expected, atol=1e-6)


def test_one_text_looks_at_another() -> None:
    module = initialised(CrossAttentionModule(8, 6, 2))
    assert isinstance(module, CrossAttentionModule)
    x, context = torch.randn(1, 5, 8), torch.randn(1, 11, 6)
    mask = torch.tensor([[1.0] * 4 + [0.0] * 7])
    weights = attention_weights(module, x, context, mask)
    assert weights is not None and weights.shape == (1, 2, 5, 11)
    assert not weights[..., 4:].any()
    assert torch.allclose(weights.sum(-1), torch.ones(1, 2, 5))


def test_a_block_with_attention_shows_it() -> None:
    vit = TEMPLATES.get("vit")(depth=1, width=16, heads=2)
    problem = picture_problem(1, 16, 16)
    network = network_of(vit, problem)
    name = next(node.name for node in network.graph.nodes if node.kind == "transformer")
    seen = OutputWatcher(network).look(batch_of(problem, 2), name)[name]
    assert seen.small is not None and seen.small.subject == "attention" and seen.small.total == 2
    assert [picture.subject for picture in seen.large] == [
        "attention",
        "norms",
        "features",
        "values",
    ]
    assert seen.large[0].values.sum(-1) == pytest.approx(1.0, abs=1e-5)


# --- groups and whole networks


def test_blocks_within_a_group_are_seen_under_its_name() -> None:
    grouped, _ = group(PLAIN, ("conv", "bend"), "stage", [])
    name = next(node.name for node in grouped.nodes if node.kind == "stage")
    batch = batch_of(PICTURES, 4)
    outputs = OutputWatcher(build_model(grouped, PICTURES, 3)).look(batch, f"{name}/bend")
    plain = OutputWatcher(build_model(PLAIN, PICTURES, 3)).look(batch)
    assert set(outputs) == {INPUT, f"{name}/conv", f"{name}/bend", name, "pool", "answer"}
    assert outputs[name].mean == outputs[f"{name}/bend"].mean == plain["bend"].mean
    assert outputs[f"{name}/bend"].large and not outputs[name].large


@pytest.mark.parametrize(
    ("template", "problem"),
    [pytest.param(kind, problem, id=name) for name, kind, problem in cases()]
    + [
        pytest.param(kind, typical_problem(kind), id=f"{kind.kind}, typical")
        for kind in TEMPLATES.all()
    ],
)
def test_every_template_is_seen_block_by_block(template: type[Template], problem: Problem) -> None:
    network = network_of(template(), problem)
    outputs = OutputWatcher(network).look(batch_of(problem, 3))
    assert {node.name for node in network.graph.nodes} <= set(outputs)
    assert outputs[network.graph.nodes[-1].name].shape == problem.output_shape
    for seen in outputs.values():
        assert seen.small is not None and 0 <= seen.dead <= seen.units
        assert math.isfinite(seen.mean) and 0 <= seen.zeros <= 1


def test_both_halves_of_a_pair_are_seen() -> None:
    problem = Problem.of((INPUTS["a picture"], INPUTS["a signal"]), 16, 1_000, "pair")
    network = network_of(TEMPLATES.get("two-tower")(), problem)
    outputs = OutputWatcher(network).look(batch_of(problem, 3))
    assert {INPUT, OTHER} <= set(outputs)
    assert outputs[OTHER].shape == (2, 37)


def state_of(network: Network) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_looking_changes_nothing() -> None:
    network = network_of(TEMPLATES.get("resnet")(width=8), picture_problem(1, 16, 16))
    watcher = OutputWatcher(network)
    network.train()
    before = state_of(network)
    random = torch.random.get_rng_state()
    watcher.look(batch_of(network.problem, 4))

    assert network.training
    assert torch.equal(random, torch.random.get_rng_state())
    assert all(torch.equal(value, before[name]) for name, value in state_of(network).items())
    assert not any(module._forward_hooks for module in network.modules())
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_a_pass_that_fails_leaves_no_hooks() -> None:
    network = build_model(PLAIN, PICTURES, 3)
    with pytest.raises(RuntimeError):
        OutputWatcher(network).look(torch.zeros(2, 5, 8, 8))

    assert not any(module._forward_hooks for module in network.modules())
