"""A graph made runnable: what must hold whatever the graph."""

from __future__ import annotations

import pytest
import torch

from models.graph import Graph, GraphError, Node
from models.network import Network, build_model, decay_groups, initialise
from models.template import TEMPLATES, Template
from tests.models.networks import batch_of, network_of, picture_problem, typical_problem

PICTURES = pytest.mark.parametrize(
    "kind",
    [kind for kind in TEMPLATES.all() if not kind.unfit(picture_problem(3, 32, 32))],
    ids=lambda kind: kind.kind,
)
EVERY = pytest.mark.parametrize("kind", TEMPLATES.all(), ids=lambda kind: kind.kind)


@EVERY
def test_initial_weights_follow_from_the_seed_alone(kind: type[Template]) -> None:
    problem = typical_problem(kind)
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    first = network_of(kind(), problem, seed=3).state_dict()

    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(2)
    again = network_of(kind(), problem, seed=3).state_dict()
    other = network_of(kind(), problem, seed=4).state_dict()

    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


@PICTURES
def test_at_first_every_class_is_about_as_likely(kind: type[Template]) -> None:
    torch.manual_seed(0)
    network = network_of(kind(), picture_problem(3, 32, 32)).train()
    shares = network(torch.randn(32, 3, 32, 32)).softmax(1)
    assert shares.min() > 0.05 and shares.max() < 0.6


@EVERY
def test_weight_decay_reaches_filters_and_matrices_only(kind: type[Template]) -> None:
    network = network_of(kind(), typical_problem(kind))
    groups = decay_groups(network, 0.05)
    assert [group["weight_decay"] for group in groups] == [0.05, 0.0]

    ids = [[id(parameter) for parameter in group["params"]] for group in groups]
    assert sorted(ids[0] + ids[1]) == sorted(id(parameter) for parameter in network.parameters())
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    assert all(names[identity].endswith("weight") for identity in ids[0])
    assert all(parameter.ndim > 1 for parameter in groups[0]["params"])
    assert not any("positions" in names[identity] for identity in ids[0])


def branches() -> Graph:
    return Graph(
        (
            Node("left", "convolution", {"channels": 4}),
            Node("right", "convolution", {"channels": 4, "kernel_size": 1}, ("input",)),
            Node("sum", "add", {}, ("left", "right")),
            Node("both", "concatenate", {}, ("sum", "left")),
            Node("pool", "global-pooling"),
            Node("answer", "output", {"outputs": 5}),
        )
    )


def test_blocks_may_branch_and_join() -> None:
    network = build_model(branches(), picture_problem(3, 8, 8), 0)
    x = torch.randn(2, 3, 8, 8)
    left = network.blocks["left"](x)
    right = network.blocks["right"](x)
    expected = network.blocks["answer"](torch.cat([left + right, left], 1).amax((2, 3)))

    assert list(network.blocks) == ["left", "right", "sum", "both", "pool", "answer"]
    torch.testing.assert_close(network(x), expected)


def test_a_graph_whose_first_block_is_read_twice_keeps_it() -> None:
    graph = Graph(
        (
            Node("pool", "global-pooling"),
            Node("wide", "linear", {"outputs": 3}),
            Node("sum", "add", {}, ("pool", "wide")),
            Node("answer", "output", {"outputs": 5}, ("sum",)),
        )
    )
    assert build_model(graph, picture_problem(3, 8, 8), 0)(torch.randn(2, 3, 8, 8)).shape == (2, 5)


WRONG = {
    "an unknown kind": (Node("a", "convolutoin"), "a", "convolution"),
    "an unknown setting": (Node("a", "convolution", {"channel": 3}), "a", "channel"),
    "a value out of its limits": (Node("a", "convolution", {"channels": 0}), "a", "channels"),
    "too few inputs": (Node("a", "add"), "a", "2 inputs"),
    "tokens for a filter": (Node("a", "transformer"), "a", "Patch embedding"),
    "a name with a dot": (Node("a.b", "convolution"), "a.b", "another name"),
    "a name that torch needs": (Node("train", "convolution"), "train", "another name"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_block_is_named_with_a_remedy(case: str) -> None:
    node, name, expected = WRONG[case]
    with pytest.raises(GraphError) as caught:
        Network(
            Graph((node, Node("pool", "global-pooling"), Node("z", "output", {"outputs": 5}))),
            picture_problem(3, 8, 8),
        )

    assert caught.value.node == name
    assert expected in str(caught.value)


def test_the_last_block_must_match_the_problem() -> None:
    with pytest.raises(GraphError, match="7 values; the task asks for 5 values") as caught:
        Network(
            Graph((Node("pool", "global-pooling"), Node("z", "output", {"outputs": 7}))),
            picture_problem(3, 8, 8),
        )
    assert caught.value.node == "z"


def test_a_module_with_weights_of_its_own_must_say_how_they_begin() -> None:
    module = torch.nn.Module()
    module.weight = torch.nn.Parameter(torch.zeros(2))
    with pytest.raises(TypeError, match="initialise"):
        initialise(module, torch.Generator())


def test_templates_are_read_without_torch() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from models.template import TEMPLATES;"
        "from tests.models.plain import PROBLEMS;"
        "drawn = {t.kind for p in PROBLEMS for t in TEMPLATES.all() if not t.unfit(p) and "
        "t().resolved(p).graph(p)};"
        "assert drawn == {t.kind for t in TEMPLATES.all()}, drawn;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@EVERY
def test_a_network_lets_go_of_what_is_read_for_the_last_time_only(kind: type[Template]) -> None:
    """The output is the same as when everything is kept."""
    problem = typical_problem(kind)
    network = network_of(kind(), problem).eval()
    x = batch_of(problem, 2)

    values = dict(zip(("input", "other"), x if isinstance(x, tuple) else (x,), strict=False))
    for node in network.graph.nodes:
        values[node.name] = network.blocks[node.name](*(values[name] for name in node.inputs))

    torch.testing.assert_close(network(x), values[network.graph.nodes[-1].name])


def test_every_kind_of_layer_begins_as_it_should() -> None:
    layers = torch.nn.ModuleDict(
        {
            "one": torch.nn.Conv1d(8, 64, 9),
            "up": torch.nn.ConvTranspose2d(64, 8, 3),
            "table": torch.nn.Embedding(500, 40, padding_idx=0),
            "group": torch.nn.GroupNorm(2, 8),
            "batch": torch.nn.BatchNorm1d(4),
        }
    )
    initialise(layers, torch.Generator().manual_seed(0))
    assert layers["one"].weight.std().item() == pytest.approx((2 / 72) ** 0.5, rel=0.05)
    assert layers["up"].weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)
    assert layers["table"].weight[1:].std().item() == pytest.approx(0.02, rel=0.05)
    assert not layers["table"].weight[0].any()
    assert not layers["one"].bias.any() and not layers["up"].bias.any()
