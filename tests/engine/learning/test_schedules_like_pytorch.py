"""Schedules against PyTorch's own, and the one that follows the validation loss."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
import torch
from torch.optim import lr_scheduler

from app.engine.learning.schedule import SCHEDULES, Schedule, scale_of

STEPS = 301


def stepper() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


def factors_of(schedule: Schedule, steps: int = STEPS) -> list[float]:
    return [schedule.factor(step, steps) for step in range(steps)]


def of_pytorch(make: type, steps: int = STEPS, **options: object) -> list[float]:
    optimizer = stepper()
    scheduler = make(optimizer, **options)

    factors = []
    for _ in range(steps):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()

    return factors


@pytest.mark.parametrize(
    ("kind", "settings", "make", "options"),
    [
        (
            "linear",
            {"floor": 0.1},
            lr_scheduler.LinearLR,
            {"start_factor": 1.0, "end_factor": 0.1, "total_iters": STEPS - 1},
        ),
        (
            "cosine",
            {"floor": 0.2},
            lr_scheduler.CosineAnnealingLR,
            {"T_max": STEPS - 1, "eta_min": 0.2},
        ),
        (
            "exponential",
            {"last": 0.05},
            lr_scheduler.ExponentialLR,
            {"gamma": 0.05 ** (1 / (STEPS - 1))},
        ),
    ],
    ids=str,
)
def test_the_fall_is_that_of_pytorch(kind: str, settings: dict, make: type, options: dict) -> None:
    schedule = SCHEDULES.get(kind)(warmup=0.0, **settings)
    assert factors_of(schedule) == pytest.approx(of_pytorch(make, **options), abs=1e-9)


def test_steps_drop_as_in_pytorch() -> None:
    ours = factors_of(SCHEDULES.get("step")(warmup=0.0, drops=2, reduction=0.1))
    assert ours[:-1] == pytest.approx(
        of_pytorch(lr_scheduler.StepLR, step_size=100, gamma=0.1)[:-1]
    )
    assert ours[-1] == ours[-2]  # the run's end is no drop


@pytest.mark.parametrize(("longer", "first"), [(1.0, 100), (2.0, 43)])
def test_restarts_are_those_of_pytorch(longer: float, first: int) -> None:
    steps = int(first * (3 if longer == 1 else 7)) + 1
    schedule = SCHEDULES.get("cosine-restarts")(warmup=0.0, cycles=3, longer=longer, floor=0.1)
    theirs = of_pytorch(
        lr_scheduler.CosineAnnealingWarmRestarts, steps, T_0=first, T_mult=int(longer), eta_min=0.1
    )
    ours = factors_of(schedule, steps)

    assert ours[:-1] == pytest.approx(theirs[:-1], abs=1e-9)
    assert ours[-1] == pytest.approx(0.1)  # the run ends in a valley
    assert sum(before < after for before, after in pairwise(ours)) == 2


@pytest.mark.parametrize("kind", ["linear", "cosine", "step", "exponential", "cosine-restarts"])
def test_all_of_them_can_warm_up(kind: str) -> None:
    factors = factors_of(SCHEDULES.get(kind)(warmup=0.1), 1000)
    assert factors[:100] == pytest.approx([(step + 1) / 101 for step in range(100)])
    assert factors[100] == pytest.approx(1.0) and max(factors) <= 1.0
    assert SCHEDULES.get(kind)(warmup=0.0).factor(0, 1000) == 1.0


# --- the plateau

LOSSES = [
    1.0,
    0.8,
    0.81,
    0.82,
    0.79995,
    0.83,
    0.5,
    0.6,
    0.6,
    0.6,
    0.6,
    0.6,
    0.6,
    0.6,
    0.6,
    0.4,
    0.41,
    0.42,
    0.43,
    0.44,
]


@pytest.mark.parametrize(
    ("patience", "cooldown", "threshold"), [(2, 0, 1e-4), (0, 0, 0.0), (1, 2, 0.01), (3, 1, 1e-4)]
)
def test_a_plateau_is_noticed_as_by_pytorch(patience: int, cooldown: int, threshold: float) -> None:
    schedule = SCHEDULES.get("plateau")(
        patience=patience, cooldown=cooldown, threshold=threshold, reduction=0.3, floor=0.02
    )
    optimizer = stepper()
    theirs = lr_scheduler.ReduceLROnPlateau(
        optimizer,
        factor=0.3,
        patience=patience,
        cooldown=cooldown,
        threshold=threshold,
        min_lr=0.02,
    )

    memory: dict[str, float] = {}
    for loss in LOSSES:
        memory = schedule.after_validation(memory, loss)
        theirs.step(loss)
        assert scale_of(memory) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        memory = json.loads(json.dumps(memory, allow_nan=False))  # as a checkpoint keeps it

    assert scale_of(memory) < 1


def test_a_loss_that_is_no_number_is_no_improvement() -> None:
    schedule = SCHEDULES.get("plateau")(patience=1)
    memory = {}
    for loss in (float("nan"), float("inf")):
        memory = schedule.after_validation(memory, loss)

    assert scale_of(memory) == pytest.approx(0.3) and "best" not in memory
    json.dumps(memory, allow_nan=False)
    assert schedule.after_validation(memory, 5.0)["best"] == 5.0


@pytest.mark.parametrize(
    "kind", [schedule.kind for schedule in SCHEDULES.all() if schedule.kind != "plateau"]
)
def test_the_others_do_not_look_at_the_validation(kind: str) -> None:
    assert SCHEDULES.get(kind)().after_validation({}, 1.0) == {}
