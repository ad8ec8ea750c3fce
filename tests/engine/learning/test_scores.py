"""Metrics from predictions, against scikit-learn and their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.learning import scores
from app.engine.learning.tasks import TASKS

labels = st.integers(2, 12).flatmap(
    lambda k: st.tuples(
        st.just(k),
        st.lists(st.tuples(st.integers(0, k - 1), st.integers(0, k - 1)), min_size=1, max_size=80),
    )
)


@given(labels)
@settings(max_examples=60)
def test_figures_are_those_of_scikit_learn(case: tuple[int, list[tuple[int, int]]]) -> None:
    from sklearn.metrics import (
        accuracy_score,
        confusion_matrix,
        f1_score,
        precision_recall_fscore_support,
    )

    classes, pairs = case
    true, predictions = (np.array(column) for column in zip(*pairs, strict=True))
    matrix = scores.confusion(true, predictions, classes)
    table = scores.per_class(matrix)
    precision, recall, f1, count = precision_recall_fscore_support(
        true, predictions, labels=range(classes), zero_division=np.nan
    )
    assert (matrix == confusion_matrix(true, predictions, labels=range(classes))).all()
    assert scores.accuracy(matrix) == pytest.approx(accuracy_score(true, predictions))
    assert scores.macro_f1(matrix) == pytest.approx(
        f1_score(true, predictions, average="macro", zero_division=0)
    )

    of_numbers = scores.macro_f1_of(np.array(true), np.array(predictions), classes)
    assert of_numbers == pytest.approx(scores.macro_f1(matrix), abs=0, rel=0)

    np.testing.assert_allclose(table.precision, precision)
    np.testing.assert_allclose(table.recall, recall)
    np.testing.assert_allclose(table.f1, f1)
    assert (table.count == count).all()


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.5001, 0.9])),
        min_size=1,
        max_size=60,
    )
)
@settings(max_examples=60)
def test_auc_counts_a_tie_half(pairs: list[tuple[bool, float]]) -> None:
    from sklearn.metrics import roc_auc_score

    true, values = (np.array(column) for column in zip(*pairs, strict=True))
    if true.all() or not true.any():
        assert math.isnan(scores.auc(true, values))
    else:
        assert scores.auc(true, values) == pytest.approx(roc_auc_score(true, values))


@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (8, 10, 0.4901625, 0.9433178),
        (0, 10, 0.0, 0.2775328),
        (10, 10, 0.7224672, 1.0),
    ],
)
def test_the_interval_is_wilsons(correct: int, total: int, low: float, high: float) -> None:
    assert scores.wilson(correct, total) == pytest.approx((low, high), abs=1e-6)


@given(st.integers(1, 5000), st.floats(0, 1))
def test_the_interval_holds_the_share_and_stays_a_share(total: int, share: float) -> None:
    correct = round(total * share)
    low, high = scores.wilson(correct, total)
    assert 0 <= low <= correct / total <= high <= 1


def test_two_hundred_classes() -> None:
    random = np.random.default_rng(0)
    true = random.integers(0, 200, 5000)
    predictions = random.integers(0, 200, 5000)
    matrix = scores.confusion(true, predictions, 200)

    assert matrix.shape == (200, 200)
    assert matrix.sum() == 5000
    assert matrix[true[0], predictions[0]] >= 1


def test_what_is_not_defined_is_left_out(describe) -> None:
    sure = np.array([[0.9, 0.1], [0.8, 0.2]])
    figures = TASKS["binary-classification"].compute_metrics(
        describe((4, 4)), np.array([0, 0]), sure
    )
    assert figures["accuracy"] == 1.0
    assert "auc" not in figures
    assert "f1" not in figures


def test_yes_or_no_has_its_own_figures(describe) -> None:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.6, 0.4]])
    figures = TASKS["binary-classification"].compute_metrics(
        describe((4, 4)), np.array([0, 0, 1, 1]), probabilities
    )
    assert figures["accuracy"] == 0.5
    assert figures["f1"] == pytest.approx(0.5)
    assert figures["auc"] == pytest.approx(0.75)
