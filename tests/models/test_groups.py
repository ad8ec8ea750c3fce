"""A group of blocks is one block: it computes, counts and says what its blocks do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from models import edits
from models.code.writer import write_network
from models.graph import BlockDefinition, Graph, GraphError, Node
from models.groups import (
    SettingOfBlock,
    check_group,
    expanded,
    group,
    parameters_of,
    take_apart,
)
from models.layers.block import BlockError
from models.layers.own_block import own_class
from models.network import build_model, place_blocks, read_block
from models.own_blocks import read_definitions
from models.repair.repairs import find_mistake
from models.shape import Input, Problem
from models.spec import settings
from tests.models.networks import batch_of, picture_problem
from tests.models.random_graphs import random_graph

PICTURES = picture_problem(3, 8, 8)

PLAIN = Graph(
    (
        Node("stem", "convolution", {"channels": 8}),
        Node("conv1", "convolution", {"channels": 8}),
        Node("norm1", "batch-norm", {"activation": "relu"}),
        Node("conv2", "convolution", {"channels": 8, "kernel_size": 5}),
        Node("sum", "add", {}, ("conv2", "conv1")),
        Node("pool", "global-pooling"),
        Node("answer", "output", {"outputs": 5}),
    )
)

INNER = ("conv1", "norm1", "conv2", "sum")

CHANNELS = parameters_of(
    [
        SettingOfBlock("conv1", "channels", 8, int),
        SettingOfBlock("conv2", "channels", 8, int),
        SettingOfBlock("conv2", "kernel_size", 5, int),
    ]
)


def grouped(*names: str) -> Graph:
    return group(PLAIN, names or INNER, "stage", CHANNELS)[0]


def definition(blocks: list[dict[str, Any]], **values: Any) -> BlockDefinition:
    return read_definitions({"stage": {"blocks": blocks, "settings": values}})["stage"]


def test_a_group_computes_what_its_blocks_did() -> None:
    graph = grouped()
    assert [node.kind for node in graph.nodes] == [
        "convolution",
        "stage",
        "global-pooling",
        "output",
    ]
    before, after = build_model(PLAIN, PICTURES, 3), build_model(graph, PICTURES, 3)
    batch = batch_of(PICTURES, 4)
    assert torch.equal(before(batch), after(batch))
    assert "blocks.stage1.conv2.weight" in after.state_dict()


def test_numbers_are_those_of_its_blocks() -> None:
    plain = {block.node.name: block for block in place_blocks(PLAIN, PICTURES)}
    placed = {block.node.name: block for block in place_blocks(grouped(), PICTURES)}
    stage = placed["stage1"]
    assert stage.shape == plain["sum"].shape
    assert stage.block.multiply_adds(*stage.inputs) == sum(
        plain[name].block.multiply_adds(*plain[name].inputs) for name in INNER
    )
    field = stage.block.receptive_field(*stage.inputs)
    assert field is not None and field.positions == 7


def test_its_settings_have_the_limits_and_words_of_those_they_set() -> None:
    kind = type(read_block(grouped()["stage1"]))
    assert kind.label == "Stage" and "4 blocks" in kind.summary
    declared = {each.name: each for each in settings(kind)}
    assert declared.keys() == {"channels", "kernel_size"}
    assert declared["channels"].default == 8 and declared["channels"].minimum == 1
    assert declared["kernel_size"].type == "integer"

    wide = edits.set_settings(grouped(), "stage1", channels=16)
    shapes = {block.node.name: block.shape for block in place_blocks(wide, PICTURES)}
    assert shapes["stage1"] == (16, 8, 8)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"channels": 0}, "'channels' is 0; it must be at least 1"),
        ({"channels": "many"}, "'channels' is 'many'; it must be a whole number"),
        ({"chanels": 3}, "A stage has no setting 'chanels'."),
    ],
    ids=str,
)
def test_a_wrong_setting_is_told_as_of_any_block(values: dict[str, Any], sentence: str) -> None:
    wrong = edits.set_settings(grouped(), "stage1", **values)
    mistake = find_mistake(wrong, PICTURES)
    assert mistake is not None and mistake.node == "stage1"
    assert sentence in mistake.what
    assert mistake.repairs
    for repair in mistake.repairs:
        assert find_mistake(repair.graph, PICTURES) is None, repair.text


def test_a_mistake_within_is_told_on_the_group() -> None:
    stage = edits.set_inputs(grouped(), "stage1", "input")
    moved = replace(stage.nodes[1], inputs=("pool1",))
    pooled = Graph((stage.nodes[0], Node("pool1", "global-pooling"), moved, *stage.nodes[2:]))
    mistake = find_mistake(pooled, PICTURES)
    assert mistake is not None and mistake.node == "stage1"
    assert mistake.what.startswith("In it, block 'conv1': ")
    assert any(text.text == "Remove 'pool1' before it" for text in mistake.repairs)


def test_groups_come_apart_under_the_names_of_before() -> None:
    apart, names = take_apart(grouped(), "stage1")
    assert names == INNER
    assert apart == PLAIN
    twice = edits.insert_after(grouped(), "stage1", definition_of(grouped()))[0]
    apart, names = take_apart(twice, "stage2")
    assert names == INNER
    again, names = take_apart(apart, "stage1")
    assert names[0] == "stage1_conv1"
    assert find_mistake(again, PICTURES) is None

    with pytest.raises(GraphError, match="single block"):
        take_apart(PLAIN, "conv1")


def definition_of(graph: Graph) -> BlockDefinition:
    found = graph["stage1"].definition
    assert found is not None
    return found


def test_a_group_within_a_group() -> None:
    outer = group(grouped(), ("stem", "stage1"), "body")[0]
    before, after = build_model(PLAIN, PICTURES, 3), build_model(outer, PICTURES, 3)
    batch = batch_of(PICTURES, 4)
    assert torch.equal(before(batch), after(batch))
    assert "blocks.body1.stage1.conv2.weight" in after.state_dict()
    names = [node.name for node in expanded(outer).nodes]
    assert names[1] == "body1.stage1.conv1"
    assert Graph.from_plain(outer.to_plain()) == outer


def test_two_inputs() -> None:
    graph, name = group(PLAIN, ("conv2", "sum"), "joined")
    assert graph[name].inputs == ("norm1", "conv1")
    assert type(read_block(graph[name])).arity == (2, 2)
    before, after = build_model(PLAIN, PICTURES, 3), build_model(graph, PICTURES, 3)
    batch = batch_of(PICTURES, 4)
    assert torch.equal(before(batch), after(batch))


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("conv1", "norm1"), "'sum' reads 'conv1'"),
        (("stem", "pool"), "'conv1' reads 'stem'"),
    ],
)
def test_what_others_read_must_be_the_last(names: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(GraphError, match=sentence):
        group(PLAIN, names, "stage")


def test_no_more_than_two_others_are_read() -> None:
    nodes = (
        *PLAIN.nodes[:4],
        Node("sum", "add", {}, ("conv2", "conv1", "stem")),
        *PLAIN.nodes[5:],
    )
    with pytest.raises(GraphError, match="they read 3 others"):
        group(Graph(nodes), ("sum", "pool"), "stage")


def test_settings_of_different_values_have_different_names() -> None:
    found = parameters_of(
        [
            SettingOfBlock("a", "channels", 8, int),
            SettingOfBlock("b", "channels", 16, int),
            SettingOfBlock("c", "channels", 8, int),
        ]
    )
    assert [(each.name, each.users) for each in found] == [
        ("channels", (("a", "channels"), ("c", "channels"))),
        ("b_channels", (("b", "channels"),)),
    ]


CONV = {"name": "conv1", "kind": "convolution", "channels": "$channels"}

WRONG: dict[str, tuple[BlockDefinition, str]] = {
    "unused": (definition([{**CONV, "channels": 8}], channels=8), "None of its blocks takes"),
    "missing": (definition([CONV]), "is the setting 'channels', which it has not"),
    "default": (definition([CONV], channels=0), "Of its defaults, 'channels' is 0"),
    "type": (definition([CONV], channels="many"), "Of its defaults, 'channels' is 'many'"),
    "inner kind": (
        definition([{"name": "a", "kind": "convolutoin"}]),
        "In it, block 'a': There is no block called 'convolutoin'.",
    ),
    "inner setting": (
        definition([{"name": "a", "kind": "convolution", "channels": -1}]),
        "In it, block 'a': 'channels' is -1",
    ),
    "two types": (
        definition(
            [CONV, {"name": "norm", "kind": "batch-norm", "activation": "$channels"}], channels=8
        ),
        "cannot be a setting of both 'conv1' and 'norm'",
    ),
    "taken": (
        definition([{"name": "a", "kind": "convolution", "channels": "$module"}], module=8),
        "A setting cannot be called 'module'.",
    ),
    "torch": (definition([{"name": "items", "kind": "dropout"}]), "called 'items'"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_kind_that_cannot_be_is_told_in_a_sentence(wrong: str) -> None:
    kind, sentence = WRONG[wrong]
    with pytest.raises(BlockError) as error:
        own_class(kind)

    assert sentence in error.value.what
    assert error.value.remedy
    rest = (Node("pool", "global-pooling"), PLAIN.nodes[-1])
    graph = Graph((Node("a", "stage", {}, (), kind), *rest))
    mistake = find_mistake(graph, PICTURES)
    assert mistake is not None and mistake.node == "a" and sentence in mistake.what


def test_a_kind_cannot_be_called_like_another() -> None:
    known = read_definitions({"dropout": {"blocks": [{"name": "a", "kind": "convolution"}]}})
    with pytest.raises(BlockError, match="kind of block that there is already"):
        own_class(known["dropout"])


def test_two_groups_of_one_graph_cannot_share_a_name() -> None:
    graph, _ = group(PLAIN, [PLAIN.nodes[0].name], "stage")
    with pytest.raises(GraphError, match="is called 'stage' here"):
        group(graph, [PLAIN.nodes[1].name], "stage")


def test_the_vocabulary_of_a_group_is_looked_at() -> None:
    text = Problem.of((Input("text", (12,), vocabulary=300),), 5, 100)
    nodes = (
        Node("tokens", "token-embedding", {"vocabulary": 300, "width": 8}),
        Node("pool", "global-pooling", {"mode": "mean"}),
        Node("answer", "output", {"outputs": 5}),
    )
    vocabulary = parameters_of([SettingOfBlock("tokens", "vocabulary", 300, int)])
    graph, name = group(Graph(nodes), ("tokens", "pool"), "reader", vocabulary)
    assert find_mistake(graph, text) is None
    small = edits.set_settings(graph, name, vocabulary=100)
    mistake = find_mistake(small, text)
    assert mistake is not None and "300 different tokens; it knows 100" in mistake.what
    assert "Set vocabulary to 300" in [repair.text for repair in mistake.repairs]


def test_its_code_has_a_line_for_each_of_its_blocks() -> None:
    code = write_network(grouped(), PICTURES)
    lines = code.text.splitlines()
    told = [lines[line - 1].strip() for line in code.lines["stage1"]]
    assert any(line.startswith("self.stage1_conv2 = nn.Conv2d(8, 8, 5") for line in told)
    assert "        # stage1 (stage)" in lines
    assert code.weight_name("blocks.stage1.conv2.weight") == "stage1_conv2.weight"
    names: dict[str, Any] = {"__name__": "printed"}
    exec(compile(code.text, "network.py", "exec"), names)
    ours, printed = build_model(grouped(), PICTURES, 0).eval(), names["Network"]().eval()
    printed.load_state_dict(
        {code.weight_name(name): tensor for name, tensor in ours.state_dict().items()}
    )
    batch = batch_of(PICTURES, 3)
    torch.testing.assert_close(printed(batch), ours(batch), rtol=0, atol=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_groups_of_random_graphs_compute_the_same(seed: int) -> None:
    graph, problem = random_graph(seed)
    placed = {block.node.name: block.block for block in place_blocks(graph, problem)}
    names = list(placed)
    for start in range(len(names)):
        chosen = names[start : start + 3]
        try:
            check_group(graph, chosen)
        except GraphError:
            continue

        parameters = parameters_of(
            SettingOfBlock(name, each.name, getattr(placed[name], each.name), type(placed[name]))
            for name in chosen
            for each in settings(type(placed[name]))
        )
        changed, name = group(graph, chosen, "my-group", parameters)
        before, after = build_model(graph, problem, 1).eval(), build_model(changed, problem, 1)
        batch = batch_of(problem, 3)
        torch.testing.assert_close(
            after.eval()(batch), before(batch), rtol=0, atol=0, equal_nan=True
        )
        assert f"blocks.{name}" not in {key for key, _ in before.named_modules()}
        assert f"blocks.{name}.{chosen[0]}" in {key for key, _ in after.named_modules()}
