"""Losses on points in space agree with their papers' formulas, and are always finite."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from app.engine.compute.fake_tensors import fake_tensors
from app.engine.learning.loss import LOSSES, LossFunction

CPU = torch.device("cpu")
PAIRS = ["symmetric-cross-entropy", "nt-xent", "triplet"]
CLASSES = ["supervised-contrastive", "triplet"]


def build_loss(kind: str, **settings: object) -> LossFunction:
    return LOSSES.get(kind)(**settings).build((8, 8), CPU, 16)


def pairs(count: int, size: int = 6, scale: float = 5.0) -> torch.Tensor:
    """Returns outputs of two towers: both of length 1, the first times the temperature's factor."""
    points = functional.normalize(torch.randn(count, 2, size), dim=2)
    return points * torch.tensor([scale, 1.0])[:, None]


def test_clip() -> None:
    """The reference is figure 3 of Radford et al. 2021."""
    torch.manual_seed(0)
    outputs = pairs(13)
    logits = outputs[:, 0] @ outputs[:, 1].T
    labels = torch.arange(13)
    expected = (
        functional.cross_entropy(logits, labels) + functional.cross_entropy(logits.T, labels)
    ) / 2
    torch.testing.assert_close(
        build_loss("symmetric-cross-entropy")(outputs, labels), expected, rtol=1e-6, atol=1e-6
    )


def test_a_partner_that_is_the_same_is_right_too() -> None:
    """Two pictures have one text: whichever of them is predicted, the loss is zero."""
    near = [1.0, 0.0]
    far = [0.0, 1.0]
    outputs = (
        torch.tensor([[near, near], [near, near], [far, far]]) * torch.tensor([100.0, 1.0])[:, None]
    )
    loss = build_loss("symmetric-cross-entropy")

    assert loss(outputs, torch.tensor([7, 7, 2])).item() == pytest.approx(0, abs=1e-6)
    assert loss(outputs, torch.tensor([7, 8, 2])).item() > 0.4


def test_a_partner_that_is_the_same_adds_its_probability() -> None:
    torch.manual_seed(0)
    outputs = pairs(9)
    targets = torch.tensor([0, 1, 2, 0, 3, 4, 1, 5, 0])
    logits = outputs[:, 0] @ outputs[:, 1].T
    right = (targets[:, None] == targets[None]).float()
    there = logits.softmax(1)
    back = logits.softmax(0)
    expected = -((there * right).sum(1).log() + (back * right).sum(0).log()).mean() / 2
    torch.testing.assert_close(
        build_loss("symmetric-cross-entropy")(outputs, targets), expected, rtol=1e-6, atol=1e-6
    )


def test_nt_xent() -> None:
    """The reference is equation 1 of Chen et al. 2020, over all 2N; it has no learned factor."""
    torch.manual_seed(0)
    outputs = pairs(8)
    heat = 0.3
    z = functional.normalize(torch.cat([outputs[:, 0], outputs[:, 1]]), dim=1)

    expected = 0.0
    for i in range(16):
        partner = (i + 8) % 16
        others = sum(math.exp(float(z[i] @ z[k]) / heat) for k in range(16) if k != i)
        expected -= math.log(math.exp(float(z[i] @ z[partner]) / heat) / others) / 16

    loss = build_loss("nt-xent", temperature=heat)
    assert loss(outputs, torch.arange(8)).item() == pytest.approx(expected, rel=1e-5)
    assert loss(outputs * 3, torch.arange(8)).item() == pytest.approx(expected, rel=1e-5)


def test_nt_xent_leaves_pairs_with_the_same_partner_out() -> None:
    torch.manual_seed(0)
    outputs = pairs(5)
    twice = torch.cat([outputs, outputs[:1]])
    loss = build_loss("nt-xent")
    targets = torch.tensor([0, 1, 2, 3, 4, 0])
    each, _ = loss.per_example(twice, targets)
    alone, _ = loss.per_example(outputs, targets[:5])
    torch.testing.assert_close(each[0], alone[0], rtol=1e-6, atol=1e-6)

    assert each[1] > alone[1]


def test_supervised_contrastive() -> None:
    """The reference is equation 2 of Khosla et al. 2020, over the anchors that have positives."""
    torch.manual_seed(0)
    outputs = torch.randn(12, 5)
    heat = 0.2
    targets = torch.tensor([0, 1, 1, 2, 0, 2, 2, 3, 1, 0, 2, 4])
    z = functional.normalize(outputs, dim=1)

    costs = []
    for i in range(12):
        same = [p for p in range(12) if p != i and targets[p] == targets[i]]
        if same:
            others = sum(math.exp(float(z[i] @ z[a]) / heat) for a in range(12) if a != i)
            costs.append(
                -sum(math.log(math.exp(float(z[i] @ z[p]) / heat) / others) for p in same)
                / len(same)
            )

    loss = build_loss("supervised-contrastive", temperature=heat)
    assert loss(outputs, targets).item() == pytest.approx(sum(costs) / len(costs), rel=1e-5)
    assert loss.totals(outputs, targets)[1].item() == len(costs) == 10


@pytest.mark.parametrize("hardest", [False, True])
@pytest.mark.parametrize("margin", [0.2, 1.5])
def test_triplets_of_classes(hardest: bool, margin: float) -> None:
    """The reference is PyTorch's own loss on every triplet.

    An anchor's loss is the mean, or that of the worst positive against the worst negative.
    """
    torch.manual_seed(0)
    outputs = torch.randn(14, 4)
    targets = torch.tensor([0, 1, 1, 2, 0, 2, 2, 3, 1, 0, 2, 1, 0, 4])
    z = functional.normalize(outputs, dim=1)

    def cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return 1 - (a * b).sum(-1)

    each = []
    for a in range(14):
        right = [p for p in range(14) if p != a and targets[p] == targets[a]]
        wrong = [n for n in range(14) if targets[n] != targets[a]]
        if hardest and right:
            right = [max(right, key=lambda p: float(cosine(z[a], z[p])))]
            wrong = [min(wrong, key=lambda n: float(cosine(z[a], z[n])))]

        losses = [
            functional.triplet_margin_with_distance_loss(
                z[a : a + 1], z[p : p + 1], z[n : n + 1], distance_function=cosine, margin=margin
            )
            for p in right
            for n in wrong
        ]
        if losses:
            each.append(torch.stack(losses).mean())

    loss = build_loss("triplet", margin=margin, triplets="hardest" if hardest else "all")
    torch.testing.assert_close(
        loss(outputs, targets), torch.stack(each).mean(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("hardest", [False, True])
def test_triplets_of_pairs_look_both_ways(hardest: bool) -> None:
    torch.manual_seed(0)
    outputs = pairs(7)
    targets = torch.tensor([0, 1, 2, 0, 3, 4, 5])
    z = functional.normalize(outputs, dim=2)
    far = 1 - z[:, 0] @ z[:, 1].T

    each = []
    for table in (far, far.T):
        for a in range(7):
            wrong = torch.stack([table[a, n] for n in range(7) if targets[n] != targets[a]])
            costs = torch.relu(0.4 + table[a, a] - wrong)
            each.append(costs.max() if hardest else costs.mean())

    loss = build_loss("triplet", margin=0.4, triplets="hardest" if hardest else "all")
    torch.testing.assert_close(
        loss(outputs, targets), torch.stack(each).mean(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("targets", [[0], [0, 0], [0, 1], [3, 3, 3]])
def test_few_pairs_or_equal_ones_stay_finite(kind: str, targets: list[int]) -> None:
    outputs = pairs(len(targets)).requires_grad_()
    loss = build_loss(kind)(outputs, torch.tensor(targets))
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(outputs.grad).all()

    if len(set(targets)) == 1:
        assert loss.item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("settings", [{}, {"triplets": "hardest"}])
@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("targets", [[0], [0, 0], [0, 1], [1, 2, 3, 4]])
def test_batches_without_equals_stay_finite(
    kind: str, targets: list[int], settings: dict[str, str]
) -> None:
    outputs = torch.randn(len(targets), 3).requires_grad_()
    loss = build_loss(kind, **(settings if kind == "triplet" else {}))(
        outputs, torch.tensor(targets)
    )
    loss.backward()
    assert loss.item() == 0.0 and torch.isfinite(outputs.grad).all()


@pytest.mark.parametrize("kind", [*PAIRS, *CLASSES])
def test_points_at_the_origin_have_a_gradient(kind: str) -> None:
    outputs = torch.zeros((4, 2, 3) if kind in PAIRS else (4, 3)).requires_grad_()
    loss = build_loss(kind)(outputs, torch.tensor([0, 1, 0, 1]))
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(outputs.grad).all()


@pytest.mark.parametrize("kind", [*PAIRS, *CLASSES])
def test_the_memory_can_be_known_without_numbers(kind: str) -> None:
    with fake_tensors():
        outputs = torch.zeros((4, 2, 3) if kind in PAIRS else (4, 3))
        assert build_loss(kind)(outputs, torch.zeros(4, dtype=torch.int64)).shape == ()


@pytest.mark.parametrize("kind", [*PAIRS, *CLASSES])
def test_half_precision_is_left_outside(kind: str) -> None:
    torch.manual_seed(0)
    outputs = pairs(20, 8) if kind in PAIRS else torch.randn(20, 8)

    targets = torch.arange(20) if kind in PAIRS else torch.arange(20) % 5
    with torch.autocast("cpu", torch.bfloat16):
        coarse = build_loss(kind)(outputs, targets)

    assert torch.equal(coarse, build_loss(kind)(outputs, targets))
