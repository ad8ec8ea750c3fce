"""What a command says when the disk refuses: never "completed" without a summary, no traceback."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app import cli
from app.engine import folders
from app.engine.runs.run import Run
from tests import faults
from tests.faults import count_calls, run_with_fault
from tests.odd_names import strict_json

if TYPE_CHECKING:
    from pathlib import Path

LAST_CALLS = 20
"""Of the system calls for a file, as many at the end are made to fail, one in each run."""

EXPERIMENT = """
netwright = 2
[data]
source = "little.csv"
[model]
template = "mlp"
width = 4
depth = 1
[training]
epochs = 1
batch_size = 16
threads = 1
device = "cpu"
"""


@pytest.fixture
def experiment_file(tmp_path: Path) -> Path:
    """Writes a small table and an experiment on it."""
    values = np.random.default_rng(0).normal(size=(60, 2)).round(3)
    lines = [f"{x},{y + row % 2},{'ab'[row % 2]}" for row, (x, y) in enumerate(values)]
    (tmp_path / "little.csv").write_text("\n".join(["x,y,class", *lines]), encoding="utf-8")
    file = tmp_path / "little.toml"
    file.write_text(EXPERIMENT, encoding="utf-8")
    return file


def run_command(*arguments: str) -> list[object]:
    """Runs a command; returns its exit code and what it printed on both streams."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(list(arguments))

    return [code, out.getvalue(), err.getvalue()]


def train(file: str, run: str) -> list[object]:
    shutil.rmtree(run, ignore_errors=True)
    return run_command("train", file, "--run-dir", run, "--json")


@pytest.mark.skipif(not faults.AVAILABLE, reason="calls can be made to fail on Linux only")
@pytest.mark.parametrize(
    "every", [pytest.param(1, marks=pytest.mark.long, id="all"), pytest.param(2, id="some")]
)
@pytest.mark.parametrize("name", ("summary.json", "manifest.json"))
def test_a_run_is_not_completed_without_its_summary(
    experiment_file: Path, tmp_path: Path, name: str, every: int
) -> None:
    """Whatever of the last calls for a file fails, exit code and what is written agree."""
    run = tmp_path / "run"
    arguments = (str(experiment_file), str(run))
    assert train(*arguments)[0] == 0

    count = count_calls(train, arguments, within=run / name)
    seen = set()
    for nth in range(max(0, count - LAST_CALLS), count, every):
        outcome = run_with_fault(train, arguments, nth, errno.ENOSPC, within=run / name)
        assert not outcome.error, f"{outcome.call}: {outcome.trace}"
        code, out, err = outcome.value
        seen.add(code)

        assert "Traceback" not in out + err, outcome.call
        if not out:
            assert code != 0 and err.strip(), outcome.call
            continue

        told = strict_json(out)
        assert (told["status"] == "completed") == (code == 0), outcome.call
        if code == 0:
            written = json.loads((run / "summary.json").read_text(encoding="utf-8"))
            assert written == told and Run(run).status == "completed", outcome.call

    assert 1 in seen or name != "summary.json"


@pytest.mark.parametrize(
    "command",
    (
        ("samples",),
        ("settings",),
        ("doctor",),
        ("describe", "little.csv"),
        ("describe", "damaged.csv"),
        ("train", "little.toml"),
        ("train", "damaged.csv"),
        ("resume", "run"),
        ("evaluate", "run"),
        ("predict", "run", "little.csv"),
    ),
    ids=" ".join,
)
@pytest.mark.parametrize("where", ("config", "cache", "log"))
def test_json_has_no_traceback_where_a_folder_is_none(
    experiment_file: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], where: str
) -> None:
    """A file stands where the program keeps its settings, its cache or its log."""
    folder = experiment_file.parent
    (folder / "damaged.csv").write_bytes(b"\x00\xff" * 500)
    names = [str(folder / part) if (folder / part).exists() else part for part in command]
    if "run" in command:
        run = str(folder / "run")
        assert cli.main(["train", str(experiment_file), "--run-dir", run]) == 0
        names = [run if part == "run" else part for part in names]
        (folder / "run" / "results" / "test.npz").write_bytes(b"damaged")
        (folder / "run" / "dataset.json").write_bytes(b'{"classes": [1, NaN')

    place: Path = getattr(folders, where)()
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"a file")
    capsys.readouterr()

    code = cli.main([*names, "--json"])
    out, err = capsys.readouterr()
    assert code in (0, 1, 2)
    assert "Traceback" not in out + err and 'File "' not in out + err
    assert code == 0 or err.strip()
    if out:
        strict_json(out)
