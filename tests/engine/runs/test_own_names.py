"""A run writes and removes under its own names only, never through a link or a pipe."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.runs import history
from app.engine.runs.run import Run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "name", ["results", "checkpoints", "epochs", "summary.json", "results/test.npz"]
)
def test_a_link_in_a_run_folder_is_refused(name: str, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", Experiment(name="one"))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "state-000001.77.tmp").mkdir()
    (run.path / name).parent.mkdir(exist_ok=True)
    (run.path / name).symlink_to(outside)

    with pytest.raises(UserError, match="is a link"):
        run.claim()
    assert [path.name for path in outside.iterdir()] == ["state-000001.77.tmp"]
    assert run.status in ("interrupted", "damaged")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs Unix")
@pytest.mark.parametrize(
    "name", ["log.txt", "metrics.jsonl", "running.json", "running.lock", "results/test.npz"]
)
def test_a_pipe_in_a_run_folder_is_refused_and_not_waited_for(name: str, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", Experiment(name="one"))
    (run.path / name).parent.mkdir(exist_ok=True)
    os.mkfifo(run.path / name)

    with pytest.raises(UserError, match=f"'{name}' in the run '{run.name}' is a pipe"):
        run.claim()
    run.log("is not written")
    with pytest.raises(UserError, match="a pipe"):
        history.Writer(run.path / name)


def test_only_the_programs_own_names_are_swept(tmp_path: Path) -> None:
    run = Run.create(tmp_path, Experiment(name="one"))
    (run.path / "results").mkdir()
    own = ["summary.json.12-345.tmp", "results/test.npz.12-345.tmp"]
    persons = ["my notes.tmp", "results/plot.tmp", "draft.12-345.tmp"]
    for name in own + persons:
        (run.path / name).write_text("x")

    run.claim()
    run.release()
    assert not any((run.path / name).exists() for name in own)
    assert all((run.path / name).exists() for name in persons)
