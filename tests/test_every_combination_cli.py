"""Everything that is offered can be trained on the command line, from real files, and learns."""

from __future__ import annotations

import json
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

ALL = tiny_files.all_combinations()
CHOSEN = tiny_files.covering_each(ALL)


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def begin(combination: Combination, data_folder: Path, folder: Path) -> list[str]:
    """Writes a file that only names the data; returns `train`'s arguments, the rest by --set."""
    experiment_file = folder / "asked.toml"
    data = tiny_files.write_files(
        data_folder / combination.task / combination.sort, combination.task, combination.sort
    )
    toml_file.write(toml_file.from_plain({"data": data}), experiment_file)

    arguments = ["train", str(experiment_file), "--run-dir", str(folder / "run"), "--json"]
    for section, values in tiny_files.settings(combination).items():
        for name, value in values.items():
            arguments += [
                "--set",
                f"{section}.{name}={str(value).lower() if isinstance(value, bool) else value}",
            ]

    return arguments


def assert_it_learns(
    combination: Combination, data_folder: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(begin(combination, data_folder, folder))
    out, err = capsys.readouterr()
    assert code == 0, err

    summary = json.loads(out.splitlines()[-1])
    assert summary["status"] == "completed" and "Traceback" not in err
    figures = summary["metrics"]["validation"]
    assert (
        figures
        and set(figures) <= set(TASKS[combination.task].metrics)
        and np.isfinite(list(figures.values())).all()
    )

    losses = read_history(folder / "run").losses
    assert len(losses) == 3 and losses[-1] < losses[0], losses


@pytest.mark.parametrize("combination", CHOSEN, ids=str)
def test_train(
    combination: Combination, data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_it_learns(combination, data_folder, tmp_path, capsys)


@pytest.mark.long
@pytest.mark.parametrize(
    "combination", [combination for combination in ALL if combination not in CHOSEN], ids=str
)
def test_train_the_rest(
    combination: Combination, data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_it_learns(combination, data_folder, tmp_path, capsys)


@pytest.mark.parametrize("batch_size", [1, 2, 23])
@pytest.mark.parametrize("task", ["regression", "multi-label", "metric-learning"])
def test_small_batches_and_a_last_one_of_one(
    task: str,
    batch_size: int,
    data_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of 24 examples, batches of 23 leave one over."""
    combination = next(
        combination
        for combination in ALL
        if combination.task == task and combination.template == "mlp"
    )
    code = cli.main(
        [
            *begin(combination, data_folder, tmp_path),
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


def test_every_task_and_kind_of_files_is_there() -> None:
    assert {combination[:2] for combination in CHOSEN} == {combination[:2] for combination in ALL}
    assert {(combination.sort, combination.template) for combination in CHOSEN} == {
        (combination.sort, combination.template) for combination in ALL
    }
    assert {(combination.task, combination.loss) for combination in CHOSEN} == {
        (combination.task, combination.loss) for combination in ALL
    }
    assert {combination.optimizer for combination in CHOSEN} == {
        combination.optimizer for combination in ALL
    }
