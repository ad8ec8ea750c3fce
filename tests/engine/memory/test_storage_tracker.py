"""Storages are followed from creation to release, and measuring changes no step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from app.engine.memory.step_meter import StepMeter
from app.engine.memory.storage_tracker import StorageTracker
from tests.ledgers import one_thread, reported_peak

MIB = 2**20 // 4
"""Floats of a mebibyte."""


def test_the_most_at_once_is_found() -> None:
    known = torch.ones(MIB)
    with StorageTracker([known]) as storages:
        first = known + 1
        second = first * 2  # two at once
        del first
        third = second.view(2, -1)[0]  # no storage of its own
        del second
        fourth = third + 1  # two and a half: a view holds its whole storage

    assert storages.peak(()) == 2 * 2**20
    assert fourth.numel() == MIB // 2


def test_what_lasts_is_left_out_from_the_beginning() -> None:
    with StorageTracker(()) as storages:
        before = torch.ones(3 * MIB)
        del before
        state = torch.zeros(2 * MIB)
        step = state + 1

    assert storages.peak([state]) == 3 * 2**20
    del step


def test_sizes_are_rounded_up_to_blocks() -> None:
    with StorageTracker((), block=512) as storages:
        held = [torch.zeros(1), torch.zeros(129)]

    assert storages.peak(()) == 512 + 1024
    del held


def test_the_backward_pass_is_followed_too() -> None:
    x = torch.ones(MIB, requires_grad=True)

    def step() -> None:
        (x.exp() * 3).sin().sum().backward()
        x.grad = None

    with StorageTracker([x]) as storages:
        step()

    with one_thread():
        assert storages.peak(()) == pytest.approx(reported_peak(step), rel=1e-3)


@pytest.mark.parametrize("optimizer", (torch.optim.AdamW, torch.optim.RAdam))
def test_a_step_under_the_meter_has_the_same_numbers(
    optimizer: type[torch.optim.Optimizer],
) -> None:
    results = []
    for metered in (False, True):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Linear(5, 32), nn.Dropout(0.5), nn.ReLU(), nn.Linear(32, 3))
        stepper = optimizer(network.parameters())
        x = torch.randn(8, 5)

        targets = torch.zeros(8, dtype=torch.int64)
        if metered:
            with StepMeter(network, stepper, x, targets) as meter:
                with meter.forward(x, targets):
                    loss = nn.functional.cross_entropy(network(x), targets)

                loss.backward()
                stepper.step()

            assert meter.activations > 8 * 32 * 4
            assert meter.beyond is not None and meter.beyond > meter.activations
        else:
            loss = nn.functional.cross_entropy(network(x), targets)
            loss.backward()
            stepper.step()

        results.append([loss.detach(), *(value.detach().clone() for value in network.parameters())])

    assert all(torch.equal(value, other) for value, other in zip(*results, strict=True))


def test_a_step_that_breaks_off_is_not_reported() -> None:
    network = nn.Linear(2, 2)
    stepper = torch.optim.SGD(network.parameters())

    meter = StepMeter(network, stepper, torch.ones(1, 2), torch.zeros(1))
    with pytest.raises(RuntimeError, match="broke"), meter:
        raise RuntimeError("broke")

    assert meter.beyond is None
    assert torch.ones(2).add(1).tolist() == [2, 2]  # and nothing is followed any more
