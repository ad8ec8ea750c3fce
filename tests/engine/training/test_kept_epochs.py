"""Where the state of every epoch is kept, a training goes on from any of them, to the same bits."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from app.engine.errors import UserError
from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.runs.looks.epoch_looks import kept_states, looked_at
from app.engine.runs.looks.kept_epochs import branch_at, read_kept
from app.engine.runs.run import Run
from app.engine.training import build, trainer
from tests.engine.training.small import Listener, experiment, metrics_lines, pictures

if TYPE_CHECKING:
    from pathlib import Path

EPOCHS = 4


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Returns a finished run that kept every epoch."""
    folder = tmp_path_factory.mktemp("kept")
    requested = experiment(
        pictures(folder / "a.npz", 60), training={"epochs": EPOCHS, "keep_epochs": True}
    )
    run = Run.create(folder / "runs", requested)
    assert trainer.train(requested, run, Listener(), Control()).status == "completed"
    return run


@pytest.fixture
def run(whole: Run, tmp_path: Path) -> Run:
    return Run(shutil.copytree(whole.path, tmp_path / "runs" / "a run"))


def test_nothing_is_kept_unless_it_is_asked_for(tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz", 60))
    run = Run.create(tmp_path / "runs", requested)
    trainer.train(requested, run, Listener(), Control())
    assert kept_states(run.path) == []


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_branch_goes_on_from_its_epoch_to_the_same_bits(run: Run, epoch: int) -> None:
    assert kept_states(run.path) == [1, 2, 3, 4]
    before = metrics_lines(run)
    branch = branch_at(run, epoch, "branch")
    assert kept_states(branch.path) == looked_at(branch.path) == list(range(1, epoch + 1))

    listener = Listener()
    finished = trainer.resume(branch, listener, Control())
    assert finished.status == "completed"
    assert [event.epoch for event in listener.of(events.EpochDone)] == [*range(epoch + 1, 5)]
    summary = run.summary()
    for key in ("weights_sha256", "best_epoch", "loss", "metrics", "steps"):
        assert finished.summary[key] == summary[key], key

    assert metrics_lines(branch) == before == metrics_lines(run)
    assert kept_states(branch.path) == [1, 2, 3, 4]
    assert not any(event.finding.key == "best" for event in listener.of(events.NewFinding))


def test_the_last_epoch_goes_on_for_longer(run: Run) -> None:
    branch = branch_at(run, EPOCHS, "branch")
    finished = trainer.resume(branch, Listener(), Control(), epochs=EPOCHS + 1)
    assert (finished.status, finished.summary["epochs"]) == ("completed", EPOCHS + 1)


def test_the_weights_of_a_deleted_or_damaged_epoch_are_said(run: Run) -> None:
    shutil.rmtree(run.path / "checkpoints" / "epoch-0002")
    (run.path / "checkpoints" / "epoch-0003" / "model.safetensors").write_bytes(b"damaged")
    assert read_kept(run.path, 3) is None
    for epoch in (2, 3, 9):
        with pytest.raises(UserError, match=f"The weights of epoch {epoch} of 'a run' are not"):
            branch_at(run, epoch, "branch")

    assert [path.name for path in run.path.parent.iterdir() if not path.name.startswith(".")] == [
        "a run"
    ]


def test_without_room_for_all_epochs_it_does_not_begin(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = run.path / "checkpoints" / f"epoch-{EPOCHS:04d}"
    each = sum((state / f"{name}.safetensors").stat().st_size for name in ("model", "optimizer"))
    usage = shutil.disk_usage(tmp_path)._replace(free=build.HISTORY_BYTES + 50 * each)
    monkeypatch.setattr(build.shutil, "disk_usage", lambda _: usage)
    few = run.experiment()
    many = few.replace(training=few.training.replace(epochs=200))
    for requested, status in ((few, "completed"), (many, "failed")):
        new = Run.create(tmp_path / "new", requested)
        finished = trainer.train(requested, new, Listener(), Control())
        assert finished.status == status, finished.reason

    assert "left; the run needs" in finished.reason


def test_a_run_that_begins_anew_drops_them(run: Run) -> None:
    from app.engine.runs import checkpoint

    checkpoint.drop_all(run.path / "checkpoints")
    assert kept_states(run.path) == []
