"""A meter around a forward pass keeps nothing of it alive, whether a backward pass follows."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from app.engine.compute import fake_tensors as module
from app.engine.compute.fake_tensors import ActivationMeter, fake_tensors
from models.network import Network, fake_inputs
from models.template import TEMPLATES, Template
from tests.models.networks import typical_problem

if TYPE_CHECKING:
    from models.shape import Problem

EVERY = pytest.mark.parametrize("kind", TEMPLATES.all(), ids=lambda kind: kind.kind)


def outputs_of_a_metered_pass(
    network: Network, problem: Problem
) -> list[weakref.ref[torch.Tensor]]:
    """Returns what the blocks gave in a forward pass that no backward pass follows."""
    outputs: list[weakref.ref[torch.Tensor]] = []

    def note(_block: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        outputs.append(weakref.ref(output))

    for block in network.blocks.values():
        block.register_forward_hook(note)

    inputs = fake_inputs(problem, 2)
    with ActivationMeter.of(network, *inputs):
        network(inputs if len(inputs) > 1 else inputs[0])

    return outputs


@EVERY
@pytest.mark.parametrize("fake", [True, False], ids=["fake", "real"])
def test_a_metered_forward_pass_is_forgotten(kind: type[Template], fake: bool) -> None:
    problem = typical_problem(kind)
    graph = kind().resolved(problem).graph(problem)
    if fake:
        with fake_tensors():
            outputs = outputs_of_a_metered_pass(Network(graph, problem), problem)
    else:
        outputs = outputs_of_a_metered_pass(Network(graph, problem), problem)

    gc.collect()
    assert len(outputs) >= len(graph.nodes)
    assert [output for output in outputs if output() is not None] == []


@EVERY
def test_a_meter_changes_no_gradient(kind: type[Template]) -> None:
    problem = typical_problem(kind)
    graph = kind().resolved(problem).graph(problem)
    torch.manual_seed(0)
    network = Network(graph, problem).eval()
    inputs = fake_inputs(problem, 2)
    whole = inputs if len(inputs) > 1 else inputs[0]
    gradients = []
    for metered in (False, True):
        network.zero_grad()
        if metered:
            with ActivationMeter.of(network, *inputs) as meter:
                output = network(whole)
            assert meter.bytes > 0
        else:
            output = network(whole)

        torch.autograd.backward(output.square().sum())
        gradients.append([weight.grad for weight in network.parameters()])

    for plain, under_meter in zip(*gradients, strict=True):
        assert (plain is None and under_meter is None) or torch.equal(plain, under_meter)


def test_torch_remembers_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 20)
    for size in range(1, 60):
        with fake_tensors():
            torch.ones(size) + torch.ones(size)

        assert FakeTensorMode.cache_info().size <= 20
