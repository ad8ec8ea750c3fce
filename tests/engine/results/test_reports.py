"""The report on every view of results: figures as an independent computation has them.

The worst come first, and the verdict stands beside what knowing nothing would reach; with no
example, one example, and answers that are all the same.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.data.dataset import Amount, Damage
from app.engine.learning.tasks import TASKS
from app.engine.results.reports import report_for
from app.engine.results.reports.amounts import AmountReport
from app.engine.results.reports.language import LanguageReport
from app.engine.results.reports.restored import RestoredReport, untouched

if TYPE_CHECKING:
    from app.engine.results.reports.matching import MatchingReport
    from app.engine.results.reports.space import SpaceReport
    from app.engine.results.reports.tags import TagReport

VIEWS = sorted({task.view for task in TASKS.values()})


def report_of(
    kind: str, description: Any, targets: Any, predictions: Any, name: str = "test"
) -> Any:
    """Rows 100, 101, ..."""
    targets = np.asarray(targets)
    predictions = np.asarray(predictions, np.float32)
    task = TASKS[kind]

    return report_for(task.view).of(
        name, description, task, np.arange(100, 100 + len(targets)), targets, predictions, 1.0
    )


def round_points(count: int, size: int = 8, seed: int = 0) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


# --- amounts


@pytest.fixture
def prices(describe) -> Any:
    amount = Amount("price", "€", 150.0, 80.0, 20.0, 400.0, 140.0)
    return describe((300,), classes=(), task="regression", amounts=(amount,))


def test_amounts_are_judged_in_their_own_unit_beside_the_median(prices) -> None:
    true = np.linspace(20, 400, 50, dtype=np.float32)[:, None]
    predictions = true + np.where(np.arange(50) % 2, 10, -30)[:, None]
    predictions[7] = true[7] + 300
    report: AmountReport = report_of("regression", prices, true, predictions)
    (row,) = report.amounts
    assert row.mae == pytest.approx(float(np.abs(predictions - true).mean()))
    assert row.baseline == pytest.approx(float(np.abs(true - 140).mean()))
    assert row.r2 == pytest.approx(
        1 - ((predictions - true) ** 2).sum() / ((true - true.mean()) ** 2).sum(), rel=1e-5
    )

    worst = report.misses(most=3)
    assert (worst[0].row, worst[0].error) == (107, pytest.approx(300, rel=1e-4))
    text, level = report.verdict()
    assert level == "good"
    assert text == "It is off by 25.8 € on average; always answering 140 € would be off by 110 €."
    assert "€" in report.line()

    np.testing.assert_allclose(report.residuals(), (predictions - true)[:, 0], atol=1e-3)
    json.dumps(report.to_plain(), allow_nan=False)


def test_amounts_that_are_no_better_than_the_median(prices) -> None:
    true = np.linspace(20, 400, 50, dtype=np.float32)[:, None]
    assert report_of("regression", prices, true, np.full_like(true, 140)).verdict()[1] == "problem"
    few: AmountReport = report_of(
        "regression", prices, true[[0, 20, 49]], true[[0, 20, 49]] + [[110], [-80], [90]]
    )
    assert few.verdict()[1] == "warning"
    assert "chance" in few.verdict()[0]


def test_several_amounts_and_one_that_is_not_learned(describe) -> None:
    description = describe(
        (9,),
        classes=(),
        task="regression",
        amounts=(
            Amount("height (cm)", "cm", 150, 20, 100, 200, 150),
            Amount("age", "", 40, 15, 10, 90, 40),
        ),
    )
    true = np.random.default_rng(0).normal([150, 40], [20, 15], (80, 2)).astype(np.float32)
    predictions = np.stack([true[:, 0] + 2, true[::-1, 1]], axis=1)
    report: AmountReport = report_of("regression", description, true, predictions)
    text, level = report.verdict()
    assert level == "warning"
    assert 'nothing about "age"' in text
    assert {one.target for one in report.misses(most=5)} == {1}

    listing = report.listing()
    assert listing is not None
    assert listing.rows[0][0] == "age"

    answer = report.answer(description, predictions[0])
    assert answer.headline.startswith("height (cm) ")
    assert report.cells(description, predictions[0]) == pytest.approx(predictions[0], rel=1e-4)
    assert len(report.columns(description)) == 2


def test_an_amount_far_outside_of_training_is_told(prices) -> None:
    assert "outside" in AmountReport.answer(prices, np.array([900.0])).note
    inside = AmountReport.answer(prices, np.array([210.04]))
    assert (inside.headline, inside.note, inside.unit) == ("210 €", "", "€")


# --- tags


def test_tags_one_by_one(describe) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    description = describe((20, 9, 4), task="multi-label", classes=("red", "green", "blue"))
    random = np.random.default_rng(1)
    targets = (random.random((160, 3)) < [0.5, 0.3, 0.2]).astype(np.float32)
    predictions = np.clip(targets * 0.5 + random.random((160, 3)) * 0.6, 0, 1).round(
        1
    )  # with equal scores
    predictions[4] = 1 - targets[4]

    report: TagReport = report_of("multi-label", description, targets, predictions)
    for number, row in enumerate(report.tags):
        expected = metrics.average_precision_score(
            targets[:, number], predictions[:, number].astype(np.float32)
        )
        assert row.average_precision == pytest.approx(expected)
        assert row.count == targets[:, number].sum()

    assert report.metrics["mean_average_precision"] == pytest.approx(report.average, abs=1e-6)
    worst = report.wrong()
    assert worst[0].row == 104
    assert set(worst[0].missed) == set(np.flatnonzero(targets[4]))
    assert report.verdict()[1] == "good"
    assert (
        report_of("multi-label", description, targets, np.full_like(predictions, 0.3)).verdict()[1]
        == "problem"
    )

    answer = report.answer(description, np.array([0.9, 0.2, 0.6]))
    assert answer.plain["tags"] == ["red", "blue"]
    assert report.cells(description, np.array([0.9, 0.2, 0.6]))[0] == "red;blue"
    assert report.answer(description, np.array([0.1, 0.2, 0.3])).headline == "no tag"

    json.dumps(report.to_plain(), allow_nan=False)


# --- matching


def test_partners_are_found_both_ways(describe) -> None:
    description = describe((90,), classes=(), task="matching")
    points = round_points(90)
    predictions = np.stack([points, points], axis=1)
    predictions[3, 1] = -points[3]
    report: MatchingReport = report_of("matching", description, np.arange(90), predictions)
    ahead, back = report.directions
    assert ahead.at_1 == pytest.approx(89 / 90)
    assert (ahead.chance_1, ahead.chance_5) == (pytest.approx(1 / 90), pytest.approx(5 / 90))
    assert report.metrics["recall_at_1"] == pytest.approx((ahead.at_1 + back.at_1) / 2, abs=0.02)
    assert report.confused()[0].row == 103

    for direction in ("forward", "back"):
        for one in report.confused(direction=direction):
            other = next(near for near in report.nearest(one.row, 90, direction) if not near.right)
            assert (one.nearest, one.similarity) == (
                other.row,
                pytest.approx(other.similarity, abs=1e-6),
            )

    nearest = report.nearest(110, 3)
    assert (nearest[0].row, nearest[0].right) == (110, True)
    assert nearest[0].similarity == pytest.approx(1, abs=1e-5)
    assert report.nearest(103, 90, "back")[-1].row == 103
    assert report.similarity().shape == (64, 64)
    assert report.verdict()[1] == "good"

    json.dumps(report.to_plain(), allow_nan=False)
    with pytest.raises(KeyError):
        report.nearest(7)


def test_a_network_that_says_the_same_of_everything_finds_nothing(describe) -> None:
    description = describe((40,), classes=(), task="matching")
    same = np.tile(round_points(1), (40, 2, 1))
    report: MatchingReport = report_of("matching", description, np.arange(40), same)
    assert report.directions[0].at_5 == 0
    assert report.verdict()[1] == "problem"

    equal: MatchingReport = report_of(
        "matching", description, np.repeat(np.arange(20), 2), np.stack([round_points(40)] * 2, 1)
    )
    assert equal.directions[0].at_1 == 1.0  # either of two equal partners is right
    assert equal.directions[0].chance_1 == pytest.approx(1 / 20)


# --- a space


def test_neighbours_in_a_space(describe) -> None:
    description = describe((30, 30, 30), task="metric-learning")
    targets = np.arange(90) % 3
    points = np.eye(3, 8, dtype=np.float32)[targets] + 0.2 * round_points(90)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points[5] = points[0]  # of class 2, on an example of class 0
    report: SpaceReport = report_of("metric-learning", description, targets, points)
    assert report.ranks[5] > 0
    assert report.worst()[0][0] == 105
    assert "Shirt" in report.worst()[0][1]
    assert (
        0.9 < report.nearest_same < 1
    )  # the one, the one that it sits on, and those that lie nearest to both
    assert report.metrics["recall_at_1"] == pytest.approx(report.nearest_same, abs=0.02)
    assert report.baseline == pytest.approx(29 / 89)
    assert [one.same for one in report.nearest(101, 5)] == [True] * 5
    assert report.flat.shape == (90, 2)
    assert report.verdict()[1] == "good"
    assert (
        report_of("metric-learning", description, targets, np.ones((90, 4)) / 2).verdict()[1]
        == "problem"
    )

    lonely: SpaceReport = report_of("metric-learning", description, [0, 1, 2], round_points(3))
    assert lonely.verdict()[1] == "info"
    json.dumps(report.to_plain(), allow_nan=False)


# --- language


def test_bits_per_byte_over_the_whole_text(describe) -> None:
    description = describe((50,), classes=(), task="language-modelling")
    predictions = np.array([[40.0, 20, 64], [200.0, 60, 64], [0, 0, 0]])
    report: LanguageReport = report_of(
        "language-modelling", description, np.zeros((3, 4)), predictions
    )
    assert report.bits == pytest.approx(240 / math.log(2) / 128)
    assert report.perplexity == pytest.approx(math.exp(3))
    assert report.metrics["bits_per_byte"] == pytest.approx(report.bits)
    assert [one.row for one in report.hardest()] == [101, 100]
    assert [one.row for one in report.easiest(1)] == [100]
    assert report.verdict()[0].startswith(
        "A byte of new text costs it 2.71 bits; with nothing learned it would be 8"
    )

    guessing = [[64 * 8 * math.log(2), 64, 64]]
    assert (
        report_of("language-modelling", description, np.zeros((1, 4)), guessing).verdict()[1]
        == "problem"
    )

    assert LanguageReport.answer(description, predictions[0]).plain[
        "bits_per_byte"
    ] == pytest.approx(0.9017, rel=1e-3)
    assert LanguageReport.cells(description, predictions[2]) == ("", "")
    json.dumps(report.to_plain(), allow_nan=False)


# --- restored


def test_what_is_restored_beside_the_damage_left_as_it_is(describe) -> None:
    description = describe((50,), classes=(), task="reconstruction", damage=Damage("mask", 0.5, 4))
    predictions = np.stack([np.linspace(0.1, 0.5, 40), np.linspace(0.05, 0.2, 40)], axis=1)
    report: RestoredReport = report_of("reconstruction", description, np.zeros(40), predictions)
    assert (report.mae, report.baseline, report.mended) == (
        pytest.approx(0.3),
        0.5,
        pytest.approx(0.75),
    )

    assert [one.row for one in report.examples(most=2)] == [139, 138]
    assert [one.row for one in report.examples(best=True, most=1)] == [100]
    assert report.verdict()[0].startswith("It repairs 75 % of the damage in 40 examples")
    assert (
        report_of("reconstruction", description, np.zeros(9), np.full((9, 2), 0.52)).verdict()[1]
        == "problem"
    )

    assert RestoredReport.answer(description, np.array([2.0, 5.0])).headline == "not repaired"
    json.dumps(report.to_plain(), allow_nan=False)


@pytest.mark.parametrize(
    ("damage", "cost"),
    [
        (None, 1.0),
        (Damage("noise", 0.5), 0.25),
        (Damage("noise", 3.0), 1.0),
        (Damage("mask", 0.01, 4), 0.25),
    ],
)
def test_what_doing_nothing_costs(describe, damage: Damage | None, cost: float) -> None:
    assert untouched(describe(damage=damage)) == pytest.approx(
        cost
    )  # 8 x 8 pixels: at least one of four patches


# --- all of them

FORMS = {
    "classes": ((0,), 3),
    "yes-no": ((0,), 2),
    "tags": ((0, 3), 3),
    "shares": ((0, 3), 3),
    "amounts": ((0, 1), 1),
    "matching": ((0,), 2, 8),
    "space": ((0,), 8),
    "language": ((0, 4), 3),
    "restored": ((0,), 2),
}


@pytest.mark.parametrize("view", VIEWS)
def test_no_examples_and_one(describe, view: str) -> None:
    task = next(task for task in TASKS.values() if task.view == view)
    shape, *size = FORMS[view]
    amounts = (Amount("x", "", 0, 1, -1, 1, 0),) if view == "amounts" else ()
    description = describe(
        (5, 4, 3) if view != "yes-no" else (5, 4), task=task.kind, amounts=amounts
    )
    report_class = report_for(view)
    assert report_class.view == view

    none = report_class.of(
        "test", description, task, np.zeros(0, int), np.zeros(shape), np.zeros((0, *size)), None
    )
    assert none.count == 0
    json.dumps(none.to_plain(), allow_nan=False)
    predictions = np.full((1, *size), 1 / math.sqrt(size[-1]), np.float32)
    one = report_class.of(
        "data",
        description,
        task,
        np.array([4]),
        np.zeros((1, *shape[1:]), np.int64),
        predictions,
        float("nan"),
    )

    text, level = one.verdict()
    assert text.endswith(".")
    assert "nan" not in text + one.line()
    assert level in ("good", "warning", "problem", "info")
    assert one.loss is None

    json.dumps(one.to_plain(), allow_nan=False)
    answer = report_class.answer(description, predictions[0])
    assert answer.headline
    assert answer.view == view

    json.dumps(answer.to_plain(), allow_nan=False)
    assert len(report_class.columns(description)) == len(
        report_class.cells(description, predictions[0])
    )

    with pytest.raises(ValueError, match="form"):
        report_class.of(
            "test",
            description,
            task,
            np.arange(3),
            np.zeros((3, *shape[1:])),
            np.zeros((3, 7, 7, 7)),
            None,
        )
