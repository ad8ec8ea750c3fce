"""Losses agree with PyTorch's functional forms, and their averages are exact over a data set."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from app.engine.learning.loss import LOSSES, LossFunction
from app.engine.learning.losses.cross_entropy import balanced_weights

CPU = torch.device("cpu")


def over_batches(
    loss: LossFunction, outputs: torch.Tensor, targets: torch.Tensor, size: int
) -> torch.Tensor:
    """Returns the mean over a data set, from batches of a size and a short last one."""
    parts = [
        loss.totals(o, t) for o, t in zip(outputs.split(size), targets.split(size), strict=True)
    ]
    return sum(total for total, _ in parts) / sum(weight for _, weight in parts)


@pytest.mark.parametrize("weights", ["none", "balanced"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy(weights: str, smoothing: float) -> None:
    torch.manual_seed(0)
    outputs = torch.randn(37, 4)
    targets = torch.randint(0, 4, (37,))
    counts = (5, 50, 20, 25)
    loss = LOSSES.get("cross-entropy")(label_smoothing=smoothing, class_weights=weights).build(
        counts, CPU
    )
    weight = torch.tensor(balanced_weights(counts)) if weights == "balanced" else None
    expected = functional.cross_entropy(outputs, targets, weight=weight, label_smoothing=smoothing)
    torch.testing.assert_close(loss(outputs, targets), expected, rtol=1e-6, atol=1e-6)
    parts = [loss.totals(o, t) for o, t in zip(outputs.split(10), targets.split(10), strict=True)]
    exact = sum(total for total, _ in parts) / sum(count for _, count in parts)
    torch.testing.assert_close(exact, expected, rtol=1e-6, atol=1e-6)


def test_a_short_last_batch_counts_for_what_it_is() -> None:
    loss = LOSSES.get("cross-entropy")(label_smoothing=0.0).build((1, 1), CPU)
    good = torch.tensor([[9.0, 0.0]] * 9)
    bad = torch.tensor([[0.0, 9.0]])
    targets = torch.zeros(10, dtype=torch.long)
    totals = [loss.totals(good, targets[:9]), loss.totals(bad, targets[9:])]
    mean = sum(t for t, _ in totals) / sum(c for _, c in totals)
    torch.testing.assert_close(mean, loss(torch.cat([good, bad]), targets))


@pytest.mark.parametrize("weight", [None, 3.0])
def test_binary_cross_entropy(weight: float | None) -> None:
    torch.manual_seed(0)
    outputs = torch.randn(23, 1)
    targets = torch.randint(0, 2, (23,))
    loss = LOSSES.get("binary-cross-entropy")(positive_weight=weight).build((10, 13), CPU)
    expected = functional.binary_cross_entropy_with_logits(
        outputs[:, 0], targets.float(), pos_weight=torch.tensor(weight or 1.0)
    )
    torch.testing.assert_close(loss(outputs, targets), expected, rtol=1e-6, atol=1e-6)


def test_balanced_weights_give_classes_the_same_weight() -> None:
    counts = (90, 10, 0)
    weights = balanced_weights(counts)
    assert weights[0] * 90 == pytest.approx(weights[1] * 10)
    assert weights[2] == 0.0
    assert sum(w * c for w, c in zip(weights, counts, strict=True)) == pytest.approx(100)


@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_binary_cross_entropy_of_tags(weights: str) -> None:
    torch.manual_seed(0)
    outputs = torch.randn(23, 3)
    targets = torch.randint(0, 2, (23, 3)).float()
    loss = LOSSES.get("binary-cross-entropy")(class_weights=weights).build((5, 20, 0), CPU, 40)
    weight = torch.tensor([35 / 5, 20 / 20, 1.0]) if weights == "balanced" else None
    expected = functional.binary_cross_entropy_with_logits(outputs, targets, pos_weight=weight)
    torch.testing.assert_close(loss(outputs, targets), expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(
        over_batches(loss, outputs, targets, 10), expected, rtol=1e-6, atol=1e-6
    )


def test_two_tags_are_not_mistaken_for_yes_and_no() -> None:
    """Of 40, (30, 10): as classes, yes weighs 3; as tags, the first weighs 1/3 and the second 3."""
    loss = LOSSES.get("binary-cross-entropy")(class_weights="balanced").build((30, 10), CPU, 40)
    zeros = torch.zeros(1, 2)
    assert loss(zeros[:, :1], torch.tensor([1])).item() == pytest.approx(3 * np.log(2))
    assert loss(zeros, torch.tensor([[1.0, 0.0]])).item() == pytest.approx(
        (1 / 3 + 1) / 2 * np.log(2)
    )
    assert loss(zeros, torch.tensor([[0.0, 1.0]])).item() == pytest.approx((1 + 3) / 2 * np.log(2))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_of_tokens_ignores_padding(smoothing: float) -> None:
    torch.manual_seed(0)
    outputs = torch.randn(7, 5, 11)
    targets = torch.randint(1, 11, (7, 5))
    targets[1, 2:] = targets[4] = targets[6, 4:] = -100
    loss = LOSSES.get("cross-entropy")(label_smoothing=smoothing).build((7,), CPU)
    there = targets != -100
    expected = functional.cross_entropy(outputs[there], targets[there], label_smoothing=smoothing)
    torch.testing.assert_close(loss(outputs, targets), expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(
        over_batches(loss, outputs, targets, 3), expected, rtol=1e-6, atol=1e-6
    )
    changed = torch.where(there[..., None], outputs, torch.randn_like(outputs))
    assert torch.equal(loss(changed, targets), loss(outputs, targets))


def test_a_batch_of_padding_alone_costs_nothing() -> None:
    outputs = torch.randn(2, 3, 5, requires_grad=True)
    loss = LOSSES.get("cross-entropy")().build((7,), CPU)(outputs, torch.full((2, 3), -100))
    loss.backward()
    assert loss.item() == 0.0 and not outputs.grad.any()


REFERENCES = {
    "l1": (functional.l1_loss, {}),
    "l2": (functional.mse_loss, {}),
    "huber": (lambda o, t: functional.huber_loss(o, t, delta=0.7), {"delta": 0.7}),
}


@pytest.mark.parametrize("kind", REFERENCES)
@pytest.mark.parametrize("shape", [(23, 1), (23, 3), (11, 3, 4, 5), (11, 2, 7)])
def test_losses_on_differences(kind: str, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    outputs = torch.randn(shape)
    targets = torch.randn(shape)
    reference, settings = REFERENCES[kind]
    loss = LOSSES.get(kind)(**settings).build((23,), CPU)
    expected = reference(outputs, targets)
    torch.testing.assert_close(loss(outputs, targets), expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(
        over_batches(loss, outputs, targets, 5), expected, rtol=1e-6, atol=1e-6
    )


lists_of_errors = st.lists(
    st.floats(-50, 50, width=32, allow_subnormal=False), min_size=1, max_size=20
)


@given(lists_of_errors, st.sampled_from(sorted(REFERENCES)))
@settings(max_examples=60)
def test_what_is_drawn_is_the_loss(errors: list[float], kind: str) -> None:
    choice = LOSSES.get(kind)(**REFERENCES[kind][1])
    outputs = torch.tensor(errors, dtype=torch.float32)[:, None]
    loss = choice.build((1,), CPU)
    each = torch.stack([loss(output[None], torch.zeros(1, 1)) for output in outputs])
    np.testing.assert_allclose(
        choice.curve(np.array(errors)), each.detach().numpy(), rtol=1e-5, atol=1e-6
    )


def test_only_losses_on_differences_have_a_curve() -> None:
    with_a_curve = {
        choice.kind for choice in LOSSES.all() if choice().curve(np.zeros(3)) is not None
    }
    assert with_a_curve == {choice.kind for choice in LOSSES.all() if choice.picture == "distance"}


@pytest.mark.parametrize("choice", LOSSES.all(), ids=lambda choice: choice.kind)
def test_every_loss_says_what_it_is(choice: type) -> None:
    assert choice.tasks
    for text in (choice.summary, choice.explanation):
        assert text.endswith(".") or text.endswith("?")
        assert "!" not in text


def test_cross_entropy_of_shares_is_the_mean_over_the_classes() -> None:
    """Softly labelled examples cost the mean of what their classes would, by the shares."""
    from app.engine.learning.losses.cross_entropy import CrossEntropy

    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(5, 3, generator=generator)
    shares = torch.rand(5, 3, generator=generator)
    shares /= shares.sum(dim=1, keepdim=True)
    function = CrossEntropy().build((5, 5, 5), torch.device("cpu"), 15)

    expected = -(shares * outputs.log_softmax(dim=1)).sum(dim=1)
    torch.testing.assert_close(function(outputs, shares), expected.mean())
    total, weight = function.totals(outputs, shares)
    torch.testing.assert_close(total, expected.sum())
    assert float(weight) == float(function.weight(shares)) == 5

    balanced = CrossEntropy(class_weights="balanced").build((8, 1, 1), torch.device("cpu"), 10)
    total, weight = balanced.totals(outputs, shares)
    torch.testing.assert_close(balanced(outputs, shares), total / weight)
