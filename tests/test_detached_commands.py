"""`train --detach`, `watch`, `stop`, `runs` and `queue`, as a script meets them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from app import cli
from app.engine.experiment import toml_file
from app.engine.runs.run import Run, default_folder
from tests.engine.detached.following import trained_here, wait_for
from tests.engine.training import small

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment

pytestmark = [
    pytest.mark.usefixtures("forked_processes"),
    pytest.mark.skipif(sys.platform == "win32", reason="processes without a console"),
]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Any:
    """Returns say(*arguments), which returns exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def saved(chosen: Experiment, path: Path) -> str:
    path.write_bytes(toml_file.dumps(chosen).encode())
    return str(path)


def test_a_run_without_a_terminal_is_listed_stopped_and_watched(tmp_path: Path, say: Any) -> None:
    source = small.pictures(tmp_path / "p.npz")
    long = saved(small.experiment(source, training={"epochs": 5000}), tmp_path / "long.toml")
    folder = tmp_path / "a run"
    code, out, _ = say("train", long, "--run-dir", str(folder), "--detach", "--json")
    assert code == 0
    begun = json.loads(out)
    assert (begun["run"], begun["name"]) == (str(folder), "a run")
    assert (folder / "control.jsonl").exists()

    # At once, before the first step, from another terminal, by the name alone.
    code, out, err = say("runs", "--json")
    assert code == 0, err
    (listed,) = json.loads(out)
    assert listed == {
        "run": str(folder),
        "name": "a run",
        "status": "running",
        "epoch": 0,
        "epochs": None,
        "best_epoch": None,
        "figure": None,
        "started": listed["started"],
        "pid": begun["pid"],
    }
    code, out, err = say("stop", "a run", "--json")
    assert code == 0, err
    assert json.loads(out)["status"] == "stopped"
    assert Run(folder).status == "stopped"
    assert say("stop", "a run") == (0, "The run 'a run' is not running: stopped.\n", "")

    code, out, err = say("watch", "a run")
    assert code == 130, err
    assert "Stopped" in out
    assert say("runs")[1].startswith("stopped")


def test_watch_shows_what_train_shows_also_of_a_run_that_goes_on(tmp_path: Path, say: Any) -> None:
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 1})
    run = trained_here(chosen, default_folder())
    code, out, _ = say("resume", run.name, "--epochs", "3", "--detach")
    assert code == 0
    assert f"netwright watch '{run.name}'" in out
    code, out, err = say("watch", run.name)
    assert code == 0, err
    lines = out.splitlines()
    assert sum(line.startswith("Epoch ") for line in lines) == 3
    assert any(line.startswith("Training on CPU") for line in lines)
    assert lines[-1] == f"Run: {run.path}"
    (listed,) = json.loads(say("runs", "--json")[1])
    assert (listed["status"], listed["epoch"], listed["epochs"]) == ("completed", 3, 3)
    assert listed["pid"] is None
    assert 0 <= listed["figure"] <= 1


def test_the_queue_by_its_commands(tmp_path: Path, say: Any) -> None:
    source = small.pictures(tmp_path / "p.npz")
    for name in ("one", "two"):
        chosen = small.experiment(source, training={"epochs": 1}).replace(name=name)
        assert say("queue", "add", saved(chosen, tmp_path / f"{name}.toml"))[0] == 0

    assert say("queue", "move", "2", "1")[0] == 0
    items = json.loads(say("queue", "list", "--json")[1])
    assert [(item["number"], item["name"], item["state"]) for item in items] == [
        (2, "two", "waiting"),
        (1, "one", "waiting"),
    ]
    assert say("queue", "remove", "1")[0] == 0
    code, _, err = say("queue", "remove", "1")
    assert (code, err) == (1, "There is no item 1 in the queue. Look at the list.\n")
    assert say("queue", "remove", "2")[0] == 0
    assert say("queue", "start")[1] == "Nothing waits in the queue.\n"
    assert json.loads(say("queue", "start", "--json")[1]) == {"pid": None, "waiting": 0}


@pytest.mark.long
def test_the_queue_is_started_by_its_command(tmp_path: Path, say: Any) -> None:
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 1})
    assert say("queue", "add", saved(chosen, tmp_path / "one.toml"))[0] == 0
    assert json.loads(say("queue", "start", "--json")[1])["waiting"] == 1
    wait_for(lambda: json.loads(say("queue", "list", "--json")[1])[0]["state"] == "completed")
    assert say("queue", "start")[1] == "Nothing waits in the queue.\n"
