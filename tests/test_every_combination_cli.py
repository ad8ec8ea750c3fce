"""Everything that is offered can be trained on the command line, from real files: three steps, and
the loss falls.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app import cli
from app.engine.experiment import toml_file
from app.engine.learning.tasks import TASKS
from app.engine.runs.history import read_history
from tests import tiny_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.tiny import Combination

WHOLE = tiny_files.offered()
PAIRED = tiny_files.paired(WHOLE)


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk is a third of such a run, and nothing here outlives its test."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def begun(of: Combination, place: Path, folder: Path) -> list[str]:
    """The arguments of `train`: a file that only names the data, everything else by --set."""
    asked = folder / "asked.toml"
    data = tiny_files.written(place / of.task / of.sort, of.task, of.sort)
    toml_file.write(toml_file.from_plain({"data": data}), asked)

    arguments = ["train", str(asked), "--run-dir", str(folder / "run"), "--json"]
    for section, values in tiny_files.settings(of).items():
        for name, value in values.items():
            arguments += [
                "--set",
                f"{section}.{name}={str(value).lower() if isinstance(value, bool) else value}",
            ]

    return arguments


def learns(of: Combination, place: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(begun(of, place, folder))
    out, err = capsys.readouterr()
    assert code == 0, err

    summary = json.loads(out.splitlines()[-1])
    assert summary["status"] == "completed" and "Traceback" not in err
    figures = summary["metrics"]["validation"]
    assert (
        figures
        and set(figures) <= set(TASKS[of.task].metrics)
        and np.isfinite(list(figures.values())).all()
    )

    losses = read_history(folder / "run").losses
    assert len(losses) == 3 and losses[-1] < losses[0], losses


@pytest.mark.parametrize("of", PAIRED, ids=str)
def test_train(
    of: Combination, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    learns(of, place, tmp_path, capsys)


@pytest.mark.long
@pytest.mark.parametrize("of", [one for one in WHOLE if one not in PAIRED], ids=str)
def test_train_the_rest(
    of: Combination, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    learns(of, place, tmp_path, capsys)


@pytest.mark.parametrize("batch_size", [1, 2, 23])
@pytest.mark.parametrize("task", ["regression", "multi-label", "metric-learning"])
def test_small_batches_and_a_last_one_of_one(
    task: str, batch_size: int, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """24 examples: 23 leave one over."""
    of = next(one for one in WHOLE if one.task == task and one.template == "mlp")
    code = cli.main(
        [
            *begun(of, place, tmp_path),
            "--set",
            f"training.batch_size={batch_size}",
            "--set",
            "training.epochs=1",
        ]
    )

    out, err = capsys.readouterr()
    if code:  # an example alone cannot be compared
        assert batch_size == 1 and "batch size of 1" in err and "Traceback" not in err
    else:
        assert np.isfinite(list(json.loads(out.splitlines()[-1])["loss"].values())).all()


def test_every_task_and_sort_of_files_is_there() -> None:
    assert {one[:2] for one in PAIRED} == {one[:2] for one in WHOLE}
    assert {one.template for one in PAIRED} == {one.template for one in WHOLE}
    assert {(one.task, one.loss) for one in PAIRED} == {(one.task, one.loss) for one in WHOLE}
    assert {one.optimizer for one in PAIRED} == {one.optimizer for one in WHOLE}
