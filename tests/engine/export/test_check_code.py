"""The check of written code finds a difference, and says when the code does not run."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from app.engine.errors import UserError
from app.engine.export.check_code import max_difference
from app.engine.export.network_code import code_of, weights_of
from app.engine.export.network_source import NetworkSource
from models.graph import Graph, Node
from models.network import build_model
from models.shape import Problem

PROBLEM = Problem("image", (1, 6, 6), 3, 100)
GRAPH = Graph(
    (
        Node("conv", "convolution", {"channels": 4}),
        Node("norm", "batch-norm"),
        Node("dropout", "dropout", {"rate": 0.5}),
        Node("pool", "global-pooling"),
        Node("answer", "output", {"outputs": 3}),
    )
)


@pytest.fixture
def source() -> NetworkSource:
    return NetworkSource("Tiny", build_model(GRAPH, PROBLEM, 0).eval())


def test_the_network_itself_does_not_differ_and_stays_as_it_is(source: NetworkSource) -> None:
    code = code_of(source)
    before = {name: each.clone() for name, each in source.network.state_dict().items()}
    state = torch.random.get_rng_state()
    examples = source.examples()
    assert max_difference(code, weights_of(source, code), source.network, examples) <= 1e-6

    assert torch.equal(torch.random.get_rng_state(), state) and not source.network.training
    after = source.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_another_network_differs(source: NetworkSource) -> None:
    code = code_of(source)
    other = dataclasses.replace(code, text=code.text.replace("x.amax((2, 3))", "x.mean((2, 3))"))
    weights = weights_of(source, code)
    assert max_difference(other, weights, source.network, source.examples()) > 1e-3


def test_code_that_does_not_run_is_a_sentence(source: NetworkSource) -> None:
    code = code_of(source)
    broken = dataclasses.replace(code, text=code.text.replace("self.norm(x)", "self.nothing(x)"))
    with pytest.raises(UserError, match="no attribute 'nothing'"):
        max_difference(broken, weights_of(source, code), source.network, source.examples())
