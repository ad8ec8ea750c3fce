"""Answers that are no numbers: one sentence, and no figure made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from app import cli
from app.engine.errors import UserError
from app.engine.experiment.resolve import resolve
from app.engine.learning.metrics import metric_text
from app.engine.learning.tasks import TASKS
from app.engine.results.predictor import Predictor
from app.engine.results.report import Report
from models.network import build_model
from tests.engine import tiny

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

EACH = {combination.task: combination for combination in tiny.combinations()}
BAD = {"nan": float("nan"), "inf": float("inf")}


def network_for(task: str) -> tuple[Predictor, Dataset]:
    """Returns an untrained network of a task, and data that it can be judged on."""
    combination = EACH[task]
    dataset = tiny.dataset(combination.task, combination.sort)
    resolved = resolve(tiny.experiment(combination, 1, 8), dataset.description)
    problem = resolved.problem(dataset.description)
    network = build_model(resolved.model.graph(problem), problem, seed=1)

    return Predictor(network, dataset.description, resolved.task, resolved), dataset


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("task", sorted(EACH))
def test_a_network_of_no_numbers_is_not_judged(task: str, bad: str) -> None:
    """Of every task: the figures would be wrong in a way that nobody sees."""
    predictor, dataset = network_for(task)
    assert predictor.report_on(dataset).verdict

    with torch.no_grad():
        for weights in predictor.network.parameters():
            weights.fill_(BAD[bad])

    with pytest.raises(UserError, match="are not numbers") as refused:
        predictor.report_on(dataset)

    count = len(dataset.targets)
    assert f"{count:,} of {count:,} examples" in refused.value.message
    assert "learning rate" in refused.value.remedy


def test_one_answer_that_is_no_number_is_counted(describe: Any) -> None:
    probabilities = np.full((5, 3), 1 / 3, np.float32)
    probabilities[2, 1] = np.inf
    with pytest.raises(UserError, match=r"answers to 1 of 5 test examples are not numbers"):
        Report.of(
            describe((6, 3, 1)),
            TASKS["classification"],
            {"test": (np.arange(5), np.zeros(5, np.int64), probabilities)},
        )


@pytest.fixture
def experiment_file(tmp_path: Path) -> Path:
    """Writes yes-or-no signals and an experiment on them."""
    labels = np.arange(60) % 2
    noise = np.random.default_rng(0).normal(size=(60, 1, 24))
    signals = (noise + 2 * labels[:, None, None]).astype(np.float32)
    names = np.array(["no", "yes"])[labels]
    np.savez(tmp_path / "signals.npz", signals=signals, labels=names)
    np.savez(tmp_path / "huge.npz", signals=signals * np.float32(1e37), labels=names)
    np.savez(tmp_path / "one.npz", signals=signals[labels == 1], labels=names[labels == 1])
    file = tmp_path / "signals.toml"
    file.write_text(
        'netwright = 2\n[data]\nsource = "signals.npz"\ntask = "binary-classification"\n'
        '[model]\ntemplate = "cnn-1d"\nwidth = 4\n[training]\nepochs = 1\nbatch_size = 16\n'
        'threads = 1\ndevice = "cpu"\n',
        encoding="utf-8",
    )
    return file


def test_evaluate_says_so_and_fails(
    experiment_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(tmp_path / "run")
    assert cli.main(["train", str(experiment_file), "--run-dir", run]) == 0
    capsys.readouterr()

    for option in ((), ("--json",)):
        assert cli.main(["evaluate", run, "--data", str(tmp_path / "huge.npz"), *option]) == 1
        out, err = capsys.readouterr()
        assert "are not numbers" in err and "nan" not in out.lower() and "{" not in out


def test_a_figure_that_is_not_known_is_no_number_in_json(
    experiment_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there is no "no" among the examples there is no ROC AUC."""
    run = str(tmp_path / "run")
    one = str(tmp_path / "one.npz")
    assert cli.main(["train", str(experiment_file), "--run-dir", run]) == 0
    capsys.readouterr()

    assert cli.main(["evaluate", run, "--data", one, "--json"]) == 0
    text = capsys.readouterr().out
    facts = json.loads(text, parse_constant=pytest.fail)
    assert "auc" not in facts["splits"]["data"]["metrics"]

    assert cli.main(["evaluate", run, "--data", one]) == 0
    assert "nan" not in capsys.readouterr().out.lower()


@pytest.mark.parametrize("value", (float("nan"), float("inf"), float("-inf"), None))
@pytest.mark.parametrize("name", ("accuracy", "mae", "perplexity"))
def test_a_metric_without_a_value_is_a_dash(name: str, value: float | None) -> None:
    assert metric_text(name, value).strip() == "–"
