"""Losses agree with PyTorch's functional forms, and their averages are exact over a data set."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from app.engine.learning.choices import LOSSES
from app.engine.learning.losses.cross_entropy import balanced_weights

CPU = torch.device("cpu")


@pytest.mark.parametrize("weights", ["none", "balanced"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy(weights: str, smoothing: float) -> None:
    torch.manual_seed(0)
    outputs, targets, counts = torch.randn(37, 4), torch.randint(0, 4, (37,)), (5, 50, 20, 25)
    loss = LOSSES.get("cross-entropy")(label_smoothing=smoothing, class_weights=weights).build(counts, CPU)
    weight = torch.tensor(balanced_weights(counts)) if weights == "balanced" else None
    expected = functional.cross_entropy(outputs, targets, weight=weight, label_smoothing=smoothing)
    torch.testing.assert_close(loss(outputs, targets), expected, rtol=1e-6, atol=1e-6)
    parts = [loss.totals(o, t) for o, t in zip(outputs.split(10), targets.split(10), strict=True)]
    exact = sum(total for total, _ in parts) / sum(count for _, count in parts)
    torch.testing.assert_close(exact, expected, rtol=1e-6, atol=1e-6)


def test_a_short_last_batch_counts_for_what_it_is() -> None:
    loss = LOSSES.get("cross-entropy")(label_smoothing=0.0).build((1, 1), CPU)
    good, bad = torch.tensor([[9.0, 0.0]] * 9), torch.tensor([[0.0, 9.0]])
    targets = torch.zeros(10, dtype=torch.long)
    totals = [loss.totals(good, targets[:9]), loss.totals(bad, targets[9:])]
    mean = sum(t for t, _ in totals) / sum(c for _, c in totals)
    torch.testing.assert_close(mean, loss(torch.cat([good, bad]), targets))


@pytest.mark.parametrize("weight", [None, 3.0])
def test_binary_cross_entropy(weight: float | None) -> None:
    torch.manual_seed(0)
    outputs, targets = torch.randn(23, 1), torch.randint(0, 2, (23,))
    loss = LOSSES.get("binary-cross-entropy")(positive_weight=weight).build((10, 13), CPU)
    expected = functional.binary_cross_entropy_with_logits(
        outputs[:, 0], targets.float(), pos_weight=torch.tensor(weight or 1.0)
    )
    torch.testing.assert_close(loss(outputs, targets), expected, rtol=1e-6, atol=1e-6)


def test_balanced_weights_make_classes_weigh_the_same() -> None:
    counts = (90, 10, 0)
    weights = balanced_weights(counts)
    assert weights[0] * 90 == pytest.approx(weights[1] * 10)
    assert weights[2] == 0.0
    assert sum(w * c for w, c in zip(weights, counts, strict=True)) == pytest.approx(100)
