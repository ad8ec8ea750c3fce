"""Graphs of format version 1: old names of blocks and settings give the same network as the new."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from models.graph import Graph, GraphError
from models.layers.block import BLOCKS
from models.network import Network, build_model, read_block
from models.old_names import BLOCK_KINDS, BLOCK_SETTINGS, TEMPLATE_SETTINGS, renamed
from models.shape import Input, Problem
from models.spec import settings
from models.template import TEMPLATES, Template
from tests.models.networks import cases, picture_problem

VERSION_1: tuple[tuple[str, dict[str, Any], str, dict[str, Any], list[str]], ...] = (
    ("turn", {}, "transpose", {}, []),
    (
        "enlarging",
        {"channels": 4, "height": 16, "width": 14},
        "upsample",
        {"channels": 4, "height": 16, "width": 14},
        ["filters.bias", "filters.weight"],
    ),
    (
        "sequence-convolution",
        {"channels": 4, "size": 3, "stride": 2, "activation": "relu"},
        "convolution-1d",
        {"channels": 4, "kernel_size": 3, "stride": 2, "activation": "relu"},
        ["0.filters.bias", "0.filters.weight"],
    ),
    (
        "sequence-pooling",
        {"how": "mean", "size": 3},
        "pooling-1d",
        {"mode": "mean", "kernel_size": 3},
        [],
    ),
    (
        "sequence-residual",
        {"size": 3, "dropout": 0.1},
        "residual-1d",
        {"kernel_size": 3, "dropout": 0.1},
        [
            "first.filters.bias",
            "first.filters.weight",
            "norm.bias",
            "norm.weight",
            "second.filters.bias",
            "second.filters.weight",
        ],
    ),
    (
        "sequence-enlarging",
        {"channels": 4, "size": 3, "length": 20},
        "upsample-1d",
        {"channels": 4, "kernel_size": 3, "length": 20},
        ["filters.filters.bias", "filters.filters.weight"],
    ),
    ("answer", {"outputs": 3}, "output", {"outputs": 3}, ["bias", "weight"]),
    ("token-answer", {"outputs": 3}, "token-output", {"outputs": 3}, ["bias", "weight"]),
    ("match", {}, "contrastive-output", {}, ["log_scale"]),
    ("together", {}, "concatenate-in-batch", {}, []),
    (
        "columns",
        {"categories": [3]},
        "categorical-embedding",
        {"categories": [3]},
        ["lookup.tables.0.weight"],
    ),
    (
        "feature-tokens",
        {"categories": [3], "width": 8},
        "column-tokens",
        {"categories": [3], "width": 8},
        ["begins", "directions", "lookup.tables.0.weight"],
    ),
    (
        "patches",
        {"size": 2, "width": 8},
        "patch-embedding",
        {"patch_size": 2, "width": 8},
        ["project.bias", "project.weight"],
    ),
    (
        "signal-patches",
        {"size": 2, "width": 8},
        "patch-embedding-1d",
        {"patch_size": 2, "width": 8},
        ["project.bias", "project.weight"],
    ),
    (
        "positions",
        {"columns": 4, "strength": 0.02},
        "position-embedding",
        {"columns": 4, "scale": 0.02},
        ["positions"],
    ),
    ("tokens", {}, "flatten-to-tokens", {}, []),
    (
        "picture-from-tokens",
        {"size": 2, "height": 8, "width": 6},
        "unpatchify",
        {"patch_size": 2, "height": 8, "width": 6},
        [],
    ),
    (
        "signal-from-tokens",
        {"size": 2, "length": 24},
        "unpatchify-1d",
        {"patch_size": 2, "length": 24},
        [],
    ),
    ("visible-patches", {"size": 2}, "patch-mask", {"patch_size": 2}, []),
    (
        "convolution",
        {"channels": 4, "size": 2, "stride": 2, "bias": True},
        "convolution",
        {"channels": 4, "kernel_size": 2, "stride": 2, "bias": True},
        ["bias", "weight"],
    ),
    (
        "convnext",
        {"size": 5, "expansion": 2, "dropout": 0.2},
        "convnext",
        {"kernel_size": 5, "expansion": 2, "stochastic_depth": 0.2},
        [
            "contract.bias",
            "contract.weight",
            "depthwise.bias",
            "depthwise.weight",
            "expand.bias",
            "expand.weight",
            "norm.bias",
            "norm.weight",
            "scale",
        ],
    ),
    (
        "residual",
        {"channels": 4, "halves": True, "dropout": 0.1},
        "residual",
        {"channels": 4, "downsample": True, "dropout": 0.1},
        [
            *("first.0.weight", "first.1.bias", "first.1.num_batches_tracked"),
            *("first.1.running_mean", "first.1.running_var", "first.1.weight"),
            *("second.0.weight", "second.1.bias", "second.1.num_batches_tracked"),
            *("second.1.running_mean", "second.1.running_var", "second.1.weight"),
        ],
    ),
    (
        "pooling",
        {"how": "max", "size": 3},
        "pooling",
        {"mode": "max", "kernel_size": 3},
        [],
    ),
    ("global-pooling", {"how": "mean"}, "global-pooling", {"mode": "mean"}, []),
    ("dropout", {"share": 0.3}, "dropout", {"rate": 0.3}, []),
    ("reshape", {"to": [-1, 2]}, "reshape", {"target_shape": [-1, 2]}, []),
)
"""Old kind and settings, new kind and settings, and the names of weights, which stay."""

UNCHANGED = {
    *("add", "concatenate", "linear", "transformer", "token-embedding", "padding-mask"),
    *("mask-token", "batch-norm", "layer-norm", "group-norm"),
}
"""Kinds of blocks whose names and settings are those of version 1."""

SHAPES = ((4, 8, 6), (12, 8), (4,))
"""A picture, tokens and a row, of which every block takes one."""

TEMPLATE_CASES = [
    *cases(),
    *(
        (f"two-tower, {left.kind} and {right.kind}", TEMPLATES.get("two-tower"), pair)
        for left, right in (
            (Input("text", (12,), vocabulary=257), Input("text", (12,), vocabulary=257)),
            (Input("image", (3, 12, 12)), Input("signal", (2, 37))),
        )
        for pair in (Problem.of((left, right), 16, 100, "pair"),)
    ),
]


def plain(kind: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "block", "kind": kind, "settings": values, "inputs": ["input"]}]


def in_version_1(graph: Graph) -> list[dict[str, Any]]:
    """Returns what version 1 wrote to graph.json for the same network."""
    old_kinds = {new: old for old, new in BLOCK_KINDS.items()}
    blocks = []
    for block in graph.to_plain():
        names = {new: old for old, new in BLOCK_SETTINGS.get(block["kind"], {}).items()}
        old_settings = {names.get(name, name): value for name, value in block["settings"].items()}
        kind = old_kinds.get(block["kind"], block["kind"])
        blocks.append({**block, "kind": kind, "settings": old_settings})

    return blocks


@pytest.mark.parametrize("case", VERSION_1, ids=lambda case: case[0])
def test_an_old_block_is_read_as_the_new_one(
    case: tuple[str, dict[str, Any], str, dict[str, Any], list[str]],
) -> None:
    old_kind, old_settings, kind, new_settings, weights = case
    graph = Graph.from_plain(plain(old_kind, old_settings))
    assert graph == Graph.from_plain(plain(kind, new_settings))
    assert graph["block"].kind == kind and graph["block"].settings == new_settings

    block = read_block(graph["block"])
    shapes = next(shapes for shapes in all_inputs(block.arity[0]) if fits(block, shapes))
    assert sorted(block.module(*shapes).state_dict()) == weights


def all_inputs(count: int) -> list[tuple[tuple[int, ...], ...]]:
    return [(shape,) * count for shape in SHAPES]


def fits(block: Any, shapes: tuple[tuple[int, ...], ...]) -> bool:
    try:
        block.shape(*shapes)
    except ValueError:
        return False

    return True


def test_every_old_name_is_tried() -> None:
    assert {case[0] for case in VERSION_1} >= set(BLOCK_KINDS)
    assert {case[2] for case in VERSION_1} >= set(BLOCK_SETTINGS)
    for old_kind, old_settings, kind, new_settings, _ in VERSION_1:
        assert BLOCK_KINDS.get(old_kind, old_kind) == kind
        assert renamed(old_settings, BLOCK_SETTINGS.get(kind, {})) == new_settings
        assert set(BLOCK_SETTINGS.get(kind, {})) <= set(old_settings)

    version_1 = {case[2] for case in VERSION_1} | UNCHANGED
    assert version_1 <= {kind.kind for kind in BLOCKS.all()}


def test_no_new_name_is_an_old_one() -> None:
    """Otherwise a graph could not be read without knowing its version."""
    kinds = {kind.kind: {item.name for item in settings(kind)} for kind in BLOCKS.all()}
    assert not set(BLOCK_KINDS) & set(kinds)
    for kind, names in BLOCK_SETTINGS.items():
        assert set(names.values()) <= kinds[kind]
        assert not set(names) & kinds[kind]

    for template, names in TEMPLATE_SETTINGS.items():
        known = {item.name for item in settings(TEMPLATES.get(template))}
        assert set(names.values()) <= known
        assert not set(names) & known


@pytest.mark.parametrize(
    ("template", "problem"),
    [(template, problem) for _, template, problem in TEMPLATE_CASES],
    ids=[name for name, _, _ in TEMPLATE_CASES],
)
def test_an_old_graph_gives_the_same_network(template: type[Template], problem: Problem) -> None:
    graph = template().resolved(problem).graph(problem)
    again = Graph.from_plain(in_version_1(graph))
    assert again == graph

    network, other = build_model(graph, problem, 1), build_model(again, problem, 1)
    weights = other.state_dict()
    assert list(weights) == list(network.state_dict())
    assert all(torch.equal(tensor, weights[name]) for name, tensor in network.state_dict().items())


def test_the_templates_use_every_old_kind() -> None:
    kinds = {
        block["kind"]
        for _, template, problem in TEMPLATE_CASES
        for block in in_version_1(template().resolved(problem).graph(problem))
    }
    assert kinds >= set(BLOCK_KINDS)


def test_a_setting_under_both_names_is_refused() -> None:
    data = plain("convolution", {"size": 3, "kernel_size": 3})
    with pytest.raises(GraphError, match="size"):
        Network(Graph.from_plain(data), picture_problem(3, 8, 8))
