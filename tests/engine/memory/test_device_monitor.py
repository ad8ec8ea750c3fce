"""Readings of the device: each by itself, None with a reason where it is missing, never a crash."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from app.engine.memory.device_monitor import BACK_OFF, PATIENCE, READINGS, DeviceMonitor


def failing(name: str) -> Exception:
    """Returns an error like NVML's, which are classes named after their code."""
    return type(f"NVMLError_{name}", (Exception,), {})("as the driver says it")


class FakeNvml:
    """A driver with one GPU of 8 GB, in which single queries can be made to fail."""

    def __init__(self, **broken: Any) -> None:
        self.broken = broken
        self.calls = 0
        self.open = False

    def _answer(self, name: str, value: Any) -> Any:
        self.calls += 1
        broken = self.broken.get(name)
        if isinstance(broken, Exception):
            raise broken

        return value if broken is None else broken

    def nvmlInit(self) -> None:
        self._answer("init", None)
        self.open = True

    def nvmlShutdown(self) -> None:
        self.open = False

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any:
        return self._answer("handle", f"gpu {index}")

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> Any:
        return self._answer("handle", uuid)

    def nvmlDeviceGetMemoryInfo(self, handle: Any) -> Any:
        self.handle = handle
        return self._answer(
            "memory", SimpleNamespace(total=8 * 10**9, free=5 * 10**9, used=3 * 10**9)
        )

    def nvmlDeviceGetUtilizationRates(self, handle: Any) -> Any:
        return self._answer("utilisation", SimpleNamespace(gpu=71, memory=30))

    def nvmlDeviceGetTemperature(self, handle: Any, sensor: int) -> Any:
        return self._answer("temperature", 64)

    def nvmlDeviceGetPowerUsage(self, handle: Any) -> Any:
        return self._answer("power", 120_500)


def test_a_whole_driver() -> None:
    nvml = FakeNvml()
    monitor = DeviceMonitor("cuda:0", nvml)
    readings, reasons = monitor.sample()
    assert tuple(readings) == READINGS
    assert (readings["total"], readings["free"], readings["other"]) == (8e9, 5e9, 3e9)
    assert (readings["utilisation"], readings["temperature"], readings["power"]) == (
        71.0,
        64.0,
        120.5,
    )

    assert readings["reserved"] is None and "yet" in reasons["reserved"]
    monitor.close()
    assert not nvml.open


@pytest.mark.parametrize(
    ("name", "reason"),
    (
        ("LibraryNotFound", "driver library"),
        ("DriverNotLoaded", "not running"),
        ("NoPermission", "refuses"),
        ("NotSupported", "does not tell"),
        ("Unknown", "without a reason"),
        ("GpuIsLost", "restart"),
        ("New", "as the driver"),
    ),
)
@pytest.mark.parametrize(
    "field", ("init", "handle", "memory", "utilisation", "temperature", "power")
)
def test_a_failure_blanks_its_field_and_says_why(name: str, reason: str, field: str) -> None:
    readings, reasons = DeviceMonitor("cuda:0", FakeNvml(**{field: failing(name)})).sample()
    every = ("total", "free", "other", "utilisation", "temperature", "power")

    blank = {"init": every, "handle": every, "memory": ("total", "free", "other")}.get(
        field, (field,)
    )
    for reading in every:
        assert (readings[reading] is None) == (reading in blank)
        if reading in blank:
            assert reason in reasons[reading] and reasons[reading].endswith(".")


@pytest.mark.parametrize("value", (2**64 - 1, None, "N/A"))
def test_what_is_not_available_is_not_a_number(value: Any) -> None:
    memory = SimpleNamespace(total=value, free=value)
    readings, reasons = DeviceMonitor("cuda:0", FakeNvml(memory=memory)).sample()
    assert readings["total"] is readings["free"] is readings["other"] is None
    assert reasons["total"] and readings["power"] == 120.5


def test_after_some_failures_it_asks_less_often_and_recovers() -> None:
    now = [0.0]
    nvml = FakeNvml(power=failing("Unknown"))

    monitor = DeviceMonitor("cuda:0", nvml, clock=lambda: now[0])
    for _ in range(PATIENCE):
        monitor.sample()

    nvml.broken.clear()
    calls = nvml.calls
    readings, reasons = monitor.sample()
    assert readings["power"] is None and reasons["power"]

    now[0] += BACK_OFF
    assert monitor.sample()[0]["power"] == 120.5
    assert nvml.calls > calls


def test_the_card_is_the_one_that_torch_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = (("2,0", 0, "gpu 2"), ("2,0", 1, "gpu 0"), ("GPU-abc", 0, "GPU-abc"), ("", 1, "gpu 1"))
    for visible, number, expected in cases:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        nvml = FakeNvml()
        DeviceMonitor(f"cuda:{number}", nvml).sample()
        assert nvml.handle == expected


def test_the_processor_tells_memory_and_use_and_says_what_it_cannot() -> None:
    readings, reasons = DeviceMonitor("cpu").sample()
    assert readings["total"] == psutil.virtual_memory().total
    assert readings["process"] and readings["free"] and readings["utilisation"] is not None
    assert (
        set(reasons)
        == {name for name in READINGS if readings[name] is None}
        == {
            "allocated",
            "reserved",
            "temperature",
            "power",
        }
    )


def test_the_parts_of_main_memory_are_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    free = iter(range(5_000, 0, -1_000))

    def read() -> SimpleNamespace:
        return SimpleNamespace(total=10_000, available=next(free))

    monkeypatch.setattr(psutil, "virtual_memory", read)
    monkeypatch.setattr("app.engine.memory.device_monitor._own", lambda: 100)
    monitor = DeviceMonitor("cpu")
    for available in (5_000, 4_000):
        readings, _ = monitor.sample()
        assert readings["free"] == available
        assert readings["other"] == 10_000 - available - 100
