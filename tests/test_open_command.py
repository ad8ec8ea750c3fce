"""`netwright open BUNDLE.zip`: a run of another computer is there, and answers as it did there."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app import cli
from app.engine.runs.run import Run, default_folder
from tests.forked import fork_own_processes, python

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]

EXPERIMENT = """\
[data]
source = "sample:penguins"
[model]
template = "mlp"
[training]
epochs = 1
threads = 1
"""

ROW = "island,bill length (mm),bill depth (mm),flipper length (mm),body mass (g),sex\n"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a bundle; the run that it was made of is beside it, called "first"."""
    folder = tmp_path_factory.mktemp("here")
    experiment = folder / "e.toml"
    experiment.write_text(EXPERIMENT, encoding="utf-8")
    run = str(folder / "first")
    assert cli.main(["train", str(experiment), "--run-dir", run]) == 0
    path = folder / "first.zip"
    with pytest.MonkeyPatch.context() as patch:
        fork_own_processes(patch)
        assert cli.main(["export", run, "--format", "bundle", "--out", str(path)]) == 0
    return path


def elsewhere(home: Path, arguments: Sequence[str], folder: Path) -> str:
    """Runs a command as on another computer, without a display; returns what it prints."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"NETWRIGHT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*python(), "-m", "app", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_predicts_the_same_elsewhere(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(f"{ROW}Biscoe,45,14,220,5200,male\nDream,39,18,190,,female\n", encoding="utf-8")
    home = tmp_path / "home"
    said = elsewhere(home, ["open", str(bundle)], tmp_path)
    run = home / "runs" / "first"
    assert f"'first' is now among your runs: {run}" in said

    there: dict[str, Any] = json.loads(
        elsewhere(home, ["predict", "first", str(rows), "--json"], tmp_path).splitlines()[-1]
    )
    capsys.readouterr()
    assert cli.main(["predict", str(bundle.with_name("first")), str(rows), "--json"]) == 0
    here = json.loads(capsys.readouterr().out)
    assert there["predictions"] == here["predictions"] and len(here["predictions"]) == 2
    assert Run(run).summary()["run"] == "first"


def test_a_bundle_is_not_taken_for_a_run_or_for_data(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["evaluate", str(bundle)]) == 1
    assert f"netwright open '{bundle}'" in capsys.readouterr().err


def test_a_damaged_bundle_is_a_sentence(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "half.zip"
    path.write_bytes(bundle.read_bytes()[:2000])
    assert cli.main(["open", str(path)]) == 1
    error = capsys.readouterr().err
    assert "'half.zip' is damaged" in error and error.count("\n") == 1
    assert not default_folder().exists() or not list(default_folder().iterdir())
