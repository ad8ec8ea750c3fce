"""Blocks as text: what is copied comes back the same, and other text is one sentence."""

from __future__ import annotations

import pytest

from app.engine.errors import UserError
from app.engine.experiment.block_text import MOST, read_text, text_of
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.toml_file import dumps
from models.edits.several import Fragment, copy_blocks, paste
from models.graph import Graph, Node
from models.groups import Parameter, group
from models.own_network import OwnNetwork
from tests.models.random_graphs import random_graph

GRAPH = Graph(
    (
        Node("conv1", "convolution", {"channels": 8}),
        Node("conv2", "convolution", {"channels": 8}),
        Node("sum", "add", {}, ("conv2", "conv1")),
        Node("answer", "output", {"outputs": 5}),
    )
)


@pytest.mark.parametrize("seed", range(10))
def test_what_is_copied_is_read_as_it_was(seed: int) -> None:
    graph, _ = random_graph(seed)
    fragment = copy_blocks(graph, [node.name for node in graph.nodes[1:]])
    assert read_text(text_of(fragment)) == fragment


def test_kinds_of_ones_own_come_with_their_blocks() -> None:
    channels = Parameter("channels", 8, (("conv1", "channels"), ("conv2", "channels")))
    grouped, name = group(GRAPH, ("conv1", "conv2", "sum"), "stage", (channels,), "A stage.")
    fragment = read_text(text_of(copy_blocks(grouped, (name,))))
    assert fragment.nodes[0].definition == grouped[name].definition

    elsewhere = Graph((Node("x", "convolution"), Node("answer", "output")))
    pasted = OwnNetwork(blocks=paste(elsewhere, fragment, "x")[0])
    assert pasted.own_blocks is not None and list(pasted.own_blocks) == ["stage"]


def test_the_blocks_of_a_whole_file_can_be_pasted() -> None:
    text = dumps(Experiment(model=OwnNetwork(blocks=GRAPH)))
    assert read_text(text) == Fragment(GRAPH.nodes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a letter to a friend",
        "x = [",
        "x = 1",
        "blocks = []",
        "blocks = 3",
        '{"blocks": 1}',
        "[" * 5_000,
        "a" * (MOST + 1),
        "[model]\ntemplate = 'cnn'",
    ],
    ids=lambda text: text[:20],
)
def test_text_that_is_no_graph_is_one_sentence(text: str) -> None:
    with pytest.raises(UserError) as caught:
        read_text(text)

    assert caught.value.what.count(".") == 1 or "blocks" in caught.value.what


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("{ kind = 'add' }", "block 1: It has no name."),
        ("{ name = 'a b', kind = 'add' }", "holds letters, digits"),
        ("{ name = 'a', kind = 'add', when = 2020-01-01 }", "'when' is no number"),
        ("{ name = 'a', kind = 'add' }, { name = 'a', kind = 'add' }", "Two blocks are called 'a'"),
    ],
)
def test_a_wrong_block_is_told_with_its_name(block: str, sentence: str) -> None:
    with pytest.raises(UserError, match="In what was copied") as caught:
        read_text(f"blocks = [{block}]")

    assert sentence in caught.value.what
