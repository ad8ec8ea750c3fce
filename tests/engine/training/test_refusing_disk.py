"""What a run says and keeps where one of its folders cannot be written: a file is in its place."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.runs.storage.run_lock import OWNER
from app.engine.training import saver, trainer
from tests.engine.training.small import Listener, experiment, pictures


def train_without(folder: str, tmp_path: Path) -> tuple[Run, events.RunFinished, list[str]]:
    """Trains where a folder cannot be made; returns the run, its end and titles of findings."""
    requested = experiment(pictures(tmp_path / "a.npz", 60))
    run = Run.create(tmp_path / "runs", requested)
    (run.path / folder).write_bytes(b"")

    listener = Listener()
    finished = trainer.train(requested, run, listener, Control())
    (run.path / folder).unlink()

    titles = [event.finding.title for event in listener.of(events.NewFinding)]
    return run, finished, [title for title in titles if "could not be saved" in title]


def test_a_refused_record_is_called_one_and_harms_no_state(tmp_path: Path) -> None:
    run, finished, titles = train_without("epochs", tmp_path)

    kept_margins = "The margins of the training examples could not be saved"
    assert [title for title in titles if title != kept_margins] == [
        "The record of epoch 1 could not be saved",
        "The record of epoch 2 could not be saved",
    ]
    assert kept_margins in titles
    assert finished.status == "completed" and "could not" not in finished.reason
    assert trainer.resume(run, Listener(), Control(), epochs=3).status == "completed"


def test_refused_results_end_the_run_and_are_written_when_it_goes_on(tmp_path: Path) -> None:
    run, finished, _ = train_without("results", tmp_path)

    assert finished.status == run.status == "failed"
    assert finished.reason.startswith("The results could not be saved: ")
    assert "The weights are safe" in finished.failure[1]

    again = trainer.resume(run, Listener(), Control())
    assert again.status == "completed" and (run.path / "results" / "test.npz").exists()
    assert again.summary["loss"] == finished.summary["loss"]


@pytest.mark.parametrize("every", [0.0, 60.0])
def test_without_its_weights_a_run_has_not_completed(
    every: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saver, "EPOCH_EVERY", every)
    run, finished, titles = train_without("checkpoints", tmp_path)

    assert set(titles) == {
        "The last state could not be saved",
        "The best weights could not be saved",
    }
    assert finished.status == run.status == "failed"
    assert finished.reason.startswith("The best weights could not be saved: ")
    assert "safe" not in finished.failure[1]
    assert trainer.resume(run, Listener(), Control()).status == "completed"


def test_a_disk_that_does_not_say_how_a_run_stands_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested = experiment(pictures(tmp_path / "a.npz", 60))
    run = Run.create(tmp_path / "runs", requested)
    assert trainer.train(requested, run, Listener(), Control()).status == "completed"

    ordinary = Path.exists

    def exists(path: Path, **options: bool) -> bool:
        if path.name == OWNER:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return ordinary(path, **options)

    monkeypatch.setattr(Path, "exists", exists)
    assert run.status == "damaged"

    listener = Listener()
    finished = trainer.resume(run, listener, Control(), epochs=3)
    assert finished.status == "failed" and "Input/output error" in finished.reason
    assert len(listener.of(events.RunStarted)) == len(listener.of(events.RunFinished)) == 1

    monkeypatch.undo()
    assert run.status == "completed"
    assert trainer.resume(run, Listener(), Control(), epochs=3).status == "completed"
