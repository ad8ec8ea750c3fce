"""The report: figures with their baseline, the worst mistakes and a verdict."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.learning.tasks import TASKS
from app.engine.results.report import Report, load_report
from app.engine.runs.epoch_records import write_arrays
from app.engine.runs.run import Run

TASK = TASKS["classification"]


def answers(
    targets: list[int], predictions: list[int], sure: list[float], classes: int
) -> tuple[np.ndarray, ...]:
    """Rows 100, 101, ...; the probability of the answer, the rest shared by the other classes."""
    probabilities = np.empty((len(predictions), classes), dtype=np.float32)
    for row, (answer, confidence) in enumerate(zip(predictions, sure, strict=True)):
        probabilities[row] = (1 - confidence) / (classes - 1)
        probabilities[row, answer] = confidence

    return np.arange(100, 100 + len(predictions)), np.array(targets), probabilities


def test_a_split_is_judged_beside_its_baseline(describe) -> None:
    targets = [0] * 60 + [1] * 30 + [2] * 10
    predictions = [0] * 55 + [1] * 5 + [1] * 28 + [0] * 2 + [2] * 4 + [0] * 6
    sure = [0.9] * 100
    sure[92] = 0.99
    sure[57] = 0.97
    report = Report.of(
        describe((600, 300, 100)),
        TASK,
        {"test": answers(targets, predictions, sure, 3)},
        best_epoch=7,
    )

    split = report.splits["test"]
    assert (split.correct, split.count, split.baseline) == (87, 100, 0.6)
    assert split.low < 0.87 < split.high
    assert [row.name for row in split.worst_classes()] == ["Bag", "Shirt", "T-shirt"]
    assert split.classes[2].recall == pytest.approx(0.4)
    assert split.classes[2].precision == 1.0
    assert split.confused()[0] == (2, 0, 6, 0.6)

    worst = split.mistakes()
    assert len(worst) == 13
    assert worst[0].row == 157
    assert (worst[0].true, worst[0].predicted) == (0, 1)
    assert [mistake.confidence for mistake in worst] == sorted(
        (mistake.confidence for mistake in worst), reverse=True
    )
    assert {mistake.row for mistake in split.cell(2, 0)} == set(range(194, 200))
    assert report.level == "warning"
    assert '"Bag"' in report.verdict


def test_ninety_five_percent_on_ninety_five_to_five_is_no_success(describe) -> None:
    description = describe((950, 50), classes=("fine", "broken"))
    report = Report.of(
        description, TASK, {"test": answers([0] * 95 + [1] * 5, [0] * 100, [0.9] * 100, 2)}
    )
    assert report.level == "problem"
    assert "learned nothing" in report.verdict
    assert "95 %" in report.verdict
    assert report.splits["test"].classes[1].precision is None


@pytest.mark.parametrize(
    ("right", "count", "level", "words"),
    [
        (190, 200, "good", "95 % of 200"),
        (9, 15, "warning", "chance"),
        (14, 15, "warning", "few"),
        (1, 200, "problem", "nothing"),
    ],
)
def test_the_verdict_fits_the_figures(
    describe, right: int, count: int, level: str, words: str
) -> None:
    targets = [number % 2 for number in range(count)]
    predictions = [
        target if number < right else 1 - target for number, target in enumerate(targets)
    ]
    report = Report.of(
        describe((10, 10)), TASK, {"test": answers(targets, predictions, [0.8] * count, 2)}
    )
    assert report.level == level
    assert words in report.verdict


def test_the_test_split_is_trusted_before_validation(describe) -> None:
    good = answers([0, 1] * 50, [0, 1] * 50, [0.9] * 100, 2)
    bad = answers([0, 1] * 50, [0, 0] * 50, [0.9] * 100, 2)
    report = Report.of(describe((9, 9)), TASK, {"validation": good, "test": bad})
    assert report.level == "problem"

    empty = (np.zeros(0, int), np.zeros(0, int), np.zeros((0, 2)))
    assert Report.of(describe((9, 9)), TASK, {"validation": good, "test": empty}).level == "good"
    assert Report.of(describe((9, 9)), TASK, {"test": empty}).level == "info"


def test_two_hundred_classes(describe) -> None:
    names = tuple(f"class {number}" for number in range(200))
    random = np.random.default_rng(0)
    targets = np.repeat(np.arange(200), 10)
    predictions = np.where(random.random(2000) < 0.8, targets, random.integers(0, 200, 2000))
    description = describe((10,) * 200, classes=names)
    arrays = answers(targets.tolist(), predictions.tolist(), [0.5] * 2000, 200)
    report = Report.of(description, TASK, {"validation": arrays})
    plain = report.to_plain()

    assert len(plain["splits"]["validation"]["per_class"]) == 200
    json.dumps(plain, allow_nan=False)


def test_arrays_of_other_classes_are_refused(describe) -> None:
    with pytest.raises(ValueError, match="of \\(3,\\)"):
        Report.of(describe((5, 5, 5)), TASK, {"test": answers([0, 1], [0, 1], [0.9, 0.9], 2)})


def test_a_run_is_reported_from_its_folder(tmp_path, describe) -> None:
    run = Run.create(tmp_path, Experiment(name="shirts", data=DataSettings(source="gone")))
    with pytest.raises(UserError, match="no results yet"):
        load_report(run)

    run.write_json("dataset.json", describe((20, 20)).to_plain())
    rows, targets, probabilities = answers([0, 1] * 30, [0, 1] * 30, [0.9] * 60, 2)
    write_arrays(
        run.path,
        "results/validation.npz",
        {"rows": rows, "targets": targets, "predictions": probabilities},
    )

    run.write_json(
        "summary.json", {"best_epoch": 4, "loss": {"validation": 0.25, "training": None}}
    )
    report = load_report(run)
    assert report.best_epoch == 4
    assert report.splits["validation"].loss == 0.25
    assert report.splits["validation"].accuracy == 1.0

    (run.path / "results" / "validation.npz").write_bytes(b"PK damaged")
    with pytest.raises(UserError, match="is damaged: it is not what was written"):
        load_report(run)
