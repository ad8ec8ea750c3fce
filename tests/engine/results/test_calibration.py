"""Reliability, temperature and coverage on answers whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.learning.tasks import TASKS
from app.engine.results.calibration import (
    Confidences,
    coverage,
    fit_temperature,
    reliability,
    scaled,
)

CLASSES = TASKS["classification"]
TAGS = TASKS["multi-label"]


def honest(count: int, sharpness: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Returns targets drawn from softmax(logits), and predictions softmax(logits * sharpness)."""
    generator = np.random.default_rng(1)
    logits = generator.normal(size=(count, 3)) * 2
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    drawn = (generator.random((count, 1)) > shares.cumsum(1)).sum(1).clip(max=2)
    powers = np.exp(logits * sharpness)
    return drawn, (powers / powers.sum(1, keepdims=True)).astype(np.float32)


def test_an_honest_network_lies_on_the_diagonal_and_a_sure_one_below() -> None:
    fair = reliability(Confidences.of(CLASSES, *honest(20_000)))
    assert fair.error < 0.02 and fair.counts.sum() == 20_000
    assert fair.right == pytest.approx(fair.sure, abs=0.06)
    sure = reliability(Confidences.of(CLASSES, *honest(20_000, 3.0)))
    assert sure.error > 0.1 and (sure.sure[1:] > sure.right[1:]).all()


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_is_what_made_the_network_too_sure(sharpness: float) -> None:
    targets, predictions = honest(20_000, sharpness)
    temperature = fit_temperature(CLASSES, targets, predictions)
    assert temperature == pytest.approx(sharpness, rel=0.05)
    after = scaled(CLASSES, predictions, temperature)
    assert (after.argmax(1) == predictions.argmax(1)).all() and after.sum(1) == pytest.approx(1)
    assert reliability(Confidences.of(CLASSES, targets, after)).error < 0.02


def test_tags_are_scaled_one_by_one() -> None:
    generator = np.random.default_rng(2)
    logits = generator.normal(size=(5000, 4)) * 2
    tags = (generator.random((5000, 4)) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    predictions = (1 / (1 + np.exp(-2.5 * logits))).astype(np.float32)
    temperature = fit_temperature(TAGS, tags, predictions)
    assert temperature == pytest.approx(2.5, rel=0.05)
    after = scaled(TAGS, predictions, temperature)
    assert ((after >= 0.5) == (predictions >= 0.5)).all()
    assert len(Confidences.of(TAGS, tags, after).sure) == 20_000


def test_few_examples_fit_nothing() -> None:
    assert fit_temperature(CLASSES, *honest(10)) is None


def test_leaving_unsure_answers_open_raises_what_is_right() -> None:
    sure = np.array([0.9, 0.6, 0.6, 0.4])
    right = np.array([True, True, False, False])
    found = coverage(Confidences(sure, right))
    assert found.at(0.0) == (1.0, 0.5)
    assert found.at(0.5) == (0.75, pytest.approx(2 / 3))
    assert found.at(0.7) == (0.25, 1.0)
    assert found.at(0.95)[0] == 0.0
