"""Margins against naive ones, and every task that has them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from app.engine.learning.tasks import TASKS

B, K = 7, 4


def outputs(width: int) -> torch.Tensor:
    return torch.randn(B, width, generator=torch.Generator().manual_seed(3)) * 3


def test_of_classes_it_is_the_label_less_the_largest_other() -> None:
    logits, labels = outputs(K), torch.tensor([0, 1, 2, 3, 0, 1, 2])
    margins, losses, others = TASKS["classification"].margins(logits, labels)
    for row in range(B):
        rest = [float(logits[row, k]) for k in range(K) if k != labels[row]]
        assert margins[row] == pytest.approx(float(logits[row, labels[row]]) - max(rest))
        assert float(logits[row, int(others[row])]) == max(rest)

    assert torch.allclose(losses, functional.cross_entropy(logits, labels, reduction="none"))
    assert ((margins > 0) == (logits.argmax(1) == labels)).all()


def test_of_yes_or_no_it_is_the_logit_on_the_side_of_the_label() -> None:
    logits, labels = outputs(1), torch.tensor([0, 1, 0, 1, 0, 1, 0])
    margins, losses, others = TASKS["binary-classification"].margins(logits, labels)
    assert torch.equal(margins, torch.where(labels == 1, logits[:, 0], -logits[:, 0]))
    assert torch.equal(others.long(), 1 - labels)
    expected = functional.binary_cross_entropy_with_logits(
        logits[:, 0], labels.float(), reduction="none"
    )
    assert torch.allclose(losses, expected)


def test_of_tags_it_is_the_smallest_of_all() -> None:
    logits = outputs(K)
    tags = (outputs(K) > 0).float().flip(0)
    margins, losses, others = TASKS["multi-label"].margins(logits, tags)
    every = torch.where(tags > 0, logits, -logits)
    assert torch.equal(margins, every.min(dim=1).values)
    assert torch.equal(every[torch.arange(B), others.long()], margins)
    expected = functional.binary_cross_entropy_with_logits(logits, tags, reduction="none")
    assert torch.allclose(losses, expected.mean(dim=1), atol=1e-6)


def test_of_amounts_it_is_minus_the_squared_error() -> None:
    answers, truths = outputs(1), outputs(1).flip(0)
    margins, losses, others = TASKS["regression"].margins(answers, truths)
    assert torch.allclose(losses, (answers - truths)[:, 0].square())
    assert torch.equal(margins, -losses) and torch.equal(others, answers[:, 0])

    answers, truths = outputs(3), outputs(3).flip(0)
    _, _, others = TASKS["regression"].margins(answers, truths)
    assert np.array_equal(others, (answers - truths).abs().argmax(dim=1))


def test_tasks_without_labels_of_their_own_have_none() -> None:
    with_margins = {kind for kind, task in TASKS.items() if task.has_margins}
    assert with_margins == {
        "classification",
        "binary-classification",
        "multi-label",
        "soft-labels",
        "regression",
    }
    with pytest.raises(NotImplementedError):
        TASKS["matching"].margins(outputs(K), torch.zeros(B))
