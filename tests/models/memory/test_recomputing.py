"""Recomputed blocks: less is kept, and every number is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

import app.engine.learning.tasks as tasks
from app.engine.compute.fake_tensors import ActivationMeter
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve_for
from models.layers.convolution.convnext import ConvNeXtModule
from models.layers.normalisation.batch_norm import BatchNorm
from models.memory.recomputing import recompute, worth_recomputing
from models.network import build_model, fake_inputs
from models.template import TEMPLATES, Template
from tests.problems import fitting

if TYPE_CHECKING:
    from models.shape import Problem

EVERY = pytest.mark.parametrize("kind", TEMPLATES.all(), ids=lambda kind: kind.kind)
SETTINGS = {"dropout": 0.3, "depth": 2}


def template(kind: type[Template]) -> Template:
    return kind(**{name: value for name, value in SETTINGS.items() if name in kind.model_fields})


def two_steps(
    kind: type[Template], recomputes: bool, precision: torch.dtype, name: str, problem: Problem
) -> tuple[list[torch.Tensor], int]:
    """Runs two forward and backward passes.

    Returns losses, gradients, running averages and the random state at the end; and the bytes that
    were kept for the backward pass.
    """
    task = tasks.task(name)
    experiment = resolve_for(Experiment(model=template(kind)), problem, task)

    network = build_model(experiment.model.graph(problem), problem, 0).train()
    network.recompute = recomputes
    class_counts = (10,) * max(2, problem.outputs)
    loss_function = experiment.loss.build(class_counts, torch.device("cpu"), 100)
    results: list[torch.Tensor] = []
    torch.manual_seed(3)

    for _ in range(2):
        inputs = [
            tensor.random_(1, 3) if tensor.dtype == torch.int64 else tensor.normal_()
            for tensor in fake_inputs(problem, 6)
        ]
        targets = task.fake_targets(problem, 6)
        with (
            ActivationMeter.of(network, *inputs, targets) as meter,
            torch.autocast("cpu", precision, enabled=precision != torch.float32),
        ):
            loss = loss_function(network(tuple(inputs) if len(inputs) > 1 else inputs[0]), targets)

        loss.backward()
        results.append(loss.detach())

    results += [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    results += [buffer.clone() for buffer in network.buffers()]
    return [*results, torch.get_rng_state()], meter.bytes


@pytest.mark.parametrize(
    ("kind", "precision"),
    [
        pytest.param(
            kind, precision, marks=[] if not turn or (number + turn) % 2 else pytest.mark.long
        )
        for number, kind in enumerate(TEMPLATES.all())
        for turn, precision in enumerate((torch.float32, torch.bfloat16, torch.float16))
    ],
    ids=lambda value: getattr(value, "kind", str(value)),
)
def test_every_number_is_the_same_and_less_is_kept(
    kind: type[Template], precision: torch.dtype
) -> None:
    name, problem = fitting(kind)[0]
    with torch.random.fork_rng():
        results, kept_bytes = two_steps(kind, False, precision, name, problem)
        recomputed, fewer_bytes = two_steps(kind, True, precision, name, problem)

    assert len(results) == len(recomputed)
    assert all(
        torch.equal(tensor, other) for tensor, other in zip(results, recomputed, strict=True)
    )
    assert fewer_bytes < kept_bytes


@EVERY
@pytest.mark.long
def test_with_every_problem(kind: type[Template]) -> None:
    for name, problem in fitting(kind):
        with torch.random.fork_rng():
            results = two_steps(kind, False, torch.float32, name, problem)[0]
            recomputed = two_steps(kind, True, torch.float32, name, problem)[0]

        for tensor, other in zip(results, recomputed, strict=True):
            assert torch.equal(tensor, other), (name, problem)


def test_what_is_kept_is_what_goes_into_each_block() -> None:
    block = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 8))
    x = torch.randn(4, 8, requires_grad=True)
    with ActivationMeter(block.parameters()) as meter:
        recompute(block, x).sum().backward()

    assert meter.bytes == 4 * 8 * 4


def test_averages_are_moved_once_and_graphs_can_be_used_twice() -> None:
    norm = BatchNorm(3).train()
    block = nn.Sequential(norm, nn.Tanh())
    x = torch.randn(5, 3, requires_grad=True)
    answer = recompute(block, x).square().sum()
    averages = {name: buffer.clone() for name, buffer in norm.named_buffers()}
    answer.backward(retain_graph=True)
    first = x.grad.clone() if x.grad is not None else None
    answer.backward()
    assert first is not None and x.grad is not None and torch.equal(x.grad, 2 * first)
    assert norm.num_batches_tracked is not None and int(norm.num_batches_tracked) == 1
    assert all(torch.equal(buffer, averages[name]) for name, buffer in norm.named_buffers())


def test_random_numbers_are_the_same_and_their_state_is_put_back() -> None:
    block = ConvNeXtModule(4, 3, 2, 0.5).train()
    for module in block.modules():
        if callable(own := getattr(module, "initialise", None)):
            own(torch.Generator().manual_seed(0))

    gradients = []
    with torch.random.fork_rng():
        for call in (lambda x: block(x), lambda x: recompute(block, x)):
            torch.manual_seed(5)
            x = torch.ones(16, 4, 6, 6, requires_grad=True)
            answer = call(x)
            torch.randn(7)  # others draw numbers in between
            state = torch.get_rng_state()
            answer.sum().backward()

            assert torch.equal(torch.get_rng_state(), state) and x.grad is not None
            gradients.append(x.grad)

    assert torch.equal(*gradients)


def test_one_layer_saves_nothing() -> None:
    assert not worth_recomputing(nn.Linear(2, 2))
    assert not worth_recomputing(nn.Sequential(nn.Linear(2, 2), nn.Identity()))
    assert worth_recomputing(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))


def test_in_evaluation_nothing_is_computed_again() -> None:
    name, problem = fitting(TEMPLATES.get("resnet"))[0]
    experiment = resolve_for(Experiment(model=TEMPLATES.get("resnet")()), problem, tasks.task(name))

    network = build_model(experiment.model.graph(problem), problem, 0).eval()
    x = torch.randn(3, 1, 12, 12)
    with torch.no_grad():
        plain = network(x)
        network.recompute = True
        assert torch.equal(network(x), plain) and torch.equal(network.train().eval()(x), plain)
