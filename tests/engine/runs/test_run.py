"""A run folder: its name, its status, what a person does to it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.runs import history
from app.engine.runs.run import Run, default_folder, list_runs
from app.engine.runs.storage.run_lock import OWNER, owner_content

EXPERIMENT = Experiment(name="fashion cnn", data=DataSettings(source="sample:digits"))


def test_names_begin_with_the_day_and_never_meet(tmp_path: Path) -> None:
    runs = [Run.create(tmp_path, EXPERIMENT) for _ in range(3)]
    assert [run.name[10:] for run in runs] == [" fashion cnn", " fashion cnn 2", " fashion cnn 3"]
    assert runs[0].experiment() == EXPERIMENT


@pytest.mark.parametrize(
    "name", ["a/b\\c:d", "Übung 1 – 数据 (é)", "x" * 300, "..", "line\nbreak", "con?"]
)
def test_any_name_makes_a_folder(name: str, tmp_path: Path) -> None:
    run = Run.create(tmp_path, EXPERIMENT.replace(name=name))
    assert run.path.parent == tmp_path and run.experiment().name == name


def test_a_run_without_a_name_is_called_after_its_data(tmp_path: Path) -> None:
    assert Run.create(tmp_path, EXPERIMENT.replace(name="")).name.endswith(" digits")


def test_a_given_folder_is_used_and_must_be_empty(tmp_path: Path) -> None:
    assert Run.create(tmp_path, EXPERIMENT, tmp_path / "mine").name == "mine"
    with pytest.raises(UserError, match="not empty"):
        Run.create(tmp_path, EXPERIMENT, tmp_path / "mine")


def test_the_source_stays_right_wherever_the_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = Run.create(tmp_path / "runs", EXPERIMENT.replace(data=DataSettings(source="pictures")))
    assert run.experiment().data.source == str(tmp_path / "pictures")


def test_running_while_its_process_lives_and_interrupted_after(tmp_path: Path) -> None:
    run = Run.create(tmp_path, EXPERIMENT)
    script = (
        "import sys, pathlib; from app.engine.runs.run import Run\n"
        "run = Run(pathlib.Path(sys.argv[1])); run.claim()\n"
        "print('claimed', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(run.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "claimed\n"
        assert run.status == "running"

        for forbidden in (lambda: run.rename("new"), run.discard, run.claim):
            with pytest.raises(UserError):
                forbidden()

        other.kill()
        other.wait()

    assert run.status == "interrupted"
    run.claim()  # a dead one's claim is no obstacle
    assert run.status == "running"

    run.release()


def test_a_copy_made_while_it_trained_is_interrupted_and_can_be_claimed(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", EXPERIMENT)
    run.claim()
    copy = Run(Path(shutil.copytree(run.path, tmp_path / "copy")))

    assert (copy.path / OWNER).exists()
    assert (run.status, copy.status) == ("running", "interrupted")
    copy.claim()
    assert copy.status == "running"
    for claimed in (run, copy):
        claimed.release()


def test_a_run_of_another_computer_is_running_while_it_writes(tmp_path: Path) -> None:
    run = Run.create(tmp_path, EXPERIMENT)
    (run.path / OWNER).write_bytes(owner_content(1, "another"))
    assert run.status == "running"
    with pytest.raises(UserError, match="is being trained already"):
        run.claim()

    os.utime(run.path / OWNER, (0, 0))
    assert run.status == "interrupted"
    run.claim()
    run.release()


@pytest.mark.parametrize(
    ("of", "to"), [("computer-1", "computer-2"), ('"sum"', '"sun"'), ("1", "2")]
)
def test_a_changed_letter_is_not_another_computer(of: str, to: str, tmp_path: Path) -> None:
    run = Run.create(tmp_path, EXPERIMENT)
    content = owner_content(1, "computer-1").decode()
    assert of in content
    (run.path / OWNER).write_text(content.replace(of, to, 1))
    assert run.status == "interrupted"
    run.claim()
    run.release()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"process": "x"}'])
def test_a_damaged_lock_or_summary_breaks_nothing(content: str, tmp_path: Path) -> None:
    run = Run.create(tmp_path, EXPERIMENT)
    (run.path / OWNER).write_text(content)
    (run.path / "summary.json").write_text(content)
    assert run.status == "interrupted"


def test_notes_renames_the_trash_and_back(tmp_path: Path) -> None:
    run = Run.create(tmp_path, EXPERIMENT)
    run.note = "the good one – é"
    assert run.note == "the good one – é"

    run.rename("best of all")
    assert run.path == tmp_path / "best of all" and run.note

    other = Run.create(tmp_path, EXPERIMENT)
    with pytest.raises(UserError, match="already"):
        other.rename("best of all")

    gone = run.discard()
    assert list_runs(tmp_path) == (other,) or [run.name for run in list_runs(tmp_path)] == [
        other.name
    ]
    assert Run.restore(gone).note == "the good one – é"


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nothing") == ()
    assert default_folder().name == "runs"


# --- metrics.jsonl


def test_lines_behind_a_checkpoint_go_and_marks_stay(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    writer = history.Writer(path)
    _steps(writer, 1, 2)
    offset = writer.offset()
    writer.line({"mark": "resumed", "step": 2})
    _steps(writer, 3, 4)
    writer.close()

    with path.open("ab") as file:
        file.write(b'{"step": 5, "lo')  # a kill in the middle of a line

    writer = history.Writer(path, offset)
    _steps(writer, 3)
    writer.close()
    read = history.read_history(tmp_path)
    assert read.steps.tolist() == [1, 2, 3] and [mark["step"] for mark in read.marks] == [2]


def test_a_loss_that_is_no_number_is_kept_as_a_gap(tmp_path: Path) -> None:
    writer = history.Writer(tmp_path / "metrics.jsonl")
    writer.steps(
        np.array([1, 2, 3]),
        np.array([1.5, np.nan, np.inf]),
        np.full(3, 0.1),
        np.array([2.0, np.nan, np.nan]),
    )

    writer.close()
    read = history.read_history(tmp_path)
    assert (
        read.losses[0] == 1.5 and np.isnan(read.losses[1:]).all() and np.isnan(read.norms[1:]).all()
    )


def test_lines_that_a_full_disk_refuses_are_written_later(tmp_path: Path) -> None:
    writer = history.Writer(tmp_path / "metrics.jsonl")
    file = writer._file

    class Full:
        def write(self, content: bytes) -> int:
            raise OSError(28, "No space left on device")

    writer._file = Full()  # type: ignore[assignment]
    _steps(writer, 1)
    assert writer.refused is not None and "disk is full" in writer.refused.what

    writer._file = file
    _steps(writer, 2)
    writer.close()
    assert history.read_history(tmp_path).steps.tolist() == [1, 2] and writer.refused is None


def _steps(writer: history.Writer, *steps: int) -> None:
    some = np.array(steps, dtype=float)
    writer.steps(np.array(steps), some, some, some)
