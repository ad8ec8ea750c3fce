"""Metrics of tags, amounts, pairs and embeddings, against scikit-learn and their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.data.dataset import Amount, Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.learning import scores, verification
from app.engine.learning.tasks import TASKS

PICTURES = ImagePreparation(6, 6, 1, "crop", (0.5,), (0.2,))


def description(
    pairs: bool = False, classes: tuple[str, ...] = (), amounts: tuple[Amount, ...] = ()
) -> Description:
    preparation = PairPreparation(PICTURES, PICTURES) if pairs else PICTURES
    return Description(
        "here", "test", (1, 6, 6), classes, {"training": (9,)}, "", preparation, amounts=amounts
    )


def points(*shape: int, seed: int = 0) -> np.ndarray:
    """Returns random vectors of length 1."""
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 99))
@settings(max_examples=40)
def test_metrics_of_tags_are_those_of_scikit_learn(count: int, tags: int, seed: int) -> None:
    from sklearn.metrics import average_precision_score, f1_score

    random = np.random.default_rng(seed)
    targets = (random.random((count, tags)) < 0.4).astype(np.float32)
    predictions = np.round(random.random((count, tags)), 1).astype(np.float32)
    metrics = TASKS["multi-label"].compute_metrics(
        description(classes=tuple("abcdef"[:tags])), targets, predictions
    )

    there = targets.any(axis=0)
    if there.any():
        expected = average_precision_score(
            targets[:, there], predictions[:, there], average="macro"
        )
        assert metrics["mean_average_precision"] == pytest.approx(expected, abs=1e-6)
    else:
        assert "mean_average_precision" not in metrics

    answers = (predictions >= 0.5).astype(int)
    known = there | answers.any(axis=0)
    if known.any():
        each = [
            f1_score(targets[:, k], answers[:, k], zero_division=0) for k in np.flatnonzero(known)
        ]
        assert metrics["macro_f1"] == pytest.approx(np.mean(each), abs=1e-6)
        micro_f1 = f1_score(targets.ravel(), answers.ravel(), zero_division=0)
        assert metrics["micro_f1"] == pytest.approx(micro_f1, abs=1e-6)
    else:
        assert metrics == {}


@pytest.mark.parametrize("amounts", [1, 3])
def test_metrics_of_amounts_are_those_of_scikit_learn(amounts: int) -> None:
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    random = np.random.default_rng(0)
    targets = random.normal(50, 10, (37, amounts)).astype(np.float32)
    predictions = (targets + random.normal(0, 4, targets.shape)).astype(np.float32)
    metrics = TASKS["regression"].compute_metrics(
        description(amounts=(Amount("x"),) * amounts), targets, predictions
    )

    assert metrics["mae"] == pytest.approx(mean_absolute_error(targets, predictions), rel=1e-6)
    assert metrics["rmse"] == pytest.approx(root_mean_squared_error(targets, predictions), rel=1e-6)
    assert metrics["r2"] == pytest.approx(r2_score(targets, predictions), rel=1e-6)


def test_an_amount_that_never_varies_has_no_r2() -> None:
    constant = np.full((5, 1), 3.0, np.float32)
    assert set(
        TASKS["regression"].compute_metrics(
            description(amounts=(Amount("x"),)), constant, constant + 1
        )
    ) == {"mae", "rmse"}
    both = np.concatenate([constant, np.arange(5, dtype=np.float32)[:, None]], axis=1)
    assert scores.r2(both, both) == 1.0


def test_metrics_of_matching_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score, top_k_accuracy_score

    first = points(60, 5)
    other = points(60, 5, seed=1)
    second = first + 0.8 * other
    second /= np.linalg.norm(second, axis=1, keepdims=True)
    predictions = np.stack([first, second], axis=1)
    metrics = TASKS["matching"].compute_metrics(description(pairs=True), np.arange(60), predictions)

    near = first @ second.T
    for k in (1, 5):
        there = top_k_accuracy_score(np.arange(60), near, k=k)
        back = top_k_accuracy_score(np.arange(60), near.T, k=k)
        assert 0.1 < there < 1
        assert metrics[f"recall_at_{k}_there"] == pytest.approx(there, abs=1e-6)
        assert metrics[f"recall_at_{k}_back"] == pytest.approx(back, abs=1e-6)
        assert metrics[f"recall_at_{k}"] == pytest.approx((there + back) / 2, abs=1e-6)

    expected = roc_auc_score(np.eye(60).ravel(), near.ravel())
    assert metrics["auc"] == pytest.approx(expected, abs=1e-6)


def test_a_partner_that_is_the_same_counts_as_found() -> None:
    predictions = np.stack([points(4, 3), points(4, 3)], axis=1)
    predictions[1, 1] = predictions[0, 1]  # both pairs have one text
    metrics = TASKS["matching"].compute_metrics(
        description(pairs=True), np.array([0, 0, 1, 2]), predictions
    )
    assert metrics["recall_at_1_there"] == pytest.approx(
        np.mean(
            [
                (predictions[i, 0] @ predictions[:, 1].T).argmax() in ((0, 1) if i < 2 else (i,))
                for i in range(4)
            ]
        )
    )


def test_saying_the_same_of_everything_finds_nothing() -> None:
    same = np.tile(points(1, 2, 4), (50, 1, 1))
    metrics = TASKS["matching"].compute_metrics(description(pairs=True), np.arange(50), same)
    assert metrics["recall_at_1"] == metrics["recall_at_5"] == 0
    assert metrics["auc"] == pytest.approx(0.5, abs=0.01)


def test_metrics_of_embeddings_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import NearestNeighbors

    centres = points(5, 4)
    random = np.random.default_rng(0)
    targets = random.integers(0, 5, 80)
    predictions = centres[targets] + 0.5 * points(80, 4, seed=2)
    predictions = (predictions / np.linalg.norm(predictions, axis=1, keepdims=True)).astype(
        np.float32
    )
    metrics = TASKS["metric-learning"].compute_metrics(
        description(classes=tuple("abcde")), targets, predictions
    )
    near = (
        NearestNeighbors(n_neighbors=2, metric="cosine")
        .fit(predictions)
        .kneighbors(predictions, return_distance=False)[:, 1]
    )

    assert metrics["recall_at_1"] == pytest.approx((targets[near] == targets).mean(), abs=1e-6)
    upper = np.triu_indices(80, 1)
    expected = roc_auc_score(
        (targets[:, None] == targets)[upper], (predictions @ predictions.T)[upper]
    )
    assert metrics["auc"] == pytest.approx(expected, abs=1e-6)


def test_a_class_of_one_example_is_no_query() -> None:
    predictions = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert (
        TASKS["metric-learning"].compute_metrics(
            description(classes=("a", "b")), np.array([0, 0, 1]), predictions
        )["recall_at_1"]
        == 1
    )

    assert (
        TASKS["metric-learning"].compute_metrics(
            description(classes=("a", "b")), np.array([0, 1]), predictions[:2]
        )
        == {}
    )


labels = st.lists(st.integers(0, 5), min_size=1, max_size=40)


@given(labels)
@settings(max_examples=60)
def test_all_pairs_are_there_once(classes: list[int]) -> None:
    n = len(classes)
    same = set(
        zip(*(part.tolist() for part in verification.same_pairs(np.array(classes))), strict=True)
    )
    other = list(
        zip(
            *(part.tolist() for part in verification.different_pairs(np.array(classes))),
            strict=True,
        )
    )
    assert {frozenset(pair) for pair in same} == {
        frozenset((i, j)) for i in range(n) for j in range(i) if classes[i] == classes[j]
    }
    assert all(i != j for i, j in same)
    assert len(other) == len(set(other))
    assert set(other) == {(i, j) for i in range(n) for j in range(n) if classes[i] != classes[j]}


@given(labels, st.integers(1, 30))
@settings(max_examples=60)
def test_drawn_pairs_are_such_pairs_and_the_same_ones_again(classes: list[int], most: int) -> None:
    array = np.array(classes)
    for draw, alike in ((verification.same_pairs, True), (verification.different_pairs, False)):
        first, second = draw(array, most)
        assert len(first) <= max(most, 0)
        assert ((array[first] == array[second]) == alike).all() and (first != second).all()
        assert all((a == b).all() for a, b in zip((first, second), draw(array, most), strict=True))


def test_every_pair_is_as_likely_to_be_drawn() -> None:
    array = np.array([0] * 30 + [1] * 10 + [2] * 2)
    first, second = verification.same_pairs(array, 400)
    share = (array[first] == 0).mean()
    assert len(first) == 400 and share == pytest.approx(435 / (435 + 45 + 1), abs=0.05)

    first, second = verification.different_pairs(array, 400)
    mixed = ((array[first] == 0) & (array[second] == 1)) | (
        (array[first] == 1) & (array[second] == 0)
    )
    assert mixed.mean() == pytest.approx(300 / 380, abs=0.08)


def test_ten_thousand_pairs_are_evaluated_in_little_memory() -> None:
    import tracemalloc

    predictions = np.stack([points(4000, 16), points(4000, 16)], axis=1)
    tracemalloc.start()
    metrics = TASKS["matching"].compute_metrics(
        description(pairs=True), np.arange(4000), predictions
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert metrics["recall_at_1"] > 0.99 and metrics["auc"] > 0.99
    assert peak < 100 * 2**20  # all against all would be 16 million similarities and as many ranks
    assert not math.isnan(metrics["auc"])
