"""`netwright report` on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app import cli
from tests.engine.runs.test_logs import KERAS, curve, event_file
from tests.written_runs import write_run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_it_writes_a_file_and_says_how_large_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [write_run(tmp_path / "runs", f"run {number}") for number in range(2)]
    out = tmp_path / "out.html"
    assert cli.main(["report", str(runs[0].path), "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{out}: ")

    both = [str(run.path) for run in runs]
    assert cli.main(["report", *both, "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"out": str(out), "bytes": out.stat().st_size, "runs": both}
    assert "2 runs compared" in out.read_text(encoding="utf-8")


def test_what_cannot_be_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = write_run(tmp_path / "runs")
    assert cli.main(["report", "nowhere", "--out", str(tmp_path / "a.html")]) == 1
    assert "is not a run" in capsys.readouterr().err
    assert (
        cli.main(["report", str(run.path), "--out", str(run.path / "experiment.toml" / "a.html")])
        == 1
    )
    assert "experiment.toml" in capsys.readouterr().err
    assert cli.main(["report", "--out", "a.html"]) == 2


def test_logs_of_other_tools_stand_beside_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = write_run(tmp_path / "runs", "ours")
    log = tmp_path / "theirs.csv"
    log.write_text(KERAS)
    board = event_file(tmp_path / "board" / "a.tfevents.1", curve("loss", [3, 2, 1])).parent
    out = tmp_path / "out.html"
    assert cli.main(["report", str(run.path), str(log), str(board), "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "3 runs compared" in text and "theirs" in text
    assert "board does not say how many steps an epoch has." in text
    assert str(tmp_path) not in text

    logs = str(board.parent)
    assert cli.main(["report", str(run.path), logs, "--out", str(out)]) == 1
    told = capsys.readouterr().err
    assert f"'{logs}' is not a run, but a folder with 2 logs." in told and str(board) in told

    assert cli.main(["report", str(log), "--out", str(out)]) == 1
    assert "needs a run of this program" in capsys.readouterr().err
    log.write_text("a,b\n1,2\n")
    assert cli.main(["report", str(run.path), str(log), "--out", str(out)]) == 1
    assert "has no loss" in capsys.readouterr().err
