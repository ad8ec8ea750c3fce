"""Printed code is the network itself: for every template and task, and for random graphs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch

from models.code.writer import NetworkCode, write_network
from models.graph import Graph, Node
from models.layers.block import BLOCKS
from models.network import build_model
from models.shape import Problem
from models.template import TEMPLATES
from tests.models.networks import batch_of, picture_problem
from tests.models.random_graphs import random_graph
from tests.problems import fitting

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

SOME, ALL = 30, 200
"""How many random graphs are tried on every change, and how many on request."""

QUOTES = '"' * 3

PICTURES = picture_problem(3, 8, 8)


def template_cases() -> list[tuple[str, Graph, Problem]]:
    return [
        (f"{kind.kind}, {task}, {place}", kind().resolved(problem).graph(problem), problem)
        for kind in TEMPLATES.all()
        for place, (task, problem) in enumerate(fitting(kind))
    ]


CASES = template_cases()


def run(code: NetworkCode) -> nn.Module:
    """Returns the network that the code defines."""
    names: dict[str, Any] = {"__name__": "printed"}
    exec(compile(code.text, "network.py", "exec"), names)
    network: nn.Module = names["Network"]()
    return network


def require_same(graph: Graph, problem: Problem, code: NetworkCode) -> nn.Module:
    """Loads our weights into the printed network and compares outputs, averages and gradients."""
    ours = build_model(graph, problem, 0)
    printed = run(code)
    printed.load_state_dict(
        {code.weight_name(name): tensor for name, tensor in ours.state_dict().items()}
    )

    batch = batch_of(problem, 3)
    examples = batch if isinstance(batch, tuple) else (batch,)
    for training in (False, True):
        ours.train(training)
        printed.train(training)
        torch.manual_seed(0)
        expected = ours(batch)
        torch.manual_seed(0)
        output = printed(*examples)
        torch.testing.assert_close(output, expected, rtol=0, atol=1e-6, equal_nan=True)

    expected.square().mean().backward()
    output.square().mean().backward()
    for (name, own), other in zip(ours.named_parameters(), printed.parameters(), strict=True):
        assert (own.grad is None) == (other.grad is None), name
        if own.grad is not None:
            torch.testing.assert_close(other.grad, own.grad, equal_nan=True)
    for own, other in zip(ours.buffers(), printed.buffers(), strict=True):
        torch.testing.assert_close(other, own, equal_nan=True)

    return printed


@pytest.mark.parametrize(
    ("graph", "problem"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_code_of_every_template_is_its_network(graph: Graph, problem: Problem) -> None:
    require_same(graph, problem, write_network(graph, problem))


@pytest.mark.parametrize(
    "seeds",
    [range(SOME), pytest.param(range(SOME, ALL), marks=pytest.mark.long)],
    ids=["some", "many"],
)
def test_the_code_of_a_random_graph_is_its_network(seeds: range) -> None:
    for seed in seeds:
        graph, problem = random_graph(seed)
        try:
            require_same(graph, problem, write_network(graph, problem))
        except Exception as error:
            error.add_note(f"random_graph({seed})")
            raise


def test_random_graphs_reach_every_kind_of_a_single_example() -> None:
    reached = {node.kind for seed in range(ALL) for node in random_graph(seed)[0].nodes}
    pairs = {"concatenate-in-batch", "contrastive-output"}
    rare = {
        "ensemble-layers",
        "mask-token",
        "unpatchify",
        "unpatchify-1d",
    }  # the templates have them
    assert {kind.kind for kind in BLOCKS.all()} - reached <= pairs | rare


def test_linter_and_formatter_find_nothing(tmp_path: Path) -> None:
    graphs = [(graph, problem) for _, graph, problem in CASES]
    graphs += [random_graph(seed) for seed in range(SOME)]
    for number, (graph, problem) in enumerate(graphs):
        text = write_network(graph, problem).text
        (tmp_path / f"network{number}.py").write_text(text, encoding="utf-8")

    for command in (["check"], ["format", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_code_reads_well() -> None:
    graphs = [(graph, problem) for _, graph, problem in CASES]
    graphs += [random_graph(seed) for seed in range(SOME)]
    for graph, problem in graphs:
        text = write_network(graph, problem).text
        for word in ("models.", "Netwright", "noqa", "type: ignore", "initialise", "undecayed"):
            assert word not in text

        for line in text.splitlines():
            # A summary is a sentence on a line, as linters of docstrings ask for.
            if line.strip().startswith(QUOTES) and line.strip() != QUOTES:
                assert line.rstrip('"').endswith((".", ":")), line


def test_lines_belong_to_their_blocks() -> None:
    graph = Graph(
        (
            Node("first", "convolution", {"channels": 4}),
            Node("second", "convolution", {"channels": 4}),
            Node("sum", "add", {}, ("first", "second")),
            Node("pool", "global-pooling"),
            Node("answer", "output", {"outputs": 5}),
        )
    )
    code = write_network(graph, PICTURES)
    lines = code.text.splitlines()
    told = {name: [lines[line - 1].strip() for line in of] for name, of in code.lines.items()}
    assert told == {
        "first": [
            "self.first = nn.Conv2d(3, 4, 3, padding=1, bias=False)",
            "first = self.first(x)  # (B, 4, 8, 8)",
        ],
        "second": [
            "self.second = nn.Conv2d(4, 4, 3, padding=1, bias=False)",
            "x = self.second(first)",
        ],
        "sum": ["x = first + x"],
        "pool": ["x = x.amax((2, 3))  # (B, 4)"],
        "answer": ["self.answer = nn.Linear(4, 5)", "return self.answer(x)"],
    }


@pytest.mark.parametrize(
    "name",
    ("class", "type_", "x", "torch", "nn", "2nd", "a-b", "_a", "größe", "数", "²"),
)
def test_any_name_of_a_block_becomes_one_of_python(name: str) -> None:
    graph = Graph(
        (
            Node(name, "convolution", {"channels": 4}),
            Node(f"{name}_", "convolution", {"channels": 4}, (name,)),
            Node("sum", "add", {}, (name, f"{name}_")),
            Node("pool", "global-pooling"),
            Node("answer", "output", {"outputs": 5}),
        )
    )
    require_same(graph, PICTURES, write_network(graph, PICTURES))


def test_what_changes_nothing_has_no_line() -> None:
    graph = Graph(
        (
            Node("row", "categorical-embedding"),
            Node("one", "linear", {"outputs": 4}),
            Node("another", "linear", {"outputs": 4}, ("row",)),
            Node("sum", "add", {}, ("one", "another")),
            Node("unread", "add", {}, ("one", "one")),
            Node("answer", "output", {"outputs": 5}, ("sum",)),
        )
    )
    problem = Problem("row", (6,), 5, 1_000)
    code = write_network(graph, problem)
    require_same(graph, problem, code)
    assert code.lines["row"] == code.lines["unread"] == ()
    assert "def forward(self, row: torch.Tensor)" in code.text


def test_a_block_that_is_last_and_changes_nothing_returns_what_it_reads() -> None:
    graph = Graph((Node("answer", "output", {"outputs": 5}), Node("row", "categorical-embedding")))
    problem = Problem("row", (6,), 5, 1_000)
    code = write_network(graph, problem)
    require_same(graph, problem, code)
    assert "        x = self.answer(x)  # (B, 5)\n        return x\n" in code.text
