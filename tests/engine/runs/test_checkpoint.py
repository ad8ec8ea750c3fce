"""Checkpoints: whole or not there, checked before they are read, usable without the data."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from app.engine.errors import UserError
from app.engine.results.predictor import Predictor
from app.engine.runs import checkpoint, events, tensors
from app.engine.runs.checkpoint import Checkpoint
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.runs.storage.checkpoint_folder import Damaged, read_verified
from app.engine.training import saver, trainer
from tests.engine.training.small import Listener, at_step, experiment, pictures

if TYPE_CHECKING:
    from collections.abc import Iterator


def _state(step: int) -> Checkpoint:
    return Checkpoint(
        {"a.weight": torch.full((4, 3), float(step))},
        {"a.weight/step": torch.tensor(float(step))},
        {"step": step},
    )


def test_the_newest_two_are_kept_and_the_newest_is_read(tmp_path: Path) -> None:
    for step in range(1, 6):
        checkpoint.save(tmp_path, _state(step))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["state-000004", "state-000005"]
    state, passed = checkpoint.newest(tmp_path)
    assert state is not None and state.state == {"step": 5} and not passed
    assert torch.equal(state.model["a.weight"], torch.full((4, 3), 5.0))


@pytest.mark.parametrize(
    "file", ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"]
)
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_a_damaged_checkpoint_is_skipped_and_reported(
    file: str, damage: str, tmp_path: Path
) -> None:
    """One flipped bit is enough: neither safetensors nor torch would notice it."""
    checkpoint.save(tmp_path, _state(1))
    path = checkpoint.save(tmp_path, _state(2)) / file
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    {
        "flip": lambda: path.write_bytes(content),
        "cut": lambda: path.write_bytes(content[: len(content) // 2]),
        "empty": lambda: path.write_bytes(b""),
        "gone": path.unlink,
    }[damage]()

    state, passed = checkpoint.newest(tmp_path)
    if (file, damage) == ("manifest.json", "flip") and not passed:
        assert state is not None  # the bit may have been in a space
        return

    assert state is not None and state.state == {"step": 1}
    assert len(passed) == 1 and "state-000002" in passed[0]


def test_a_manifest_cannot_lead_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    path = checkpoint.save(tmp_path / "checkpoints", _state(1))
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["files"]["../../secret"] = manifest["files"]["state.json"]
    (path / "manifest.json").write_text(json.dumps(manifest))

    assert checkpoint.newest(tmp_path / "checkpoints")[0] is None


def test_the_manifest_of_something_else_is_damage_and_not_nothing(tmp_path: Path) -> None:
    path = checkpoint.save(tmp_path / "checkpoints", _state(1))
    foreign = {"netwright": 1, "files": {"experiment.toml": {"sha256": "0" * 64}}}
    (path / "manifest.json").write_text(json.dumps(foreign))

    with pytest.raises(Damaged, match="unreadable"):
        read_verified(path, ("state.json",))


def test_the_manifest_of_another_checkpoint_is_damage(tmp_path: Path) -> None:
    path = checkpoint.save(tmp_path / "checkpoints", _state(1))
    (path / "predictions.npz").write_bytes(b"beside it, though the manifest does not name it")
    with pytest.raises(Damaged, match="does not name"):
        read_verified(path, ("predictions.npz",))

    assert read_verified(path, ("never written.npz",)) == {}


@pytest.mark.parametrize("size", ["1e999", "NaN", "-1", "2.0", "true", "null", '"12"'])
def test_a_size_that_no_file_has_is_damage(tmp_path: Path, size: str) -> None:
    path = checkpoint.save(tmp_path / "checkpoints", _state(1))
    manifest = (path / "manifest.json").read_text()
    changed = re.sub(r'"bytes": ?\d+', f'"bytes": {size}', manifest)
    assert changed != manifest
    (path / "manifest.json").write_text(changed)

    with pytest.raises(Damaged, match="unreadable"):
        read_verified(path, ("state.json",))
    assert checkpoint.newest(tmp_path / "checkpoints")[0] is None


def test_moments_take_the_memory_format_of_their_weight() -> None:
    """Fused optimizers walk weight and moments by address.

    Plain moments beside channels_last weights train wrongly.
    """
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(3, 5, 3).to(memory_format=torch.channels_last) for _ in range(2)]
    layers[1].load_state_dict(layers[0].state_dict())
    optimizers = [torch.optim.AdamW(layer.parameters(), lr=0.1, fused=True) for layer in layers]

    picture = torch.rand(2, 3, 6, 6).contiguous(memory_format=torch.channels_last)

    def step(number: int) -> None:
        optimizers[number].zero_grad()
        layers[number](picture).square().sum().backward()
        optimizers[number].step()

    step(0)
    tensors.restore_model(layers[1], tensors.cpu_copies(layers[0].state_dict()))
    tensors.restore_optimizer(
        layers[1], optimizers[1], tensors.optimizer_tensors(layers[0], optimizers[0])
    )
    step(0), step(1)

    for first, second in zip(layers[0].parameters(), layers[1].parameters(), strict=True):
        assert torch.equal(first, second)


def test_a_checkpoint_of_another_network_is_refused() -> None:
    layer = torch.nn.Linear(3, 2)
    with pytest.raises(Damaged, match="another network"):
        tensors.restore_model(layer, {"weight": torch.zeros(2, 4), "bias": torch.zeros(2)})


@pytest.mark.parametrize("names", [("best-before",), ("best-before", "best-next"), ("best",)])
def test_the_best_that_a_state_names_is_found_wherever_a_kill_came(
    names: tuple[str, ...], kept_run: Run
) -> None:
    folder = kept_run.path / "checkpoints"
    step = checkpoint.read_best(kept_run).state["step"]
    content = (folder / "best").rename(folder / "kept")
    for name in names:
        shutil.copytree(content, folder / name)
    (folder / "best-next.77.tmp").mkdir()
    shutil.rmtree(content)

    assert kept_run.best_folder == folder / names[-1]
    checkpoint.clean(folder)
    assert checkpoint.best_of_step(folder, step + 1) is None
    assert checkpoint.best_of_step(folder, step) is not None
    assert kept_run.best_folder == folder / "best"
    assert not (folder / "best-next").exists() and not list(folder.glob("*.tmp"))


def _state_of_best(step: int) -> Checkpoint:
    return replace(_state(step), state={"progress": {"best_step": step}})


def test_a_best_that_could_not_be_renamed_is_not_lost_at_the_next_save(
    kept_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = kept_run.path / "checkpoints"
    bests = [
        replace(checkpoint.read_best(kept_run), state={"epoch": step, "step": step})
        for step in (20, 30)
    ]
    real = os.replace

    def refuse(source: Any, target: Any) -> None:
        if Path(source).name == "best-next" or Path(target).name == "best-before":
            raise PermissionError(13, "held open by another program")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        checkpoint.save(folder, _state_of_best(20), bests[0])
        with pytest.raises(UserError, match="could not be renamed"):
            checkpoint.save(folder, _state_of_best(30), bests[1])

        assert checkpoint.newest(folder)[0].state["progress"]["best_step"] == 20
        assert checkpoint.read_best(kept_run).state["step"] == 20

    checkpoint.save(folder, _state_of_best(30), bests[1])
    assert checkpoint.best_of_step(folder, 30) is not None
    assert (folder / "best-before").exists()


def test_only_what_a_save_left_behind_is_cleaned(tmp_path: Path) -> None:
    own = ["best.12.tmp", "best-next.12.gone.tmp", "state-000003.7.tmp", "best-before.gone.tmp 2"]
    persons = ["mine.gone.tmp", "best.tmp", "notes.12.tmp"]
    for name in own + persons:
        (tmp_path / name).mkdir()

    checkpoint.clean(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(persons)


# --- in a run


def test_a_run_resumes_from_the_one_before_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saver, "EPOCH_EVERY", 0.0)
    requested = experiment(pictures(tmp_path / "a.npz"), training={"epochs": 3})
    reference = trainer.train(
        requested, Run.create(tmp_path / "runs", requested), Listener(), Control()
    )
    run = Run.create(tmp_path / "runs", requested)

    control = Control()
    with at_step(13, control.stop):
        trainer.train(requested, run, Listener(), control)

    newest = sorted((run.path / "checkpoints").glob("state-*"))[-1] / "model.safetensors"
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 4
    newest.write_bytes(content)
    listener = Listener()
    finished = trainer.resume(run, listener, Control())
    findings = [
        event.finding
        for event in listener.of(events.NewFinding)
        if event.finding.key == "checkpoint"
    ]
    assert len(findings) == 1 and newest.parent.name in findings[0].text
    assert finished.summary["weights_sha256"] == reference.summary["weights_sha256"]


def test_a_run_with_damaged_checkpoints_only_is_refused_in_a_sentence(tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"))
    run = Run.create(tmp_path / "runs", requested)
    trainer.train(requested, run, Listener(), Control())

    for path in run.path.glob("checkpoints/*/model.safetensors"):
        path.write_bytes(b"\0" * 100)

    finished = trainer.resume(run, Listener(), Control(), epochs=3)
    assert finished.status == "failed" and "all are damaged" in finished.failure[0]
    assert run.status == "completed"

    with pytest.raises(UserError, match="damaged"):
        checkpoint.read_best(run)


def test_the_best_epoch_is_usable_when_the_data_are_gone(tmp_path: Path) -> None:
    source = pictures(tmp_path / "a.npz")
    requested = experiment(source)
    run = Run.create(tmp_path / "runs", requested)
    trainer.train(requested, run, Listener(), Control())
    source.unlink()
    predictor = Predictor.load(run)

    assert predictor.classes == ("0", "1", "2", "3")
    finished = trainer.resume(run, Listener(), Control(), epochs=3)
    assert finished.status == "failed" and str(source) in finished.failure[0]


# --- a full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Returns a folder on a disk of 12 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()

    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True
    )
    if done.returncode:
        pytest.skip("mounting needs root")

    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_does_not_end_the_training(small_disk: Path, tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"), training={"epochs": 4})
    listener = Listener()
    run = Run.create(small_disk / "runs", requested)

    ballast = small_disk / "ballast"

    def listen(event: events.Event) -> None:
        listener(event)
        if isinstance(event, events.EpochDone) and event.epoch == 2:
            with pytest.raises(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(b"\0" * 4096)

        if isinstance(event, events.EpochDone) and event.epoch == 4:
            ballast.unlink()

    finished = trainer.train(requested, run, listen, Control())
    findings = [
        event.finding for event in listener.of(events.NewFinding) if event.finding.key == "disk"
    ]
    assert (
        findings
        and "The disk is full" in findings[0].text
        and "Training goes on" in findings[0].text
    )

    assert finished.status == "completed" and run.summary() == finished.summary
    newest, passed = checkpoint.newest(run.path / "checkpoints")
    assert not passed and newest is not None and newest.state["progress"]["end"] == "completed"
    assert not list(run.path.rglob("*.tmp"))


@pytest.mark.parametrize("call", ["fsync", "mkdir", "replace"])
def test_a_disk_that_refuses_leaves_the_last_good_checkpoint(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    checkpoint.save(tmp_path, _state(1))
    real = getattr(os, call)

    def refuse(*arguments: Any, **options: Any) -> Any:
        if call != "replace" or ".tmp" in str(arguments[0]):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(UserError, match="disk is full"):
            checkpoint.save(tmp_path, _state(2))

    assert [path.name for path in tmp_path.iterdir()] == ["state-000001"]
    newest, _ = checkpoint.newest(tmp_path)
    assert newest is not None and newest.state == {"step": 1}


def test_a_state_is_saved_within_a_long_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saver, "SAVE_EVERY", 0.0)
    requested = experiment(pictures(tmp_path / "a.npz"))
    listener = Listener()
    trainer.train(requested, Run.create(tmp_path / "runs", requested), listener, Control())
    first = listener.of(events.CheckpointSaved)[0]

    assert first.step == 1 and first.epoch == 1
