"""One step of each optimizer against the formulas of its paper, and its state as declared."""

from __future__ import annotations

import math

import pytest
import torch

from app.engine.learning.optimizer import OPTIMIZERS

CPU = torch.device("cpu")
RATE = 0.01
DECAY = 0.1


def steps(
    kind: str, count: int, **settings: object
) -> tuple[list[float], torch.optim.Optimizer, torch.Tensor]:
    """Drives a weight of 1 by the gradients 0.5, -0.25, 0.125, ...

    Returns its values, the optimizer and the weight.
    """
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    choice = OPTIMIZERS.get(kind)(learning_rate=RATE, weight_decay=DECAY, **settings)
    optimizer = choice.build([{"params": [weight], "weight_decay": DECAY}], CPU)

    values = []
    for step in range(count):
        weight.grad = torch.tensor([0.5 * (-0.5) ** step], dtype=torch.float64)
        optimizer.step()
        values.append(weight.item())

    return values, optimizer, weight


def test_adamw_follows_its_paper() -> None:
    theta = 1.0
    m = 0.0
    v = 0.0

    expected = []
    for t in range(1, 6):
        g = 0.5 * (-0.5) ** (t - 1)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        theta -= RATE * DECAY * theta
        theta -= RATE * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        expected.append(theta)

    assert steps("adamw", 5)[0] == pytest.approx(expected, rel=1e-9)


def test_adam_adds_the_decay_to_the_gradient() -> None:
    theta = 1.0
    m = 0.0
    v = 0.0

    expected = []
    for t in range(1, 6):
        g = 0.5 * (-0.5) ** (t - 1) + DECAY * theta
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        theta -= RATE * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        expected.append(theta)

    assert steps("adam", 5)[0] == pytest.approx(expected, rel=1e-9)


def test_sgd_goes_straight_down() -> None:
    theta = 1.0
    expected = []
    for t in range(4):
        theta -= RATE * (0.5 * (-0.5) ** t + DECAY * theta)
        expected.append(theta)

    assert steps("sgd", 4)[0] == pytest.approx(expected, rel=1e-9)


def test_momentum_adds_up() -> None:
    theta = 1.0
    velocity = 0.0

    expected = []
    for t in range(4):
        velocity = 0.9 * velocity + 0.5 * (-0.5) ** t + DECAY * theta
        theta -= RATE * velocity
        expected.append(theta)

    assert steps("sgd-momentum", 4, nesterov=False)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("choice", OPTIMIZERS.all(), ids=lambda choice: choice.kind)
def test_floats_per_parameter_as_counted_on_live_state(choice: type) -> None:
    """Adam and AdamW hold 4n: weight, gradient and every state tensor of the weight's size."""
    _, optimizer, weight = steps(choice.kind, 1)
    rows = [
        choice.state_names[name]
        for name, value in optimizer.state[weight].items()
        if isinstance(value, torch.Tensor)
        and value.shape == weight.shape
        and name in choice.state_names
    ]

    spec = choice()
    assert set(spec.full_state) <= set(rows) <= {*spec.full_state, *spec.partial_state}
    floats = spec.state_floats([{"params": [weight]}])
    assert spec.floats_per_parameter(floats, weight.numel()) == 2 + len(rows)


def test_four_n_for_adam_and_adamw() -> None:
    assert [OPTIMIZERS.get(kind)().floats_per_parameter() for kind in ("adam", "adamw")] == [4, 4]
