"""Decides where to compute and why there, in what precision, and with how many threads."""

# ruff: noqa: PLC0415 - torch takes seconds to load; window and command line start without it
from __future__ import annotations

import os
import statistics
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.engine.compute import priority
from app.engine.errors import UserError
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.experiment.training_settings import TrainingSettings

NO_GPU = "no graphics card was found that PyTorch can use"
NO_CUDA = "an NVIDIA GPU was found, but this PyTorch build has no CUDA"
CHOSEN = "chosen in the settings"
GPU_ERROR = "a GPU was found, but it could not be started: {}"


@dataclass(frozen=True)
class Device:
    """A device to compute on.

    name: as torch has it. label: for a person. reason: why this one, a part of a sentence.
    """

    name: str
    label: str
    reason: str

    @property
    def type(self) -> str:
        """The sort of device: "cpu", "cuda" or "mps"."""
        return self.name.partition(":")[0]


@dataclass(frozen=True)
class Card:
    """A GPU.

    index: as torch counts. trouble: why it cannot be used, "" if it can.
    """

    index: int
    name: str
    trouble: str = ""


@dataclass(frozen=True)
class Probe:
    """What this machine has to compute on.

    cuda_build: whether this torch can drive GPUs at all. nvidia: whether there is an NVIDIA card,
    whatever torch says of it. error: why the GPUs did not start. mps: whether there is an Apple
    GPU.
    """

    cards: tuple[Card, ...] = ()
    cuda_build: bool = False
    nvidia: bool = False
    error: str = ""
    mps: bool = False


def choose(setting: str, probe: Probe | None = None) -> Device:
    """Returns the device for "auto", "cpu", "cuda", "cuda:1" or "mps", and why it is that one.

    "auto" falls back to the CPU. Raises UserError for a device that was named and is not there.
    """
    setting = setting.strip().lower() or "auto"
    kind, _, number = setting.partition(":")
    if kind not in ("auto", "cpu", "cuda", "mps") or (number and not number.isdigit()):
        raise UserError(
            f"'{setting}' is not a device.",
            "Choose auto, cpu, cuda, cuda:1 or mps.",
            "training.device",
        )
    if kind == "cpu":
        return Device("cpu", "CPU", CHOSEN)

    probe = probe or probe_machine()
    if kind == "mps" or (kind == "auto" and probe.mps):
        if probe.mps:
            return Device(
                "mps", "Apple GPU", CHOSEN if kind == "mps" else "the GPU of this computer"
            )
        reason = "this computer has no Apple GPU that PyTorch can use"
    else:
        wanted = [card for card in probe.cards if not number or card.index == int(number)]
        for card in wanted:
            if not card.trouble:
                reason = CHOSEN if kind == "cuda" else "the GPU of this computer"
                return Device(f"cuda:{card.index}", card.name, reason)

        reason = _why_not(probe, wanted)

    if kind != "auto":
        raise UserError(
            f"'{setting}' cannot be used: {reason}.", "Set the device to auto.", "training.device"
        )

    return Device("cpu", "CPU", reason)


def _why_not(probe: Probe, wanted: list[Card]) -> str:
    """Returns why no GPU can be used, a part of a sentence."""
    if wanted:
        return GPU_ERROR.format(wanted[0].trouble)
    if probe.cards:
        count = len(probe.cards)
        return f"there {'is' if count == 1 else 'are'} only {count} of them, counted from 0"
    if probe.error:
        return GPU_ERROR.format(probe.error)
    if probe.nvidia and not probe.cuda_build:
        return NO_CUDA

    return NO_GPU


def probe_machine() -> Probe:
    """Looks for GPUs. Starts no CUDA context; `smoke_test` does, when a training begins."""
    import torch

    built = bool(torch.version.cuda or torch.version.hip)
    if torch.backends.mps.is_available():
        return Probe(mps=True)

    cards: tuple[Card, ...] = ()
    error = ""
    if built:
        # Torch warns of an old driver, and then says that there is no GPU.
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                if torch.cuda.is_available():
                    cards = tuple(_card(index) for index in range(torch.cuda.device_count()))
            except Exception as failure:  # drivers fail in ways of their own
                error = _first_line(failure)
        if not cards and not error and caught:
            error = _first_line(caught[0].message)

    return Probe(cards, built, _has_nvidia(), error)


def _card(index: int) -> Card:
    import torch

    name = torch.cuda.get_device_name(index)
    if torch.version.hip:
        return Card(index, name)

    major, minor = torch.cuda.get_device_capability(index)
    if supports((major, minor), torch.cuda.get_arch_list()):
        return Card(index, name)

    capability = f"compute capability {major}.{minor}"
    return Card(index, name, f"this PyTorch build does not support the {name} ({capability})")


def supports(capability: tuple[int, int], architectures: list[str]) -> bool:
    """Returns whether a build with these architectures' kernels runs on a card of this capability.

    Kernels ("sm_90") run on cards of the same major number; code ("compute_90") is translated for
    any later card.
    """
    for architecture in architectures:
        kind, _, text = architecture.partition("_")
        digits = "".join(char for char in text if char.isdigit())
        if not digits:
            continue

        built = (int(digits[:-1] or 0), int(digits[-1]))
        if kind == "compute" and built <= capability:
            return True
        if kind == "sm" and built[0] == capability[0] and built[1] <= capability[1]:
            return True

    return False


def smoke_test(device: Device) -> Device:
    """Returns the device after one operation on it; the CPU, with the reason, where that fails.

    It starts the GPU's context.
    """
    if device.type == "cpu":
        return device

    import torch

    try:
        ones = torch.ones(4, 4, device=device.name)
        total = float((ones @ ones).sum())
        if total == 64.0:
            return device

        trouble = f"4 times 4 times 4 came out as {number_text(total)}"
    except Exception as error:
        trouble = _first_line(error)

    return Device("cpu", "CPU", GPU_ERROR.format(trouble))


def cuda_is_initialized() -> bool:
    """Returns whether this process has started a CUDA context, which takes memory of the GPU."""
    import torch

    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]


def _has_nvidia() -> bool:
    """Returns whether there is an NVIDIA card, by the driver's files or its library."""
    if Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists():
        return True
    try:
        import pynvml

        pynvml.nvmlInit()
        try:
            return bool(pynvml.nvmlDeviceGetCount() > 0)
        finally:
            pynvml.nvmlShutdown()
    except Exception:  # no library, no driver, no permission: no card that anybody could use
        return False


def _first_line(error: object) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")


# --- how exactly


Precision = Literal["float32", "bfloat16", "float16"]

LEAST_MULTIPLY_ADDS = 30_000_000
"""Below this many in the forward pass of a batch, bfloat16 costs a processor more than it gains.

Measured for the templates in batches of 64, processor time of a step, bfloat16 against float32: 1.3
to 1.7 times at 1.5 million, 1.0 at 10, 0.9 at 26, 0.7 at 120 to 190, 0.6 above.
"""


def precision(
    setting: Literal["auto", Precision], device: Device, multiply_adds: int | None = None
) -> Precision:
    """Returns what activations are computed in.

    It is bfloat16 where the device gains from it, unless something else was chosen: a rule that
    times nothing. multiply_adds: of the forward pass of a batch; None where it is large.
    """
    if setting != "auto":
        return setting

    import torch

    if device.type == "cuda":
        return "bfloat16" if torch.cuda.get_device_capability(device.name) >= (8, 0) else "float32"

    large = multiply_adds is None or multiply_adds >= LEAST_MULTIPLY_ADDS
    return "bfloat16" if device.type == "cpu" and large and cpu_has_bfloat16() else "float32"


def cpu_has_bfloat16() -> bool:
    """Returns whether the processor multiplies bfloat16 itself (AVX512-BF16 or AMX).

    A training step then takes about half the time of float32. Elsewhere bfloat16 is emulated, and
    slower.
    """
    import torch

    return any(
        bool(getattr(torch.cpu, name, bool)())
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )


# --- threads


def cores() -> int:
    """Returns the number of physical cores that this process may use.

    An affinity or a container's quota takes some away.
    """
    import psutil

    count = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        count = min(count, len(os.sched_getaffinity(0)))

    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        if quota != "max":
            count = min(count, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass  # this system tells of no quota

    return max(1, count)


def thread_candidates(settings: TrainingSettings, device: Device) -> tuple[int, ...]:
    """Returns the thread counts to choose from.

    It is one where the person or the device has decided, else those that are to be measured.
    """
    if settings.threads:
        return (settings.threads,)

    most = cores()
    if device.type != "cpu":
        return (min(4, most),)
    if settings.cpu_use == "gentle":
        return (1,)
    if settings.cpu_use == "max":
        return (most,)

    counts = []
    count = 1
    while count < most:
        counts.append(count)
        count *= 2

    return (*counts, most)


def fastest_threads(
    work: Callable[[], object],
    candidates: tuple[int, ...],
    check: Callable[[], None],
    seconds: float = 1.0,
) -> tuple[int, dict[int, float]]:
    """Returns the thread count with which `work` is fastest, and the seconds by thread count.

    Medians are compared, and fewer threads are taken where they are within 5 %. The candidates take
    turns, so that a busy moment hits all of them. The most threads begin, and stay where there was
    no time for others: steps so long are worth many threads.

    check: called before every measurement, may raise to give up. seconds: after which no more work
    is begun.
    """
    import torch

    if len(candidates) == 1:
        return candidates[0], {}

    times: dict[int, list[float]] = {count: [] for count in candidates}
    end = time.perf_counter() + seconds
    for turn in range(13):
        for count in reversed(candidates):
            check()
            torch.set_num_threads(count)

            before = time.perf_counter()
            if before >= end:
                break

            work()
            if turn > 0:  # the first one with so many threads starts them
                times[count].append(time.perf_counter() - before)

    medians = {count: statistics.median(values) for count, values in times.items() if values}
    if not medians:
        return candidates[-1], {}

    least = min(medians.values())
    return next(count for count in medians if medians[count] <= 1.05 * least), medians


@contextmanager
def computing_thread(threads: int, give_way: bool = True) -> Iterator[None]:
    """Gives the calling thread so many torch threads and, unless it is the main one, less priority.

    give_way: False for one that gives way later, by `priority.give_way`.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)

    priority.name_thread()
    (priority.give_way if give_way else priority.spread)()

    try:
        yield
    finally:
        torch.set_num_threads(before)
