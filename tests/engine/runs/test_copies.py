"""A run that is made again comes to the same bits; a copy goes on without its original."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.errors import UserError
from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.runs.copies import copied, same_again
from app.engine.runs.run import Run, list_runs
from app.engine.runs.storage.run_lock import OWNER
from app.engine.training import trainer
from tests.engine.training.small import Listener, at_step, experiment, metrics_lines, pictures

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return pictures(tmp_path / "a.npz", 96)


def test_the_same_again_has_the_same_weights_changes_included(source: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", experiment(source))
    control = Control()
    change = {"learning_rate_factor": 0.3, "optimizer__weight_decay": 0.2}
    with at_step(2, lambda: control.change(**change)):
        finished = trainer.train(run.experiment(), run, Listener(), control)

    again = same_again(run, tmp_path / "runs")
    listener = Listener()
    repeated = trainer.train(again.experiment(), again, listener, Control())

    assert again.path != run.path and repeated.status == "completed"
    assert repeated.summary["weights_sha256"] == finished.summary["weights_sha256"]
    assert repeated.summary["changes"] == finished.summary["changes"] != []
    assert metrics_lines(again) == metrics_lines(run)
    assert [event.step for event in listener.of(events.SettingsChanged)] == [3]
    assert not again.problems()


def test_it_takes_the_threads_and_the_precision_of_then(source: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", experiment(source))
    run.write_json("environment.json", {"threads": 3, "precision": "bfloat16", "device": "cpu"})
    again = same_again(run, tmp_path / "runs")
    assert again.environment() == {"threads": 3, "precision": "bfloat16"}


def test_a_copy_goes_on_and_the_original_stays(source: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", experiment(source))
    before = trainer.train(run.experiment(), run, Listener(), Control()).summary
    branch = copied(run, f"{run.name} branch")
    longer = trainer.resume(branch, Listener(), Control(), epochs=3)

    assert longer.status == "completed" and longer.summary["epochs"] == 3
    assert run.summary() == before and not branch.problems()
    assert {found.name for found in list_runs(tmp_path / "runs")} == {run.name, branch.name}
    assert copied(run, branch.name).name == f"{branch.name} 2"


def test_a_run_that_goes_on_is_not_copied(source: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", experiment(source))
    run.claim()
    with pytest.raises(UserError, match="is running and cannot be copied"):
        copied(run, "other")

    run.release()
    (run.path / OWNER).write_text("{}", encoding="utf-8")  # as a kill leaves it
    assert copied(run, "other").status == "interrupted"
    assert not (copied(run, "third").path / OWNER).exists()


def test_what_cannot_be_copied_leaves_nothing_behind(source: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", experiment(source))
    (run.path / "log.txt").symlink_to(source)
    with pytest.raises(UserError, match="is a link"):
        copied(run, "other")

    assert [found.name for found in list_runs(tmp_path / "runs")] == [run.name]
