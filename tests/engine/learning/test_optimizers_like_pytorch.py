"""Several steps of each optimizer against PyTorch's own, with the same gradients and options."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn, optim

from app.engine.learning.combined_optimizer import CombinedOptimizer
from app.engine.learning.optimizer import OPTIMIZERS

CPU = torch.device("cpu")
RATE = 0.01
DECAY = 0.1
STEPS = 7
MOMENTS = {"betas": (0.8, 0.99), "eps": 1e-6}
OURS = {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6}

Make = Callable[..., optim.Optimizer]
CASES: dict[str, tuple[str, dict[str, Any], Make, dict[str, Any]]] = {
    "adamw": ("adamw", OURS, optim.AdamW, MOMENTS),
    "adamw, amsgrad": ("adamw", {"amsgrad": True}, optim.AdamW, {"amsgrad": True}),
    "adam": ("adam", OURS, optim.Adam, MOMENTS),
    "adam, amsgrad": ("adam", {"amsgrad": True}, optim.Adam, {"amsgrad": True}),
    "sgd": ("sgd", {}, optim.SGD, {}),
    "momentum": (
        "sgd-momentum",
        {"momentum": 0.8, "nesterov": False},
        optim.SGD,
        {"momentum": 0.8},
    ),
    "nesterov": (
        "sgd-momentum",
        {"dampening": 0.5},
        optim.SGD,
        {"momentum": 0.9, "nesterov": True},
    ),
    "damping": (
        "sgd-momentum",
        {"nesterov": False, "dampening": 0.3},
        optim.SGD,
        {"momentum": 0.9, "dampening": 0.3},
    ),
    "rmsprop": ("rmsprop", {}, optim.RMSprop, {"alpha": 0.99}),
    "rmsprop, all": (
        "rmsprop",
        {"alpha": 0.9, "epsilon": 1e-4, "momentum": 0.7, "centered": True},
        optim.RMSprop,
        {"alpha": 0.9, "eps": 1e-4, "momentum": 0.7, "centered": True},
    ),
    "adagrad": ("adagrad", {}, optim.Adagrad, {}),
    "adagrad, all": (
        "adagrad",
        {"rate_decay": 0.1, "initial_sum": 0.2, "epsilon": 1e-5},
        optim.Adagrad,
        {"lr_decay": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-5},
    ),
    "nadam": ("nadam", OURS, optim.NAdam, MOMENTS | {"decoupled_weight_decay": True}),
    "nadam, all": (
        "nadam",
        {"momentum_decay": 0.02, "decay_apart": False},
        optim.NAdam,
        {"momentum_decay": 0.02},
    ),
    "radam": ("radam", OURS, optim.RAdam, MOMENTS | {"decoupled_weight_decay": True}),
    "radam, added": ("radam", {"decay_apart": False}, optim.RAdam, {}),
    "adafactor": ("adafactor", {}, optim.Adafactor, {}),
    "adafactor, all": (
        "adafactor",
        {"beta2_decay": -0.5, "clip": 2.0, "smallest_scale": 0.1},
        optim.Adafactor,
        {"beta2_decay": -0.5, "d": 2.0, "eps": (None, 0.1)},
    ),
}


def weights() -> list[nn.Parameter]:
    """Returns a filter as picture networks have it, a matrix, a bias and a single number."""
    generator = torch.Generator().manual_seed(0)
    values = [torch.randn(shape, generator=generator) for shape in ((4, 3, 3, 3), (6, 5), (7,), ())]
    values[0] = values[0].contiguous(memory_format=torch.channels_last)

    return [nn.Parameter(value) for value in values]


def weights_after_steps(
    optimizer: optim.Optimizer, own: list[nn.Parameter], steps: int = STEPS
) -> list[torch.Tensor]:
    """Returns the weights after steps whose learning rate changes, as under a schedule."""
    generator = torch.Generator().manual_seed(1)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / (2 * steps))

        optimizer.zero_grad(set_to_none=True)
        for weight in own:
            weight.grad = torch.empty_like(weight).copy_(
                torch.randn(weight.shape, generator=generator) / (step + 1)
            )

        optimizer.step()

    return [weight.detach() for weight in own]


@pytest.mark.parametrize("case", CASES)
def test_steps_agree_with_pytorch(case: str) -> None:
    kind, settings, make, options = CASES[case]
    mine = weights()
    theirs = weights()
    choice = OPTIMIZERS.get(kind)(learning_rate=RATE, weight_decay=DECAY, **settings)
    ours = choice.build([{"params": mine, "weight_decay": DECAY}], CPU)

    other = make(theirs, lr=RATE, weight_decay=DECAY, **options)
    for weight, reference in zip(
        weights_after_steps(ours, mine), weights_after_steps(other, theirs), strict=True
    ):
        torch.testing.assert_close(
            weight, reference, rtol=1e-6, atol=1e-7
        )  # fused kernels round a little otherwise


def test_every_optimizer_is_compared() -> None:
    assert {case[0] for case in CASES.values()} | {"muon"} == {
        optimizer.kind for optimizer in OPTIMIZERS.all()
    }


@pytest.mark.parametrize("scale", ["match_rms_adamw", "original"])
def test_muon_takes_the_matrices_and_adamw_the_rest(scale: str) -> None:
    mine = weights()
    theirs = weights()
    choice = OPTIMIZERS.get("muon")(
        learning_rate=RATE, weight_decay=DECAY, momentum=0.9, scale=scale, iterations=4
    )
    ours = choice.build(
        [{"params": mine[:2], "weight_decay": DECAY}, {"params": mine[2:], "weight_decay": 0.0}],
        CPU,
    )

    muon = optim.Muon(
        [theirs[1]], lr=RATE, weight_decay=DECAY, momentum=0.9, ns_steps=4, adjust_lr_fn=scale
    )
    adamw = optim.AdamW(
        [
            {"params": [theirs[0]], "weight_decay": DECAY},
            {"params": theirs[2:], "weight_decay": 0.0},
        ],
        lr=RATE,
    )

    other = CombinedOptimizer([muon, adamw])
    for weight, reference in zip(
        weights_after_steps(ours, mine), weights_after_steps(other, theirs), strict=True
    ):
        torch.testing.assert_close(weight, reference, rtol=1e-6, atol=1e-7)

    apart = weights()
    single = optim.Muon(
        [apart[1]], lr=RATE, weight_decay=DECAY, momentum=0.9, ns_steps=4, adjust_lr_fn=scale
    )
    assert torch.equal(weights_after_steps(single, apart)[1], mine[1])


def test_parts_together_are_one_optimizer() -> None:
    """The parts share groups and state.

    A rate set on the whole is that of the part; a saved state goes on to the same weights.
    """
    own = weights()
    again = weights()
    choice = OPTIMIZERS.get("muon")(learning_rate=RATE)
    first, second = (
        choice.build([{"params": weight, "weight_decay": DECAY}], CPU) for weight in (own, again)
    )
    assert isinstance(first, CombinedOptimizer) and isinstance(second, CombinedOptimizer)

    first.param_groups[0]["lr"] = 0.5
    assert first.parts[0].param_groups[0]["lr"] == 0.5
    assert first.step(lambda: 3.0) == 3.0 and not first.state

    weights_after_steps(first, own, 2)
    assert (
        set(first.state) == set(own) and first.parts[0].state is first.parts[1].state is first.state
    )

    with torch.no_grad():
        for weight, copied in zip(own, again, strict=True):
            copied.copy_(weight)

    second.load_state_dict(copy.deepcopy(first.state_dict()))
    assert all(
        torch.equal(weight, copied)
        for weight, copied in zip(
            weights_after_steps(first, own), weights_after_steps(second, again), strict=True
        )
    )


# --- decay


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(3, 4)
        self.linear = nn.Linear(4, 5)
        self.norm = nn.LayerNorm(5)


@pytest.mark.parametrize("choice", OPTIMIZERS.all(), ids=lambda choice: choice.kind)
@pytest.mark.parametrize("everywhere", [False, True])
def test_biases_and_norms_are_decayed_only_if_requested(choice: type, everywhere: bool) -> None:
    network = Small()
    spec = choice(learning_rate=RATE, weight_decay=0.3, decay_all=everywhere)
    optimizer = spec.for_network(network, CPU)
    decayed = {
        weight: group["weight_decay"]
        for group in optimizer.param_groups
        for weight in group["params"]
    }

    assert {name: decayed[weight] for name, weight in network.named_parameters()} == {
        "table.weight": 0.3,
        "linear.weight": 0.3,
        **dict.fromkeys(("linear.bias", "norm.weight", "norm.bias"), 0.3 if everywhere else 0.0),
    }
    nn.init.ones_(network.norm.bias)

    for weight in network.parameters():
        weight.grad = torch.zeros_like(weight)

    optimizer.step()
    moved = float((network.norm.bias.detach() - 1).abs().max())
    assert moved > 0 if everywhere else moved == 0


def test_muon_leaves_tables_to_adamw() -> None:
    network = Small()
    optimizer = OPTIMIZERS.get("muon")().for_network(network, CPU)

    for weight in network.parameters():
        weight.grad = torch.ones_like(weight)

    optimizer.step()
    names = {weight: name for name, weight in network.named_parameters()}
    turned = [
        names[weight] for weight, state in optimizer.state.items() if "momentum_buffer" in state
    ]
    assert turned == ["linear.weight"]


# --- what they keep


@pytest.mark.parametrize("case", CASES)
def test_the_declared_state_is_the_real_state(case: str) -> None:
    kind, settings, _, _ = CASES[case]
    own = weights()
    choice = OPTIMIZERS.get(kind)(**settings)
    optimizer = choice.build([{"params": own, "weight_decay": 0.0}], CPU)
    weights_after_steps(optimizer, own, 1)

    for weight in own:
        there = {
            name: tuple(value.shape)
            for name, value in optimizer.state[weight].items()
            if value is not None
        }
        assert there == choice.state_shapes(tuple(weight.shape), choice.is_matrix({}, weight))

    floats = choice.state_floats(optimizer.param_groups)
    assert sum(floats.values()) == sum(
        value.numel()
        for state in optimizer.state.values()
        for value in state.values()
        if value is not None
    )


@pytest.mark.parametrize(
    ("kind", "settings", "state", "partly"),
    [
        ("sgd", {}, (), ()),
        ("sgd-momentum", {}, ("first_moment",), ()),
        ("adam", {}, ("first_moment", "second_moment"), ()),
        ("adamw", {"amsgrad": True}, ("first_moment", "second_moment", "other_state"), ()),
        ("rmsprop", {"momentum": 0.9}, ("second_moment", "other_state"), ()),
        ("adagrad", {}, ("second_moment",), ()),
        ("adafactor", {}, (), ("second_moment", "other_state")),
        ("muon", {}, ("first_moment",), ("second_moment",)),
    ],
)
def test_rows_kept_in_full_and_in_part(
    kind: str, settings: dict[str, Any], state: tuple[str, ...], partly: tuple[str, ...]
) -> None:
    choice = OPTIMIZERS.get(kind)(**settings)
    assert (choice.full_state, choice.partial_state, choice.floats_per_parameter()) == (
        state,
        partly,
        2 + len(state),
    )


def test_factored_moments_are_counted_exactly() -> None:
    own = [nn.Parameter(torch.zeros(100, 50)), nn.Parameter(torch.zeros(100))]
    choice = OPTIMIZERS.get("adafactor")()
    floats = choice.state_floats([{"params": own}])
    assert floats == {"first_moment": 0, "second_moment": 100, "other_state": 150, "counters": 2}
    assert choice.floats_per_parameter(floats, 5100) == pytest.approx(2 + 250 / 5100)
    assert math.isclose(OPTIMIZERS.get("adam")().floats_per_parameter(None, 5100), 4)
