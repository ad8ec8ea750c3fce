"""Edits of a graph: wires, several blocks at once, and what none of them may do."""

from __future__ import annotations

import random

import pytest

from models import edits
from models.edits import several, wires
from models.graph import INPUT, Graph, GraphError, Node
from models.graph_file import check_name, plain_blocks, read_blocks
from models.groups import group, take_apart
from models.new_block import most_inputs, settings_instead
from tests.models.random_graphs import random_graph

RESIDUAL = Graph(
    (
        Node("conv1", "convolution", {"channels": 8}),
        Node("conv2", "convolution", {"channels": 8}),
        Node("norm", "batch-norm", {}, ("conv2",)),
        Node("sum", "add", {}, ("norm", "conv1")),
        Node("pool", "global-pooling"),
        Node("answer", "output", {"outputs": 5}),
    )
)


def inputs(graph: Graph) -> dict[str, tuple[str, ...]]:
    return {node.name: node.inputs for node in graph.nodes}


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes]


# --- wires


def test_a_new_wire_takes_the_place_of_the_only_one_or_comes_beside() -> None:
    assert inputs(wires.connect(RESIDUAL, "conv1", "norm"))["norm"] == ("conv1",)
    three = wires.connect(RESIDUAL, INPUT, "sum", most=64)
    assert inputs(three)["sum"] == ("norm", "conv1", INPUT)
    last = wires.connect(RESIDUAL, INPUT, "sum", most=2)
    assert inputs(last)["sum"] == ("norm", INPUT)


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        ("sum", "conv2", "A wire cannot run backwards: what 'conv2' gives goes into 'sum'."),
        ("norm", "sum", "'sum' reads 'norm' already."),
        ("pool", "pool", "A block cannot read itself."),
        ("pool", INPUT, "The example reads nothing: wires begin at it."),
    ],
)
def test_a_wire_that_cannot_be_is_one_sentence(source: str, target: str, sentence: str) -> None:
    before = plain_blocks(RESIDUAL)
    with pytest.raises(GraphError) as caught:
        wires.connect(RESIDUAL, source, target, most=64)

    assert caught.value.message == sentence
    assert plain_blocks(RESIDUAL) == before


def test_blocks_change_their_order_only_for_a_wire_that_asks_for_it() -> None:
    branch, name = wires.add_branch(RESIDUAL, "conv1", "dropout")
    assert names(branch) == ["conv1", "dropout1", "conv2", "norm", "sum", "pool", "answer"]
    assert names(branch)[-1] == "answer"
    moved = wires.connect(branch, "norm", name)
    assert names(moved) == ["conv1", "conv2", "norm", "dropout1", "sum", "pool", "answer"]
    joined = wires.connect(moved, name, "sum", most=64)
    assert inputs(joined)["sum"] == ("norm", "conv1", "dropout1")
    assert names(joined) == names(moved)


def test_a_wire_is_taken_away_unless_it_is_the_only_one() -> None:
    assert inputs(wires.disconnect(RESIDUAL, "conv1", "sum"))["sum"] == ("norm",)
    with pytest.raises(GraphError, match="'pool' reads nothing else"):
        wires.disconnect(RESIDUAL, "sum", "pool")


def test_both_ends_of_a_wire_can_be_led_elsewhere() -> None:
    assert inputs(wires.move_start(RESIDUAL, "conv1", "sum", INPUT))["sum"] == ("norm", INPUT)
    ended = wires.move_end(RESIDUAL, "conv1", "sum", "norm")
    assert inputs(ended)["norm"] == ("conv1",) and inputs(ended)["sum"] == ("norm",)
    with pytest.raises(GraphError, match="backwards"):
        wires.move_start(RESIDUAL, "conv1", "conv2", "pool")


def test_a_block_is_put_on_a_wire() -> None:
    changed, name = wires.insert_on(RESIDUAL, "conv1", "sum", "dropout", {"rate": 0.2})
    assert inputs(changed)["sum"] == ("norm", name)
    assert inputs(changed)[name] == ("conv1",)
    assert inputs(changed)["conv2"] == ("conv1",)
    with pytest.raises(GraphError, match="No wire runs"):
        wires.insert_on(RESIDUAL, "conv1", "answer", "dropout")


# --- one block


def test_a_gap_is_closed_by_what_has_the_same_shape() -> None:
    graph = Graph(
        (
            Node("wide", "convolution", {"channels": 16}),
            Node("narrow", "convolution", {"channels": 8}),
            Node("both", "concatenate", {}, ("wide", "narrow")),
            Node("mix", "add", {}, ("wide", "narrow")),
            Node("end", "global-pooling", {}, ("mix",)),
        )
    )
    shapes = {"wide": (16, 8, 8), "narrow": (8, 8, 8), "mix": (8, 8, 8)}
    assert inputs(edits.remove(graph, "mix", shapes))["end"] == ("narrow",)
    assert inputs(edits.remove(graph, "mix"))["end"] == ("wide",)


def test_another_kind_keeps_the_settings_that_it_has_too() -> None:
    before = {"channels": 24, "kernel_size": 5, "padding": "same"}
    values = settings_instead("transposed-convolution", before, ((3, 8, 8),), (24, 8, 8))
    assert values is not None
    assert (values["channels"], values["kernel_size"]) == (24, 5) and "padding" not in values
    filters = settings_instead("depthwise-convolution", {"kernel_size": 7}, ((3, 8, 8),), (3, 8, 8))
    assert filters == {"kernel_size": 7}
    assert settings_instead("transformer", before, ((3, 8, 8),), (24, 8, 8)) is None


# --- several


def test_several_blocks_go_at_once_and_a_sum_with_its_last_branch() -> None:
    gone = several.remove_all(RESIDUAL, ("conv2", "norm"))
    assert names(gone) == ["conv1", "pool", "answer"]
    assert inputs(gone)["pool"] == ("conv1",)
    with pytest.raises(GraphError, match="only block"):
        several.remove_all(RESIDUAL, names(RESIDUAL))


def test_copies_stand_behind_a_block_and_read_it() -> None:
    fragment = several.copy_blocks(RESIDUAL, ("conv2", "norm", "sum"))
    assert fragment.sources == ("conv1",)
    pasted, new = several.paste(RESIDUAL, fragment, "sum")
    assert new == ("conv3", "norm2", "sum2")
    assert inputs(pasted)["conv3"] == ("sum",)
    assert inputs(pasted)["sum2"] == ("norm2", "sum")
    assert inputs(pasted)["pool"] == ("sum2",)


def test_what_a_copy_reads_beside_the_first_is_kept_where_it_stands_above() -> None:
    graph = Graph(
        (
            Node("a", "convolution"),
            Node("b", "convolution"),
            Node("mix", "add", {}, ("b", "a")),
            Node("end", "global-pooling"),
        )
    )
    fragment = several.copy_blocks(graph, ("mix",))
    assert inputs(several.paste(graph, fragment, "mix")[0])["mix2"] == ("mix", "a")
    elsewhere = Graph((Node("x", "convolution"), Node("y", "global-pooling")))
    assert inputs(several.paste(elsewhere, fragment, "x")[0])["mix"] == ("x", "x")


def test_blocks_stand_several_times_in_a_row() -> None:
    repeated, new = several.repeat(RESIDUAL, ("conv2", "norm", "sum"), 3)
    assert len(new) == 6
    assert inputs(repeated)["conv4"] == ("sum2",)
    assert inputs(repeated)["pool"] == ("sum3",)


def test_half_a_loop_is_not_repeated_and_not_grouped() -> None:
    with pytest.raises(GraphError, match="only the last part can be read"):
        several.repeat(RESIDUAL, ("conv1", "conv2"), 2)
    with pytest.raises(GraphError, match="only the last part can be read"):
        group(RESIDUAL, ("conv1", "conv2"), "half")


def test_a_number_of_repeats_has_limits() -> None:
    for times in (1, 101):
        with pytest.raises(GraphError, match="from 2 to 100 times"):
            several.repeat(RESIDUAL, ("norm",), times)
    graph = RESIDUAL
    with pytest.raises(GraphError, match="1,000 are the most"):
        for _ in range(4):
            graph = several.repeat(graph, names(graph)[1:4], 100)[0]


@pytest.mark.parametrize(
    ("name", "free"),
    [
        ("conv", "conv2"),
        ("conv9", "conv10"),
        ("c2", "c3"),
        ("_1", "_2"),
        ("x" * 60, "x" * 59 + "2"),
    ],
)
def test_names_of_copies_are_free_and_valid(name: str, free: str) -> None:
    assert several.numbered(name, {name}) == free
    check_name(free, "a block")


# --- at random


def random_edit(rng: random.Random, graph: Graph) -> Graph:
    """Returns the graph after an edit of any sort. Raises GraphError where it cannot be."""
    known = [INPUT, *names(graph)]
    own = names(graph)
    one, other = rng.choice(known), rng.choice(known)
    some = rng.sample(own, min(len(own), rng.randint(1, 4)))
    kind = rng.choice(("convolution", "add", "dropout", "linear", "concatenate", "flatten"))
    choice = rng.randrange(13)
    if choice == 0:
        most = most_inputs(graph[other].kind) if other != INPUT else 0
        return wires.connect(graph, one, other, most)
    if choice == 1:
        target = rng.choice(own)
        return wires.disconnect(graph, rng.choice(graph[target].inputs), target)
    if choice == 2:
        target = rng.choice(own)
        return wires.insert_on(graph, rng.choice(graph[target].inputs), target, kind)[0]
    if choice == 3:
        return wires.add_branch(graph, one, kind)[0]
    if choice == 4:
        return edits.insert_after(graph, one, kind)[0]
    if choice == 5:
        return edits.replace_kind(graph, rng.choice(own), kind)
    if choice == 6:
        return several.remove_all(graph, some)
    if choice == 7:
        return several.duplicate(graph, some)[0]
    if choice == 8:
        return several.repeat(graph, some, rng.randint(2, 3))[0]
    if choice == 9:
        return group(graph, some, f"own{rng.randrange(9)}")[0]
    if choice == 10:
        return take_apart(graph, rng.choice(own))[0]
    if choice == 11:
        target = rng.choice(own)
        return wires.move_start(graph, rng.choice(graph[target].inputs), target, one)

    source = rng.choice(graph[(target := rng.choice(own))].inputs)
    return wires.move_end(graph, source, target, other if other != INPUT else target, 2)


@pytest.mark.parametrize("seed", range(20))
def test_random_edits_give_graphs_that_files_hold(seed: int) -> None:
    rng = random.Random(seed)
    graph, _ = random_graph(seed)
    done = 0
    for _ in range(60):
        try:
            changed = random_edit(rng, graph)
        except GraphError as error:
            assert error.message.endswith(".")
            continue

        done += 1
        if len(changed.nodes) < 80:
            graph = changed
            own = {node.kind: node.definition for node in graph.nodes if node.definition}
            assert read_blocks(plain_blocks(graph), own) == graph

    assert done > 15
