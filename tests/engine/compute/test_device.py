"""The device to compute on, and the reason that is given for it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
import torch

from app.engine.compute import device
from app.engine.compute.device import Card, Device, Probe, choose
from app.engine.errors import UserError
from app.engine.experiment.training_settings import TrainingSettings

if TYPE_CHECKING:
    from collections.abc import Callable

H100 = Card(0, "NVIDIA H100")
OLD = Card(0, "GTX 780", "this PyTorch build does not support the GTX 780 (compute capability 3.5)")


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        (Probe(), "no graphics card was found that PyTorch can use"),
        (Probe(nvidia=True), "an NVIDIA GPU was found, but this PyTorch build has no CUDA"),
        (
            Probe(
                cuda_build=True, nvidia=True, error="The NVIDIA driver on your system is too old"
            ),
            "a GPU was found, but it could not be started: The NVIDIA driver on your system is too "
            "old",
        ),
        (
            Probe((OLD,), cuda_build=True, nvidia=True),
            "a GPU was found, but it could not be started: this PyTorch build does not support the "
            "GTX 780 "
            "(compute capability 3.5)",
        ),
    ],
)
def test_the_cpu_is_chosen_for_a_reason(probe: Probe, reason: str) -> None:
    assert choose("auto", probe) == Device("cpu", "CPU", reason)


def test_the_cpu_can_be_chosen() -> None:
    assert choose("cpu", Probe((H100,), cuda_build=True)) == Device(
        "cpu", "CPU", "chosen in the settings"
    )


def test_a_gpu_that_works_is_chosen() -> None:
    cards = (Card(0, "broken", "it is"), Card(1, "NVIDIA H100"))
    assert choose("auto", Probe(cards, cuda_build=True)).name == "cuda:1"
    assert choose("cuda:1", Probe(cards, cuda_build=True)).reason == "chosen in the settings"
    assert choose("auto", Probe(mps=True)).name == "mps"


@pytest.mark.parametrize("setting", ["cuda", "cuda:3", "mps", "tpu", "cuda:x"])
def test_a_device_that_is_not_there_is_refused_by_name(setting: str) -> None:
    with pytest.raises(UserError) as refused:
        choose(setting, Probe((Card(0, "small", "it is too small"),), cuda_build=True))
    assert refused.value.setting == "training.device" and setting in refused.value.what


@pytest.mark.parametrize(
    ("capability", "architectures", "works"),
    [
        ((9, 0), ["sm_80", "sm_90"], True),
        ((8, 6), ["sm_80", "sm_90"], True),
        ((7, 0), ["sm_75", "sm_80"], False),
        ((12, 0), ["sm_90"], False),
        ((12, 0), ["sm_90", "compute_90"], True),
        ((9, 0), ["sm_90a"], True),
    ],
)
def test_a_card_is_compared_with_what_the_build_has_kernels_for(
    capability: tuple[int, int], architectures: list[str], works: bool
) -> None:
    assert device.supports(capability, architectures) is works


def test_a_gpu_that_fails_its_first_operation_is_not_trained_on() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    fallen = device.smoke_test(Device("cuda:0", "NVIDIA H100", ""))
    assert fallen.name == "cpu" and fallen.reason.startswith(
        "a GPU was found, but it could not be started: "
    )


def test_looking_at_this_machine_raises_nothing() -> None:
    assert choose("auto", device.probe_machine()).reason


def test_thread_counts_follow_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "cores", lambda: 6)
    cpu = Device("cpu", "CPU", "")
    assert device.thread_candidates(TrainingSettings(cpu_use="gentle"), cpu) == (1,)
    assert device.thread_candidates(TrainingSettings(cpu_use="max"), cpu) == (6,)
    assert device.thread_candidates(TrainingSettings(threads=3), cpu) == (3,)
    assert device.thread_candidates(TrainingSettings(), cpu) == (1, 2, 4, 6)
    assert device.thread_candidates(TrainingSettings(), Device("cuda:0", "", "")) == (4,)


@pytest.mark.parametrize(
    ("costs", "best"),
    [
        ({1: 0.10, 2: 0.06, 4: 0.08}, 2),
        ({1: 0.10, 2: 0.098, 4: 0.097}, 1),  # within 5 %: fewer leave the computer usable
        ({1: 0.10, 2: 0.09, 4: 0.05}, 4),
    ],
)
def test_the_fastest_thread_count_wins(
    costs: dict[int, float], best: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = {"now": 0.0, "threads": 1}
    monkeypatch.setattr(time, "perf_counter", lambda: clock["now"])
    monkeypatch.setattr(torch, "set_num_threads", lambda count: clock.update(threads=count))

    def work() -> None:
        clock["now"] += costs[int(clock["threads"])]

    chosen, medians = device.fastest_threads(work, tuple(costs), lambda: None)
    assert chosen == best and medians == pytest.approx(costs)


def _in_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_training_thread_has_a_number_of_threads_of_its_own() -> None:
    before = torch.get_num_threads()
    counts = []

    def work() -> None:
        with device.computing_thread(3):
            counts.append(torch.get_num_threads())

    _in_thread(work)
    assert counts == [3] and torch.get_num_threads() == before


@pytest.mark.parametrize(("has", "expected"), [(True, "bfloat16"), (False, "float32")])
def test_precision_follows_the_device(
    monkeypatch: pytest.MonkeyPatch, has: bool, expected: str
) -> None:
    monkeypatch.setattr(device, "cpu_has_bfloat16", lambda: has)
    assert device.precision("auto", Device("cpu", "CPU", "")) == expected
    assert device.precision("auto", Device("cpu", "CPU", ""), 10**9) == expected
    assert device.precision("auto", Device("cpu", "CPU", ""), 10**6) == "float32"
    assert device.precision("bfloat16", Device("cpu", "CPU", ""), 10**6) == "bfloat16"
    assert device.precision("float32", Device("cpu", "CPU", "")) == "float32"
    assert device.precision("bfloat16", Device("cpu", "CPU", "")) == "bfloat16"
