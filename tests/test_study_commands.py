"""`netwright seeds` and `netwright ablation`, as a script meets them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from app import cli
from app.engine.experiment.toml_file import from_plain
from app.engine.queue.items import Queue
from app.engine.runs.run import default_folder, list_runs
from tests.engine.detached.following import trained_here
from tests.engine.training import small

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes without a console")


def test_seeds_train_what_is_missing_once_and_say_what_it_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 1})
    first = trained_here(chosen, default_folder())

    def say(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    code, out, err = say("seeds", first.name, "--seeds", "2", "--cost", "--json")
    assert (code, err[:17]) == (0, "To train: 1 run, ")
    cost = json.loads(out)
    assert cost["to_train"]["runs"] == 1
    assert cost["to_train"]["seconds"] == first.summary()["seconds"]
    assert not Queue().items()

    code, out, err = say("seeds", first.name, "--seeds", "2", "--json")
    assert code == 0, err
    assert "small: 2 of 2" in err
    found = json.loads(out)
    assert (found["metric"], found["split"], found["seeds"]) == ("accuracy", "validation", [0, 1])
    (member,) = found["members"]
    assert sorted(member["figures"]) == ["0", "1"]
    mean = sum(member["figures"].values()) / 2
    assert member["spread"]["mean"] == pytest.approx(mean)
    assert len(list_runs(default_folder())) == 2

    code, out, err = say("seeds", first.name, "--seeds", "2")  # nothing is left to be trained
    assert (code, err) == (0, "")
    assert out.startswith("accuracy, seeds 0 and 1. Judged on validation;")
    assert "(2 of 2)" in out
    assert len(list_runs(default_folder())) == 2

    code, out, _ = say("ablation", first.name, "--part", "dropout", "--seeds", "2", "--cost")
    assert code == 0
    assert out.startswith("To train: 2 runs, ")
    assert out.rstrip().endswith("(0 of 2)")
    code, _, err = say("ablation", first.name, "--part", "drop-out")
    assert code == 1
    assert err.startswith("'drop-out' is no part that can be left out here. Did you mean 'dropout'")


@pytest.mark.long
def test_repeats_of_a_small_network_train_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = from_plain(
        {
            "name": "flowers",
            "data": {"source": "sample:iris"},
            "model": {"template": "mlp", "width": 8},
            "training": {"epochs": 2, "device": "cpu", "threads": 1},
        }
    )
    first = trained_here(asked, default_folder())
    code = cli.main(["seeds", first.name, "--seeds", "3", "--together", "--json"])
    told = capsys.readouterr()
    assert code == 0, told.err
    assert told.err.startswith("To train: 1 run")
    (member,) = json.loads(told.out)["members"]
    assert member["name"] == "flowers, 3 together"
    assert sorted(member["figures"]) == sorted(member["test"]) == ["0", "1", "2"]
    assert len(set(member["runs"].values())) == 1
    assert member["spread"]["mean"] == pytest.approx(sum(member["figures"].values()) / 3)
    assert len(list_runs(default_folder())) == 2

    assert cli.main(["seeds", first.name, "--seeds", "3", "--together"]) == 0
    told = capsys.readouterr()
    assert told.err == "" and "members of one run" in told.out and "(3 of 3)" in told.out


def test_other_networks_say_that_they_do_not_train_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 1})
    run = trained_here(chosen, default_folder())
    assert cli.main(["seeds", run.name, "--together"]) == 1
    assert "does not train several networks together; a plain MLP does." in capsys.readouterr().err
    assert cli.main(["seeds", run.name, run.name, "--together"]) == 2
