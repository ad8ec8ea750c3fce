"""Runs and searches as jobs: refused in a sentence, and really trained by submitit's executor."""

from __future__ import annotations

import importlib.util
import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from app import cli
from app.engine import own_process
from app.engine.cluster import submitted
from app.engine.cluster.job import TrainJob
from app.engine.cluster.submitting import Wanted, refusal, submit_run
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.extras import EXTRAS, install_command
from app.engine.runs.run import Run, default_folder
from tests.engine.detached.following import trained_here, wait_for
from tests.engine.training import small

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment


@pytest.fixture
def requested(tmp_path: Path) -> Experiment:
    return small.experiment(small.pictures(tmp_path / "p.npz"))


def test_without_slurm_there_is_a_sentence_and_no_run(
    requested: Experiment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    run = Run.create(tmp_path / "runs", requested)
    with pytest.raises(UserError, match="There is no Slurm on this computer"):
        submit_run(run, Wanted())
    assert not run.path.exists()


def test_without_submitit_the_command_is_named(
    requested: Experiment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "submitit" else found(name)
    )
    with pytest.raises(UserError, match=re.escape(install_command(*EXTRAS["cluster"]))):
        submit_run(Run.create(tmp_path / "runs", requested), Wanted(kind="local"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "sbatch: error: invalid partition specified: none\nsbatch: error: Batch job "
            "submission failed: Invalid partition name specified",
            "The cluster has no partition 'none'",
        ),
        (
            "sbatch: error: Batch job submission failed: Requested time limit is invalid "
            "(missing or exceeds some limit)",
            "The partition allows no job of 90 minutes",
        ),
        (
            "sbatch: error: Batch job submission failed: Invalid account or account/partition "
            "combination specified",
            "The cluster refuses the job: Batch job submission failed: Invalid account",
        ),
        ("", "it did not say why"),
    ],
)
def test_what_sbatch_refuses_is_told_in_a_sentence(said: str, words: str) -> None:
    assert words in str(refusal(said, Wanted(partition="none", minutes=90)))


def test_options_of_a_cluster_need_one(
    requested: Experiment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "e.toml"
    path.write_bytes(toml_file.dumps(requested).encode())
    assert cli.main(["train", str(path), "--partition", "fast"]) == 2
    assert "need --cluster" in capsys.readouterr().err
    assert cli.main(["train", str(path), "--cluster", "--on", "there"]) == 2


@pytest.mark.parametrize("content", [b"", b"[]", b'{"job": 3}', b"\xff"])
def test_a_damaged_note_of_the_job_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cluster.json").write_bytes(content)
    assert submitted.read(tmp_path) is None


def test_a_job_that_ended_before_its_run_began_is_told(
    requested: Experiment, tmp_path: Path
) -> None:
    run = Run.create(tmp_path, requested)
    gone = max(psutil.pids()) + 100_000
    job: Any = {"cluster": "local", "job": str(gone), "logs": "/logs"}
    with pytest.raises(UserError, match=f"The job {gone} has ended before the run began"):
        submitted.wait_for_begin(run, job, lambda _: None)


def test_the_next_job_of_a_run_goes_on(tmp_path: Path) -> None:
    job = TrainJob(str(tmp_path), 2)
    handlers = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        again = job.checkpoint()
    finally:
        signal.signal(signal.SIGTERM, handlers)

    assert again.function == TrainJob(str(tmp_path), 2, go_on=True)


@pytest.mark.long
def test_a_job_trains_to_the_same_weights_and_goes_on_after_it_was_put_back(
    requested: Experiment, tmp_path: Path
) -> None:
    requested = requested.replace(training=requested.training.replace(epochs=400))
    path = tmp_path / "e.toml"
    path.write_bytes(toml_file.dumps(requested).encode())
    # A process of its own, as in a terminal: what it starts is no child of the tests. It holds the
    # output open to its end.
    command = [sys.executable, "-m", "app", "train", str(path), "--cluster", "local", "--json"]
    with (tmp_path / "said").open("wb") as out:
        subprocess.run(command, cwd=own_process.ROOT, stdout=out, check=True)
    said = json.loads((tmp_path / "said").read_bytes())
    run = Run(default_folder() / said["name"])
    steps = run.path / "metrics.jsonl"
    wait_for(lambda: steps.exists() and b'{"step"' in steps.read_bytes(), "a step")
    # The number is that of submitit's controller; Slurm asks the job before its time is over.
    (task,) = psutil.Process(int(said["job"])).children()
    task.send_signal(signal.SIGUSR2)
    wait_for(lambda: "goes on after step" in (run.path / "log.txt").read_text(), "the next job")
    wait_for(lambda: run.status == "completed", "the end")
    here = trained_here(requested, tmp_path / "runs")
    assert run.summary()["weights_sha256"] == here.summary()["weights_sha256"]
    wait_for(lambda: not psutil.pid_exists(int(said["job"])), "the end of the job")
