"""Suspects: planted wrong labels come first, every task has its list, and the reasons are true."""

from __future__ import annotations

import dataclasses
import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app import cli
from app.engine.errors import UserError
from app.engine.learning.tasks import TASKS
from app.engine.results.predictor import Predictor
from app.engine.results.run_data import run_data
from app.engine.runs.margins import margin_files
from app.engine.runs.margins.margin_files import MarginSums
from app.engine.suspects.finding import all_suspects, quick_suspects, refuse, sums_of_weights
from app.engine.suspects.neighbours import Neighbours, find_neighbours
from app.engine.suspects.scoring import label_scores
from app.engine.suspects.suspects import Suspects
from tests.engine import tiny
from tests.engine.explain import networks
from tests.engine.suspects.planted import planted_run, share_found
from tests.engine.training.small import pictures

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.run import Run

TRAINING = {"device": "cpu", "threads": 1}
DIGITS = {
    "name": "digits",
    "data": {"source": "sample:digits"},
    "model": {"template": "cnn"},
    "training": {"epochs": 6, "batch_size": 64} | TRAINING,
}
FASHION = DIGITS | {
    "name": "fashion",
    "data": {"source": "sample:fashion"},
    "training": {"epochs": 6, "batch_size": 64} | TRAINING,
}


def listed(run: Run) -> Suspects:
    predictor = Predictor.load(run)
    dataset = run_data(run, predictor.description, "")
    return quick_suspects(run, predictor.description, predictor.task, dataset, lambda: predictor)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, np.ndarray]:
    return planted_run(tmp_path_factory.mktemp("digits"), DIGITS, 0.1)


def test_of_ten_percent_wrong_digits_most_stand_in_the_first_tenth(
    digits: tuple[Run, np.ndarray],
) -> None:
    run, wrong = digits
    suspects = listed(run)
    assert len(suspects) == len(suspects.dataset.indices["training"])
    assert share_found(suspects.rows[suspects.order], wrong) >= 0.8

    first = suspects.suspect(int(suspects.order[0]))
    assert first.sort == "label" and first.label != first.likely
    assert "preferred" in first.reason and first.score > 0.5


@pytest.mark.long
def test_of_ten_percent_wrong_clothes_most_stand_in_the_first_tenth(tmp_path: Path) -> None:
    run, wrong = planted_run(tmp_path, FASHION, 0.1)
    suspects = listed(run)
    assert share_found(suspects.rows[suspects.order], wrong) >= 0.8


def test_the_command_answers_in_order_with_files_or_rows(
    digits: tuple[Run, np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    run, wrong = digits
    assert cli.main(["suspects", str(run.path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    found = answer["suspects"]
    assert set(found[0]) == {"example", "row", "label", "likely", "score", "reason"}
    scores = [each["score"] for each in found]
    assert scores == sorted(scores, reverse=True) and answer["note"] == ""
    assert share_found(np.array([each["example"] for each in found]), wrong) >= 0.8

    assert cli.main(["suspects", str(run.path), "--most", "3"]) == 0
    told = capsys.readouterr().out.partition("The first 3 of")[2].strip().splitlines()
    assert len(told) == 4 and "preferred" in told[1]


def test_a_run_without_margins_says_so_and_is_judged_by_its_weights(
    digits: tuple[Run, np.ndarray], tmp_path: Path
) -> None:
    run, _ = digits
    older = type(run)(tmp_path / "older")
    shutil.copytree(run.path, older.path)
    (older.path / margin_files.SUMS).unlink()
    (older.path / "manifest.json").unlink()
    suspects = listed(older)
    assert "no margins" in suspects.note
    assert "With the kept weights" in suspects.suspect(int(suspects.order[0])).reason


WITH_LIST = [
    found
    for found in tiny.thinned(tiny.combinations())
    if not TASKS[found.task].pairs and TASKS[found.task].targets != "tokens"
]
FIRST = {(found.task, found.sort, found.template): found for found in WITH_LIST}


@pytest.mark.parametrize("combination", FIRST.values(), ids=str)
def test_every_task_with_every_template_has_a_list(combination: tiny.Combination) -> None:
    predictor = networks.predictor(combination)
    dataset = tiny.dataset(combination.task, combination.sort)
    description, task = predictor.description, predictor.task
    sums = sums_of_weights(predictor, dataset) if task.has_margins else None
    neighbours = find_neighbours(predictor, dataset)
    suspects = Suspects(dataset, description, task, sums, neighbours, by_epochs=False)
    assert sorted(suspects.order) == list(range(tiny.TRAINED))
    assert np.isfinite(suspects.scores).all()
    for place in range(tiny.TRAINED):
        suspect = suspects.suspect(place)
        assert 0 <= suspect.score <= 1
        assert suspect.reason or sums is None
        assert suspect.label or task.targets == "none" or not description.classes


@pytest.mark.parametrize(
    ("task", "sort", "template"),
    [("matching", "image+text", "two-tower"), ("language-modelling", "text", "gpt")],
)
def test_tasks_without_labels_are_refused(task: str, sort: str, template: str) -> None:
    del sort, template
    with pytest.raises(UserError, match="no single examples with labels"):
        refuse(TASKS[task])


def test_what_forgetting_and_loss_say_breaks_ties() -> None:
    count = 4
    same = MarginSums(
        np.arange(count),
        np.full(count, 8.0, np.float32),
        np.array([0, 3, 0, 1], np.uint16),
        np.ones(count, bool),
        np.array([0.1, 0.1, 0.2, 0.1], np.float32),
        np.full(count, np.nan, np.float32),
        4,
    )
    scores = label_scores(same, is_amount=False)
    assert scores[1] > scores[3] > scores[0] and scores[2] > scores[0]
    worse = dataclasses.replace(same, total=np.array([8, 8, 8, -8], np.float32))
    assert label_scores(worse, is_amount=False).argmax() == 3


def test_a_copy_in_the_test_split_and_one_of_another_label_are_told(tmp_path: Path) -> None:
    combination = networks.combination("classification", "image", "cnn")
    predictor = networks.predictor(combination)
    dataset = tiny.dataset("classification", "image")
    generator = np.random.default_rng(0)
    inputs = generator.integers(0, 255, dataset.inputs.shape, dtype=np.uint8)
    leaked, twin = int(dataset.indices["training"][3]), int(dataset.indices["training"][5])
    other = next(
        int(row)
        for row in dataset.indices["training"]
        if dataset.targets[row] != dataset.targets[twin] and row not in (leaked, twin)
    )
    inputs[leaked] = inputs[dataset.indices["test"][0]]
    inputs[leaked, 0, 0, 0] ^= 1
    inputs[twin] = inputs[other]
    changed = dataclasses.replace(dataset, inputs=inputs)
    neighbours = find_neighbours(predictor, changed)
    copies = dict(zip(changed.indices["training"], neighbours.copies, strict=True))
    assert copies[leaked] == changed.indices["test"][0]
    assert copies[twin] == other and copies[other] == twin
    assert sum(copy >= 0 for copy in copies.values()) == 3

    suspects = Suspects(changed, predictor.description, predictor.task, None, neighbours)
    sorts = {int(suspects.rows[place]): suspects.sort(place) for place in range(len(suspects))}
    assert sorts[leaked] == "leak" and sorts[twin] == sorts[other] == "copy"
    texts = [suspects.suspect(int(place)).reason for place in suspects.order[:3]]
    assert sum("looks the same as" in text for text in texts) == 3


def test_outliers_are_few_and_far() -> None:
    copies = np.full(100, -1, np.int64)
    neighbours = Neighbours(copies, np.arange(100) == 7)
    dataset = tiny.dataset("classification", "row", 100)
    predictor = networks.predictor(networks.combination("classification", "row", "mlp"))
    suspects = Suspects(dataset, predictor.description, predictor.task, None, neighbours)
    assert suspects.sort(int(suspects.order[0])) == "outlier" and suspects.order[0] == 7


def test_a_picture_run_with_everything_finds_its_suspects(tmp_path: Path) -> None:
    plain = {
        "name": "small",
        "data": {"source": str(pictures(tmp_path / "a.npz"))},
        "model": {"template": "mlp", "width": 16, "depth": 1},
        "training": {"epochs": 2, "batch_size": 16} | TRAINING,
    }
    run, _ = planted_run(tmp_path / "run", plain, 0.1)
    predictor = Predictor.load(run)
    dataset = run_data(run, predictor.description, "")
    suspects = all_suspects(run, predictor, dataset)
    assert suspects.neighbours is not None and len(suspects.to_plain(False)) == len(suspects)
