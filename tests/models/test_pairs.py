"""Two towers: which encoder looks at which half, and how the halves are compared."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from torch.nn import functional

from app.engine.memory.inspection import inspect
from models.graph import GraphError
from models.layers.heads.contrastive_output import ContrastiveOutputModule
from models.network import Network, decay_groups
from models.shape import Input, Problem
from models.template import TEMPLATES
from tests.models.networks import INPUTS, batch_of, initialised, network_of

TOWERS = TEMPLATES.get("two-tower")
PICTURE = Input("image", (3, 12, 12))
TEXT = Input("text", (8,), vocabulary=400)
ROW = Input("row", (4,), categories=(3,))
SIGNAL = Input("signal", (2, 30))


def pair(left: Input, right: Input, outputs: int = 16) -> Problem:
    return Problem.of((left, right), outputs, 500, "pair")


@pytest.mark.parametrize(("left", "right"), tuple(product(INPUTS, repeat=2)))
def test_any_two_halves_find_their_encoders(left: str, right: str) -> None:
    problem = pair(INPUTS[left], INPUTS[right])
    assert TOWERS.unfit(problem) == ""
    report = inspect(TOWERS().resolved(problem).graph(problem), problem)
    assert report.error is None
    assert report.blocks[-1].shape == (2, 16)


HALVES = ((PICTURE, TEXT), (TEXT, PICTURE), (TEXT, TEXT), (PICTURE, PICTURE), (ROW, SIGNAL))


@pytest.mark.parametrize(("left", "right"), HALVES, ids=lambda half: half.kind)
def test_both_halves_are_directions_and_the_first_is_stretched(left: Input, right: Input) -> None:
    problem = pair(left, right)
    network = network_of(TOWERS(), problem).train()
    for batch in (1, 2, 5):
        answers = network(batch_of(problem, batch))
        assert answers.shape == (batch, 2, 16)
        lengths = answers.norm(dim=2)
        torch.testing.assert_close(lengths[:, 0], torch.full((batch,), 1 / 0.07), rtol=1e-4, atol=0)
        torch.testing.assert_close(lengths[:, 1], torch.ones(batch), rtol=1e-4, atol=0)

    logits = answers[:, 0] @ answers[:, 1].T
    functional.cross_entropy(logits, torch.arange(5)).backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in network.parameters())
    assert network.blocks["match"].log_scale.grad.abs() > 0


def test_the_temperature_is_learned_within_its_limit_and_never_decayed() -> None:
    module = initialised(ContrastiveOutputModule())
    x = torch.randn(3, 8)
    assert module.log_scale.item() == pytest.approx(math.log(1 / 0.07))

    with torch.no_grad():
        module.log_scale.fill_(20.0)

    assert module(x, x)[:, 0].norm(dim=1).tolist() == pytest.approx([100.0] * 3, rel=1e-4)
    network = network_of(TOWERS(), pair(PICTURE, TEXT))
    decayed, undecayed = decay_groups(network, 0.1)
    assert any(parameter is network.blocks["match"].log_scale for parameter in undecayed["params"])
    assert not any(
        parameter is network.blocks["match"].log_scale for parameter in decayed["params"]
    )


def test_a_half_that_says_nothing_breaks_nothing() -> None:
    x = torch.zeros(2, 8, requires_grad=True)
    answers = initialised(ContrastiveOutputModule())(x, x)
    answers[:, 0].sum().backward()
    assert torch.isfinite(answers).all()
    assert torch.isfinite(x.grad).all() and x.grad.abs().max() < 1e6


def test_an_answer_depends_on_its_own_half_only() -> None:
    """So the pictures for a text can be looked up among embeddings that are known already."""
    for problem in (pair(PICTURE, TEXT), pair(TEXT, TEXT)):
        network = network_of(TOWERS(), problem).eval()
        first, second = batch_of(problem, 3)
        other = batch_of(problem, 3, seed=9)
        answers = network((first, second))
        torch.testing.assert_close(
            network((first, other[1]))[:, 0], answers[:, 0], rtol=1e-4, atol=1e-5
        )
        torch.testing.assert_close(
            network((other[0], second))[:, 1], answers[:, 1], rtol=1e-4, atol=1e-5
        )


def test_halves_that_are_alike_share_their_weights() -> None:
    problem = pair(TEXT, TEXT)
    shared, apart = network_of(TOWERS(), problem), network_of(TOWERS(shared=False), problem)
    assert parameters(apart) == 2 * parameters(shared) - 1  # the temperature is there once

    text = batch_of(problem, 4)[0]
    answers = shared.eval()((text, text))
    torch.testing.assert_close(answers[:, 0] * 0.07, answers[:, 1], rtol=1e-4, atol=1e-6)


def parameters(network: Network) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_encoders_can_be_chosen_and_sized() -> None:
    problem = pair(PICTURE, TEXT)
    template = TOWERS(left="vit", right="text-encoder", width=32).resolved(problem)
    kinds = {node.kind for node in template.graph(problem).nodes}
    assert "transformer" in kinds and "residual" not in kinds
    assert parameters(network_of(TOWERS(width=16), problem)) < parameters(
        network_of(TOWERS(), problem)
    )
    assert TOWERS().resolved(problem).model_dump()["left"] == "resnet"


WRONG = (
    ({"left": "text-cnn"}, pair(PICTURE, TEXT), "left", "Text CNN reads texts, not pictures."),
    ({"right": "resnet"}, pair(PICTURE, TEXT), "right", "ResNet reads pictures, not texts."),
    ({"right": "gpt"}, pair(PICTURE, TEXT), "right", "answers after every token"),
    ({"left": "restnet"}, pair(PICTURE, TEXT), "left", "Did you mean 'resnet'"),
    ({"left": "two-tower"}, pair(PICTURE, TEXT), "left", "compares the halves of a pair"),
    ({"shared": True}, pair(PICTURE, TEXT), "both", "not alike"),
    (
        {"shared": True, "left": "text-encoder"},
        pair(TEXT, TEXT),
        "both",
        "cannot be Text encoder and Text CNN",
    ),
)


@pytest.mark.parametrize(
    ("chosen", "problem", "block", "message"), WRONG, ids=lambda value: str(value)[:30]
)
def test_an_encoder_that_does_not_fit_is_refused_in_a_sentence(
    chosen: dict[str, object], problem: Problem, block: str, message: str
) -> None:
    with pytest.raises(GraphError) as caught:
        network_of(TOWERS(**chosen), problem)

    assert caught.value.node == block
    assert message in caught.value.what and caught.value.remedy.endswith(".")


def test_single_examples_are_refused() -> None:
    assert TOWERS.unfit(Problem.of((PICTURE,), 5, 100)).startswith(
        "Two towers compares the halves of a pair;"
    )
    assert "pairs" in TOWERS.unfit(Problem.of((PICTURE,), 5, 100, "pair"))


@pytest.mark.parametrize(
    ("left", "right"), ((PICTURE, TEXT), (ROW, ROW)), ids=lambda half: half.kind
)
def test_it_learns_which_of_sixteen_belong_together(left: Input, right: Input) -> None:
    torch.manual_seed(0)
    problem = pair(left, right)
    network = network_of(TOWERS(dropout=0.0), problem).train()
    x = batch_of(problem, 16)
    targets = torch.arange(16)

    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    for _ in range(60):
        optimizer.zero_grad()
        answers = network(x)
        logits = answers[:, 0] @ answers[:, 1].T
        loss = (
            functional.cross_entropy(logits, targets) + functional.cross_entropy(logits.T, targets)
        ) / 2
        loss.backward()
        optimizer.step()

    assert loss.item() < 0.3
