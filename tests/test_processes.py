"""`train --processes` and torchrun, as a script meets them: real processes, and their ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from app import cli
from app.engine.experiment import toml_file
from app.engine.runs.run import Run
from tests.engine.detached.following import trained_here, wait_for
from tests.engine.training import small

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals")


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., str]:
    """Returns saved(**training), which writes an experiment and returns its path."""

    def save(**training: Any) -> str:
        source = small.pictures(tmp_path / "p.npz")
        path = tmp_path / "e.toml"
        chosen = small.experiment(source, training=training, model={"template": "vit", "depth": 1})
        path.write_bytes(toml_file.dumps(chosen).encode())
        return str(path)

    return save


def started(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def members(process: int) -> list[psutil.Process]:
    """Returns the other processes of a run whose first process has this number."""
    return [
        child
        for child in psutil.Process(process).children()
        if any("ranks.follower" in part for part in child.cmdline())
    ]


def test_what_contradicts_itself_is_wrong_usage(
    saved: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = saved()
    assert cli.main(["train", path, "--processes", "2", "--on", "there"]) == 2
    assert cli.main(["train", path, "--processes", "0"]) == 2
    for name, value in {
        "RANK": "0",
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "1",
    }.items():
        monkeypatch.setenv(name, value)

    capsys.readouterr()
    assert cli.main(["train", path, "--detach"]) == 2
    assert "torchrun has started the processes already" in capsys.readouterr().err
    assert cli.main(["train", path, "--cluster"]) == 2
    assert "and --cluster." in " ".join(capsys.readouterr().err.split())


@pytest.mark.long
def test_two_processes_are_started_and_stopped_by_ctrl_c(
    saved: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    path = saved(epochs=50_000)
    process = started(
        sys.executable, "-m", "app", "train", path, "--processes", "2", "--run-dir", str(folder),
        "--json",
    )  # fmt: skip
    wait_for(lambda: (folder / "metrics.jsonl").exists() and _steps(folder), "a step")
    (other,) = members(process.pid)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all of them
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert json.loads(out)["status"] == "stopped"
    assert not other.is_running()
    assert Run(folder).summary()["best_epoch"] is not None


@pytest.mark.long
def test_a_first_process_that_is_killed_leaves_none_behind(
    saved: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    path = saved(epochs=50_000)
    process = started(
        sys.executable, "-m", "app", "train", path, "--processes", "3", "--run-dir", str(folder)
    )
    wait_for(lambda: _steps(folder), "a step")
    others = members(process.pid)
    assert len(others) == 2
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not any(other.is_running() for other in others), "their end")
    assert Run(folder).status == "interrupted"


@pytest.mark.long
def test_a_detached_run_of_two_processes_is_stopped_by_its_folder(
    saved: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    path = saved(epochs=50_000)
    command = ["train", path, "--processes", "2", "--detach", "--run-dir", str(folder), "--json"]
    assert cli.main(command) == 0
    process = json.loads(capsys.readouterr().out)["pid"]
    wait_for(lambda: _steps(folder), "a step")
    (other,) = members(process)
    assert cli.main(["stop", str(folder)]) == 0
    assert Run(folder).status == "stopped"
    wait_for(lambda: not other.is_running(), "its end")


@pytest.mark.long
def test_one_process_of_torchrun_has_the_weights_of_the_usual_way(
    saved: Callable[..., str], tmp_path: Path
) -> None:
    path = saved()
    folder = tmp_path / "run"
    process = started(*TORCHRUN, "1", "-m", "app", "train", path, "--run-dir", str(folder))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    here = trained_here(toml_file.read(Path(path)), tmp_path / "here")
    assert Run(folder).summary()["weights_sha256"] == here.summary()["weights_sha256"]


@pytest.mark.long
def test_two_processes_of_torchrun_end_with_the_one_that_is_killed(
    saved: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    path = saved(epochs=50_000)
    process = started(*TORCHRUN, "2", "-m", "app", "train", path, "--run-dir", str(folder))
    wait_for(lambda: _steps(folder), "a step")
    workers = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if "app" in child.cmdline()
    ]
    second = next(child for child in workers if child.environ()["RANK"] == "1")
    second.kill()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert not any(child.is_running() for child in workers)
    assert Run(folder).status in ("failed", "stopped"), err.decode()


def _steps(folder: Path) -> bool:
    path = folder / "metrics.jsonl"
    return path.exists() and b'{"step"' in path.read_bytes()
