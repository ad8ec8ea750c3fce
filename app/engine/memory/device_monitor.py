"""Reads the state of the device: memory, utilisation, temperature, power.

Every reading is taken by itself: one that fails is None, with a reason, and does not take others
with it. Nothing here starts a CUDA context; before a training has begun only NVML is asked.
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import psutil
import torch

from app.engine.compute.device import cuda_is_initialized

if TYPE_CHECKING:
    from collections.abc import Callable

READINGS = (
    "total",
    "free",
    "allocated",
    "reserved",
    "other",
    "process",
    "utilisation",
    "temperature",
    "power",
)
"""The names of all readings.

Bytes: total and free memory of the device; allocated (in use by tensors); reserved (that and what
PyTorch keeps for reuse); other (other programs and the driver); process (this program, in main
memory). utilisation is in percent, temperature in degrees Celsius, power in watts.
"""

PATIENCE = 3
"""Failures in a row after which a reading is tried only every BACK_OFF seconds."""

BACK_OFF = 10.0
"""Seconds between two tries of a reading that keeps failing."""

_UNKNOWN = 2**64 - 1
"""What NVML returns for "not available" where it has no other way."""

Readings = dict[str, float | None]
"""A value by name (see READINGS), None where it is not known."""


class Unknown(Exception):
    """A reading that cannot be had; the text says why, for a person."""


class DeviceMonitor:
    """Reads the state of one device.

    device: "cpu", "cuda:0", "mps" or a torch.device. nvml: pynvml, or what stands for it in a test.
    clock: returns seconds. `close` ends NVML.
    """

    def __init__(
        self,
        device: str | torch.device,
        nvml: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device = torch.device(device)
        self._nvml = nvml
        self._clock = clock
        self._handle: Any = None
        self._started = False
        self._failures: dict[str, int] = {}
        self._retry_at: dict[str, float] = {}
        self._reasons: dict[str, str] = {}

    def sample(self) -> tuple[Readings, dict[str, str]]:
        """Returns all READINGS, None where unknown, and a reason for each that is unknown."""
        readings = {name: self._read(name, source) for name, source in self._sources().items()}
        reserved = readings["reserved"]
        total = readings["total"]

        free = readings["free"]
        if self.device.type == "cuda":
            if total is not None and free is not None:
                readings["other"] = max(0.0, total - free - (reserved or 0))
            else:
                self._reasons["other"] = self._reasons["total" if total is None else "free"]

        return readings, {name: self._reasons[name] for name in READINGS if readings[name] is None}

    def close(self) -> None:
        """Ends NVML, if it was begun."""
        if self._started:
            self._started = False
            self._handle = None

            try:
                self._nvml.nvmlShutdown()
            except Exception:  # the driver may be gone already; there is nothing left to end
                return

    def _read(self, name: str, source: Callable[[], float]) -> float | None:
        if self._clock() < self._retry_at.get(name, 0.0):
            return None

        try:
            value = source()
        except Exception as error:  # drivers fail in ways of their own
            self._reasons[name] = str(error) if isinstance(error, Unknown) else _plain(error)
            self._failures[name] = self._failures.get(name, 0) + 1
            if self._failures[name] >= PATIENCE:
                self._retry_at[name] = self._clock() + BACK_OFF

            return None

        self._failures[name] = 0
        return value

    def _sources(self) -> dict[str, Callable[[], float]]:
        sources: dict[str, Callable[[], float]] = dict.fromkeys(READINGS, _not_measured)
        sources["process"] = lambda: float(_own())
        if self.device.type == "cuda":
            sources |= {
                "total": lambda: self._nvml_value("nvmlDeviceGetMemoryInfo", "total"),
                "free": lambda: self._nvml_value("nvmlDeviceGetMemoryInfo", "free"),
                "allocated": lambda: self._allocator("allocated_bytes.all.current"),
                "reserved": lambda: self._allocator("reserved_bytes.all.current"),
                "utilisation": lambda: self._nvml_value("nvmlDeviceGetUtilizationRates", "gpu"),
                "temperature": lambda: self._nvml_value("nvmlDeviceGetTemperature", "", 0),
                "power": lambda: self._nvml_value("nvmlDeviceGetPowerUsage", "") / 1000,
            }
        elif self.device.type == "mps":
            sources |= {
                "total": lambda: float(torch.mps.recommended_max_memory()),
                "free": _mps_free,
                "allocated": lambda: float(torch.mps.current_allocated_memory()),
                "reserved": lambda: float(torch.mps.driver_allocated_memory()),
            }
        else:
            memory = cache(psutil.virtual_memory)  # read once: the parts are of one moment
            sources |= {
                "total": lambda: float(memory().total),
                "free": lambda: float(memory().available),
                "other": lambda: float(max(0, memory().total - memory().available - _own())),
                "reserved": _no_allocator,
                "utilisation": lambda: float(psutil.cpu_percent(None)),
            }

        return sources

    def _allocator(self, key: str) -> float:
        if not cuda_is_initialized():
            raise Unknown("Nothing has been computed on this GPU yet.")
        return float(torch.cuda.memory_stats(self.device)[key])

    def _nvml_value(self, function: str, field: str, *arguments: object) -> float:
        """Returns one value of NVML.

        Where NVML fails for memory, CUDA is asked, if a training has started it.
        """
        try:
            result = getattr(self._library(), function)(self._gpu(), *arguments)
            value = getattr(result, field) if field else result
            if value is None or value == _UNKNOWN or not isinstance(value, (int, float)):
                raise Unknown("The driver does not tell this here.")

            return float(value)
        except Exception:
            if function == "nvmlDeviceGetMemoryInfo" and cuda_is_initialized():
                free, total = torch.cuda.mem_get_info(self.device)
                return float(total if field == "total" else free)
            raise

    def _library(self) -> Any:
        if self._nvml is None:
            try:
                import pynvml  # noqa: PLC0415 - the package may be missing, and that is no error
            except ImportError:
                raise Unknown("The package nvidia-ml-py is not installed.") from None
            self._nvml = pynvml

        if not self._started:
            self._nvml.nvmlInit()
            self._started = True

        return self._nvml

    def _gpu(self) -> Any:
        """Returns NVML's handle of the device.

        NVML counts all GPUs, torch only those in CUDA_VISIBLE_DEVICES: so the card is found by its
        UUID once CUDA has started, else by that variable.
        """
        if self._handle is None:
            nvml = self._library()
            index = self.device.index or 0
            if cuda_is_initialized():
                uuid = f"GPU-{torch.cuda.get_device_properties(index).uuid}"
                self._handle = nvml.nvmlDeviceGetHandleByUUID(uuid)
            else:
                listed = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
                visible = [name.strip() for name in listed if name.strip()]
                name = visible[index] if index < len(visible) else str(index)
                if name.isdigit():
                    self._handle = nvml.nvmlDeviceGetHandleByIndex(int(name))
                else:
                    self._handle = nvml.nvmlDeviceGetHandleByUUID(name)

        return self._handle


def _not_measured() -> float:
    raise Unknown("Not measured on this device.")


def _no_allocator() -> float:
    raise Unknown(
        "On the CPU PyTorch keeps no store of its own; what the system keeps is in the rest of "
        "this program."
    )


def _mps_free() -> float:
    return float(max(0, torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()))


def _own() -> int:
    """Returns the bytes that this process has in main memory."""
    resident: int = psutil.Process().memory_info().rss
    return resident


_REASONS = {
    "LibraryNotFound": "No NVIDIA driver library was found.",
    "DriverNotLoaded": "The NVIDIA driver is not running.",
    "NoPermission": "The driver refuses to tell this to ordinary users or inside a MIG part.",
    "NotSupported": "This GPU or driver does not tell this (usual under WSL and MIG).",
    "NotFound": "The driver does not know this GPU.",
    "GpuIsLost": "The GPU no longer answers; restart the computer.",
    "Unknown": "The driver failed without a reason.",
}


def _plain(error: Exception) -> str:
    """Returns a driver's failure as a sentence; NVMLError_NotSupported and the like have a text."""
    name = type(error).__name__.removeprefix("NVMLError_")
    first_line = str(error).splitlines()[0] if str(error) else name
    return _REASONS.get(name, f"It could not be read: {first_line}.")
