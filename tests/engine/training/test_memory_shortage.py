"""Memory that runs out in a run: the step is repeated in smaller parts, three times at most."""

from __future__ import annotations

import json
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from app.engine.compute.passes import Passes
from app.engine.runs import events, history
from app.engine.runs.control import Control
from app.engine.runs.live_changes import PARTS
from app.engine.runs.run import Run
from app.engine.training import trainer
from models.network import Network
from tests.engine.training.small import Listener, at_step, experiment, metrics_lines, pictures

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = {"template": "vit", "depth": 1, "dropout": 0.0, "stem": "patches"}
NO_MEMORY = (
    "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: "
    "you tried to allocate 9 bytes"
)


@pytest.fixture
def scarce(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes more than `scarce.most` examples at a time raise what torch raises on the CPU."""

    class Scarce:
        most = 10**9
        held: list[weakref.ref[torch.Tensor]] = []
        alive: list[int] = []

    real = Network.forward

    def forward(self: Network, x: torch.Tensor) -> torch.Tensor:
        if self.training and type(x) is torch.Tensor:
            Scarce.alive.append(sum(reference() is not None for reference in Scarce.held))
            if len(x) > Scarce.most:
                tensor = x * 2
                Scarce.held.append(weakref.ref(tensor))
                raise RuntimeError(NO_MEMORY)
        return real(self, x)

    Scarce.held = []
    Scarce.alive = []
    monkeypatch.setattr(Network, "forward", forward)

    return Scarce


def scarcer(scarce: Any, most: int) -> Callable[[], None]:
    def make() -> None:
        scarce.most = most

    return make


def test_the_step_is_repeated_in_halves_and_learns_the_same(scarce: Any, tmp_path: Path) -> None:
    requested = experiment(
        pictures(tmp_path / "a.npz", 96),
        model=PLAIN,
        training={"batch_size": 32, "precision": "float32"},
    )
    whole = Run.create(tmp_path / "runs", requested)
    trainer.train(requested, whole, Listener(), Control())
    run = Run.create(tmp_path / "runs", requested)

    listener = Listener()
    with at_step(2, scarcer(scarce, 10)):
        finished = trainer.train(requested, run, listener, Control())

    assert finished.status == "completed"
    assert scarce.alive[-1] == 0 and len(scarce.held) == 2, "what the failed passes made is gone"
    changes = listener.of(events.SettingsChanged)
    assert [(event.step, event.values) for event in changes] == [(2, {PARTS: 2}), (2, {PARTS: 4})]
    assert (
        "not enough memory in step 3 for 32 examples" in changes[0].why
        and "activations" in changes[0].why
    )

    assert "still learns from 32" in changes[0].why
    assert "for 32 at a time: activations" in changes[1].why, (
        "the ledger is that of the plan, not of the halves"
    )
    assert [change["why"] for change in finished.summary["changes"]] == [
        event.why for event in changes
    ]
    assert any(event.finding.key == "smaller-batch" for event in listener.of(events.NewFinding))

    marks = history.read_history(run.path).marks
    assert [(mark["mark"], mark["step"]) for mark in marks] == [("memory", 2), ("memory", 2)]
    expected = history.read_history(whole.path)
    halved = history.read_history(run.path)
    assert halved.steps.tolist() == expected.steps.tolist()
    assert halved.losses[2] == pytest.approx(expected.losses[2], abs=1e-6)
    assert halved.losses == pytest.approx(expected.losses, rel=1e-3)


def test_the_ledger_is_measured_anew_when_steps_are_done_in_parts(
    scarce: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engine.training.memory_recorder.MEASURE_EVERY", 0.0)
    monkeypatch.setattr("app.engine.training.recorder.READ_EVERY", 0.0)
    requested = experiment(
        pictures(tmp_path / "a.npz", 160), training={"batch_size": 32, "epochs": 1}
    )

    listener = Listener()
    with at_step(1, scarcer(scarce, 16)):
        trainer.train(requested, Run.create(tmp_path / "runs", requested), listener, Control())

    activations = [event.rows["activations"] for event in listener.of(events.MemoryMeasured)]
    assert len(activations) == 4 and activations[0] == activations[1]
    assert activations[2] == activations[3] < 0.6 * activations[0]


def test_a_run_that_goes_on_takes_the_same_parts(scarce: Any, tmp_path: Path) -> None:
    """Batch norm and dropout look at parts, so the bits tell whether the parts are the same."""
    requested = experiment(
        pictures(tmp_path / "a.npz", 96), training={"batch_size": 32, "epochs": 3}
    )
    whole = Run.create(tmp_path / "runs", requested)
    with at_step(2, scarcer(scarce, 20)):
        reference = trainer.train(requested, whole, Listener(), Control())

    assert reference.status == "completed"
    scarce.most = 10**9
    run = Run.create(tmp_path / "runs", requested)

    control = Control()
    with at_step(2, scarcer(scarce, 20)), at_step(5, control.stop):
        trainer.train(requested, run, Listener(), control)

    scarce.most = 10**9
    finished = trainer.resume(run, Listener(), Control())
    assert finished.summary["weights_sha256"] == reference.summary["weights_sha256"]

    # Findings say how much memory is free, so they differ.
    steps, expected = (
        [line for line in metrics_lines(trained) if "finding" not in line]
        for trained in (run, whole)
    )
    assert steps == expected


def test_after_three_times_it_ends_with_a_sentence_and_keeps_what_it_has(
    scarce: Any, tmp_path: Path
) -> None:
    requested = experiment(
        pictures(tmp_path / "a.npz", 120), training={"batch_size": 64, "epochs": 3}
    )
    run = Run.create(tmp_path / "runs", requested)

    listener = Listener()
    with at_step(4, scarcer(scarce, 1)):
        finished = trainer.train(requested, run, listener, Control())

    assert finished.status == "failed"
    what, remedy, _ = finished.failure
    assert (
        "not enough memory in step 5 for 8 examples" in what
        and "tried 3 times" in what
        and "smaller" in remedy
    )

    assert "CPU" not in remedy, "it trains on the CPU"
    assert [event.values for event in listener.of(events.SettingsChanged)] == [
        {PARTS: 2},
        {PARTS: 4},
        {PARTS: 8},
    ]

    finding = next(
        event.finding for event in listener.of(events.NewFinding) if event.finding.key == "memory"
    )
    assert finding.remedy.changes == {"training.batch_size": 32, "training.accumulation": 2}
    assert (run.path / "checkpoints" / "best").exists()

    scarce.most = 10**9
    finished = trainer.resume(run, Listener(), Control())
    assert finished.status == "completed", finished.failure


def test_a_validation_that_runs_out_of_memory_goes_on_in_smaller_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested = experiment(
        pictures(tmp_path / "a.npz", 240),
        model=PLAIN,
        training={"batch_size": 32, "precision": "float32"},
    )
    whole = trainer.train(
        requested, Run.create(tmp_path / "runs", requested), Listener(), Control()
    )
    real = Network.forward

    batch_sizes = []

    def forward(self: Network, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            batch_sizes.append(len(x))
            if len(x) > 10:
                raise RuntimeError(NO_MEMORY)
        return real(self, x)

    monkeypatch.setattr(Network, "forward", forward)
    finished = trainer.train(
        requested, Run.create(tmp_path / "runs", requested), Listener(), Control()
    )
    assert finished.status == "completed" and max(batch_sizes[-3:]) <= 8
    assert batch_sizes[0] > 10
    assert finished.summary["loss"]["validation"] == pytest.approx(
        whole.summary["loss"]["validation"], rel=1e-3
    )


def test_memory_that_runs_out_in_the_optimizer_goes_back_to_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that is half done cannot be repeated, so the run goes on from its last checkpoint."""
    requested = experiment(
        pictures(tmp_path / "a.npz", 96), training={"batch_size": 32, "epochs": 3}
    )
    real = Passes.step

    calls = []

    def step(self: Passes, optimizer: torch.optim.Optimizer) -> None:
        calls.append(1)
        if len(calls) == 5:
            raise torch.OutOfMemoryError("CUDA out of memory.")

        real(self, optimizer)

    monkeypatch.setattr(Passes, "step", step)
    run = Run.create(tmp_path / "runs", requested)
    listener = Listener()
    finished = trainer.train(requested, run, listener, Control())
    assert finished.status == "completed" and finished.summary["epochs"] == 3
    assert any("retrying with 16" in event.text for event in listener.of(events.StageChanged))

    steps = history.read_history(run.path).steps
    assert steps.tolist() == list(range(1, len(steps) + 1))


def test_three_times_in_all_wherever_memory_runs_out(
    scarce: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory runs out twice outside of a pass, then in passes: the third attempt is the last."""
    requested = experiment(
        pictures(tmp_path / "a.npz", 120), training={"batch_size": 64, "epochs": 3}
    )
    real = Passes.step

    calls = []

    def step(self: Passes, optimizer: torch.optim.Optimizer) -> None:
        calls.append(1)
        if len(calls) <= 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")

        real(self, optimizer)

    monkeypatch.setattr(Passes, "step", step)
    run = Run.create(tmp_path / "runs", requested)

    listener = Listener()
    with at_step(3, scarcer(scarce, 1)):
        finished = trainer.train(requested, run, listener, Control())

    assert finished.status == "failed" and "tried 3 times" in finished.failure[0]
    changes = [(event.values[PARTS], event.why) for event in listener.of(events.SettingsChanged)]
    assert [parts for parts, _ in changes] == [2, 4, 8]
    assert (
        "retrying with 32" in changes[0][1]
        and "retrying with 16" in changes[1][1]
        and "16 examples" in changes[2][1]
    )

    marks = [mark for mark in history.read_history(run.path).marks if mark["mark"] == "memory"]
    assert [mark["values"][PARTS] for mark in marks] == [2, 4, 8]
    assert [change["values"][PARTS] for change in finished.summary["changes"]] == [2, 4, 8]


REAL = """
import json, resource, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import psutil
from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer
from tests.engine.training.small import at_step, experiment, pictures

folder = Path(sys.argv[2])
requested = experiment(
    pictures(folder / "a.npz", 300, side=64),
    model={"template": "cnn", "depth": 2, "width": 32, "dropout": 0.0},
    training={"batch_size": 128, "epochs": 2, "precision": "float32"},
)
messages = []

def limit():
    # Address space, so that the allocator itself is refused memory; it is less than a pass of the
    # whole batch needs.
    now = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (now + 160 * 2**20, resource.RLIM_INFINITY))

run = Run.create(folder / "runs", requested)
with at_step(3, limit):
    finished = trainer.train(requested, run, messages.append, Control())
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
changes = [event for event in messages if isinstance(event, events.SettingsChanged)]
changed = [(event.step, event.values) for event in changes]
print(json.dumps({"status": finished.status, "changed": changed, "reason": finished.reason}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on the address space is Linux's")
def test_a_real_shortage_of_memory_is_survived(tmp_path: Path) -> None:
    """torch's own allocator is refused memory by the system in the middle of the run."""
    done = subprocess.run(
        [sys.executable, "-c", REAL, str(Path(__file__).parents[3]), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["status"] == "completed", report
    assert report["changed"] and report["changed"][0] == [3, {PARTS: 2}]
