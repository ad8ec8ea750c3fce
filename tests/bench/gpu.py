"""What can be measured only on a GPU, in eight minutes at most; on a CPU the same way is gone.

For resnet, vit and gpt in bfloat16: the time of a step beside a bare loop, how often a step waits
for the device, and the peak of memory predicted, measured and reported by the allocator. Then a run
that is killed and goes on, and every field that NVML gives.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from app.engine.experiment import toml_file
from app.engine.experiment.toml_file import from_plain
from app.engine.memory.device_monitor import DeviceMonitor
from app.engine.runs.run import Run
from tests.bench import speed

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment
    from app.engine.training.build import TrainState

MOST_SECONDS = 480.0
LEAST_SPEED = 0.97
"""Of that of a bare loop."""

SOURCES = {"resnet": "sample:fashion", "vit": "sample:fashion", "gpt": "sample:book"}
ROOT = Path(__file__).resolve().parents[2]
WAITING = "synchronizing CUDA operation"
"""What torch warns of where `set_sync_debug_mode` is on."""


class DeviceLoop(speed.BareLoop):
    """The bare loop with its examples on the device, as the trainer has them."""

    def __init__(self, train_state: TrainState) -> None:
        super().__init__(train_state)
        device = train_state.device
        self.inputs = self.inputs.to(device)
        self.targets = self.targets.to(device)
        self.order = self.order.to(device)
        self.generator = torch.Generator(device)


def main(templates: list[str], pairs: int, steps: int) -> int:
    """Prints all figures, and returns 0 where what was measured lies within its limits."""
    begun = time.monotonic()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    print(f"device: {torch.cuda.get_device_name() if device.type == 'cuda' else 'CPU'}", flush=True)
    held = []
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for template in templates:
            for part in (beside_a_bare_loop, waits, peaks):
                if time.monotonic() - begun > MOST_SECONDS * 0.75:
                    print(f"{template}, {part.__name__}: left out, the time is over")
                    held.append(False)
                    continue

                held.append(part(template, device, folder, pairs, steps))

        held.append(after_a_kill(device, folder))

    for name, (value, reason) in readings(device).items():
        print(f"NVML and allocator, {name}: {value if value is not None else reason}")

    seconds = time.monotonic() - begun
    print(f"{seconds:.0f} s of {MOST_SECONDS:.0f}: {'PASS' if seconds <= MOST_SECONDS else 'FAIL'}")
    return 0 if all(held) and seconds <= MOST_SECONDS else 1


def experiment(template: str, device: torch.device, epochs: int = 10_000) -> Experiment:
    """Returns a training in bfloat16 with the settings that the template has by itself."""
    plain: dict[str, Any] = {
        "name": f"gpu {template}",
        "data": {"source": SOURCES[template]},
        "model": {"template": template},
        "training": {
            "epochs": epochs,
            "device": device.type,
            "precision": "bfloat16",
            "threads": 1,
        },
    }
    return from_plain(plain)


def beside_a_bare_loop(
    template: str, device: torch.device, folder: Path, pairs: int, steps: int
) -> bool:
    """Prints the speed of the trainer over that of a bare loop, in turns of so many steps."""
    before = speed.clock

    def clock() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    speed.clock = clock
    try:
        figure = speed.Figure(f"trainer / bare loop, {template}, bfloat16")
        requested = experiment(template, device)
        speed._compare(figure, requested, DeviceLoop, pairs, speed.headless, turn=steps)
    finally:
        speed.clock = before

    ratio = sorted(figure.ratios)[len(figure.ratios) // 2]
    held = device.type != "cuda" or ratio >= LEAST_SPEED
    print(f"{figure}; at least {LEAST_SPEED}: {'PASS' if held else 'FAIL'}", flush=True)
    return held


def waits(template: str, device: torch.device, folder: Path, pairs: int, steps: int) -> bool:
    """Prints how often a step waits for the device: ten times a second, the losses are read."""
    if device.type != "cuda":
        print(f"waits a step, {template}: not counted on a CPU", flush=True)
        return True

    run = Run.create(folder, experiment(template, device, epochs=1))
    torch.cuda.set_sync_debug_mode("warn")
    begun = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            speed.headless(run.experiment(), run)
    finally:
        torch.cuda.set_sync_debug_mode("default")

    seconds = time.perf_counter() - begun
    count = (run.path / "log.txt").read_text(encoding="utf-8").count(WAITING)
    done = run.summary()["steps"]
    print(
        f"waits a step, {template}: {count / done:.2f} ({count} in {done} steps, {seconds:.1f} s)"
    )
    return True


def peaks(template: str, device: torch.device, folder: Path, pairs: int, steps: int) -> bool:
    """Prints the peak of memory: predicted, measured, and as the allocator reports it."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()

    run = Run.create(folder, experiment(template, device, epochs=1))
    speed.headless(run.experiment(), run)
    memory = run.summary()["memory"]
    predicted = memory["predicted"]["peak"]
    measured = memory["measured"]["peak"]
    reported = (
        torch.cuda.memory_stats()["allocated_bytes.all.peak"] if device.type == "cuda" else measured
    )
    print(
        f"peak, {template}: predicted {predicted / 1e6:,.1f} MB, measured {measured / 1e6:,.1f} MB "
        f"({predicted / measured - 1:+.1%}), allocator {reported / 1e6:,.1f} MB",
        flush=True,
    )
    return abs(predicted / measured - 1) <= 0.05


def after_a_kill(device: torch.device, folder: Path) -> bool:
    """Kills a run after its first state and goes on; prints whether the weights are the same."""
    requested = experiment("resnet", device, epochs=3)
    path = folder / "killed.toml"
    path.write_bytes(toml_file.dumps(requested).encode())
    hashes = []
    for name in ("whole", "killed"):
        run = Run(folder / name)
        command = ["-m", "app", "train", str(path), "--run-dir", str(run.path), "--json"]
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        if name == "killed":
            while process.poll() is None and not any((run.path / "checkpoints").glob("state-*")):
                time.sleep(0.05)
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)

        process.communicate()
        if name == "killed" and run.status == "interrupted":
            again = [sys.executable, "-m", "app", "resume", str(run.path), "--json"]
            subprocess.run(again, cwd=ROOT, capture_output=True, check=True)

        hashes.append(run.summary()["weights_sha256"])

    same = hashes[0] == hashes[1]
    print(
        f"a run that was killed and went on: the weights are {'the same' if same else 'others'}"
        f"{'' if same else ', as sums on a GPU may come in another order'}",
        flush=True,
    )
    return same or device.type == "cuda"


def readings(device: torch.device) -> dict[str, tuple[float | None, str]]:
    """Returns each field of the device, or why it cannot be read."""
    monitor = DeviceMonitor(device)
    try:
        found, reasons = monitor.sample()
    finally:
        monitor.close()

    return {name: (value, reasons.get(name, "")) for name, value in found.items()}
