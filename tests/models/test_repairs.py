"""Mistakes are told on their block, and every repair that is offered makes the graph sound."""

from __future__ import annotations

import pytest

from models import edits
from models.graph import Graph, GraphError, Node
from models.network import Network, build_model, place_blocks
from models.repair.repairs import find_mistake
from tests.models.mistakes import ANSWER, CONV, MISTAKES, PICTURES, POOL, WIDE, Case, node
from tests.models.networks import batch_of

CASES = pytest.mark.parametrize("case", MISTAKES.values(), ids=list(MISTAKES))


@CASES
def test_a_mistake_is_told_on_its_block(case: Case) -> None:
    mistake = find_mistake(case.graph, case.problem)
    assert mistake is not None
    assert mistake.node == case.block
    assert case.says in mistake.what
    assert mistake.remedy
    assert len(mistake.inputs) == len(case.graph[case.block].inputs)


@CASES
def test_every_repair_makes_the_graph_sound(case: Case) -> None:
    mistake = find_mistake(case.graph, case.problem)
    assert mistake is not None
    texts = [repair.text for repair in mistake.repairs]
    assert case.offers in texts
    assert len(texts) == len(set(texts)) <= 4
    for repair in mistake.repairs:
        assert find_mistake(repair.graph, case.problem) is None, repair.text


@CASES
def test_a_repaired_network_computes(case: Case) -> None:
    mistake = find_mistake(case.graph, case.problem)
    assert mistake is not None
    repaired = next(repair for repair in mistake.repairs if repair.text == case.offers)
    network = build_model(repaired.graph, case.problem, 0).eval()
    output = network(batch_of(case.problem, 2))
    assert tuple(output.shape) == (2, *case.problem.output_shape)


def test_a_sound_graph_has_no_mistake() -> None:
    assert find_mistake(Graph((CONV, POOL, ANSWER)), PICTURES) is None


def test_of_two_mistakes_the_first_is_mended_first() -> None:
    graph = Graph(
        (
            node("conv1", "convolution", channels=0),
            node("conv2", "convolution", channels=-3),
            POOL,
            ANSWER,
        )
    )
    mistake = find_mistake(graph, PICTURES)
    assert mistake is not None and mistake.node == "conv1"
    after = find_mistake(mistake.repairs[0].graph, PICTURES)
    assert after is not None and after.node == "conv2"
    assert find_mistake(after.repairs[0].graph, PICTURES) is None


# --- edits


def bypass() -> Graph:
    return Graph(
        (
            CONV,
            node("norm1", "batch-norm"),
            node("conv2", "convolution", channels=64),
            node("sum", "add", "norm1", "conv2"),
            POOL,
            ANSWER,
        )
    )


def names(graph: Graph) -> list[str]:
    return [block.name for block in graph.nodes]


def test_a_block_is_added_behind_another() -> None:
    graph, new = edits.insert_after(bypass(), "norm1", "convolution", {"channels": 64})
    assert new == "conv3"
    assert names(graph)[:4] == ["conv1", "norm1", "conv3", "conv2"]
    assert graph["conv2"].inputs == ("conv3",)
    assert graph["sum"].inputs == ("conv3", "conv2")
    list(place_blocks(graph, PICTURES))

    first, new = edits.insert_after(bypass(), "input", "dropout")
    assert names(first)[0] == new == "dropout1"
    assert first["conv1"].inputs == ("dropout1",)


def test_a_removed_block_leaves_no_gap() -> None:
    graph = edits.remove(bypass(), "norm1")
    assert graph["conv2"].inputs == ("conv1",)
    assert graph["sum"].inputs == ("conv1", "conv2")

    without_branch = edits.remove(bypass(), "conv2")
    assert names(without_branch) == ["conv1", "norm1", "pool", "answer"]
    assert without_branch["pool"].inputs == ("norm1",)

    with pytest.raises(GraphError, match="only block"):
        edits.remove(Graph((POOL,)), "pool")


def test_a_sum_of_a_block_with_itself_stays() -> None:
    graph = Graph((CONV, node("sum", "add", "conv1", "conv1"), POOL, ANSWER))
    assert edits.remove(graph, "pool")["sum"].inputs == ("conv1", "conv1")


def test_another_kind_takes_the_place_under_its_own_name() -> None:
    graph = edits.replace_kind(bypass(), "norm1", "layer-norm")
    assert names(graph)[1] == "norm2"
    assert graph["conv2"].inputs == ("norm2",)
    assert graph["sum"].inputs == ("norm2", "conv2")


def test_a_name_follows_where_it_is_read() -> None:
    graph = edits.rename(bypass(), "norm1", "first")
    assert graph["sum"].inputs == ("first", "conv2")
    for wrong in ("a.b", "class", "input", ""):
        with pytest.raises(GraphError):
            edits.rename(bypass(), "norm1", wrong)
    with pytest.raises(GraphError, match="Two blocks"):
        edits.rename(bypass(), "norm1", "conv2")


def test_edits_leave_the_graph_as_it_was() -> None:
    graph = bypass()
    edits.set_settings(graph, "conv2", channels=8)
    edits.remove(graph, "conv2")
    edits.move_before(graph, "conv2", "conv1")
    assert graph == bypass()


def test_a_block_moves_before_another() -> None:
    graph = edits.move_before(Graph((CONV, POOL, WIDE, ANSWER)), "conv2", "pool")
    assert names(graph) == ["conv1", "conv2", "pool", "answer"]
    assert Network(graph, PICTURES).blocks["conv2"] is not None


def test_names_of_new_blocks_are_free() -> None:
    graph = Graph((Node("conv1", "convolution"), Node("x", "batch-norm")))
    assert edits.free_name(graph, "convolution") == "conv2"
    assert edits.free_name(graph, "output") == "answer"
    assert edits.free_name(graph, "squeeze-excitation") == "squeeze_excitation1"
