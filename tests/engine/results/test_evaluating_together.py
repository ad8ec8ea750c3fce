"""The evaluation where examples are compared or damaged: portions, order, and repeated alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from app.engine.compute.batches import split_inputs
from app.engine.compute.evaluation import (
    USUAL_BATCH_SIZE,
    Evaluation,
    evaluate,
    evaluation_batch_size,
)
from app.engine.learning.loss import LOSSES
from app.engine.learning.tasks import TASKS
from models.shape import Input, Problem
from tests.engine import tiny

CPU = torch.device("cpu")


class Listening(nn.Module):
    """Answers with the first numbers of a row, and keeps what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.batches.append(x)
        return x[:, :4]


def evaluated(
    kind: str, loss: str, batch_size: int, network: nn.Module, targets: Any = None
) -> Evaluation:
    data = tiny.dataset(kind, "row", validated=18)
    chosen = data.targets[data.indices["validation"]] if targets is None else targets
    function = LOSSES.get(loss)().build((8, 8, 8), CPU, 24)
    inputs = split_inputs(data, "validation", CPU)

    return evaluate(
        network, data.description, inputs, chosen, function, TASKS[kind], CPU, batch_size
    )


def test_what_is_compared_is_mixed_and_comes_in_even_portions() -> None:
    sorted_by_class = np.repeat([0, 1, 2], 6)
    network = Listening()
    evaluated("metric-learning", "supervised-contrastive", 8, network, sorted_by_class)
    assert [len(batch) for batch in network.batches] == [6, 6, 6]

    data = tiny.dataset("metric-learning", "row", validated=18)
    rows = data.inputs[data.indices["validation"]]
    prepared = data.description.preparation.tensor(torch.from_numpy(rows.copy()))
    back = {row.numpy().tobytes(): number for number, row in enumerate(prepared)}
    assert len(back) == 18

    classes = [
        {int(sorted_by_class[back[row.numpy().tobytes()]]) for row in batch}
        for batch in network.batches
    ]
    # as they stand, every portion would be one class
    assert sum(len(in_batch) > 1 for in_batch in classes) >= 2


def test_answers_come_back_in_the_order_of_the_examples() -> None:
    data = tiny.dataset("metric-learning", "row", validated=18)
    rows = torch.from_numpy(data.inputs[data.indices["validation"]].copy())

    expected = nn.functional.normalize(data.description.preparation.tensor(rows)[:, :4], dim=1)
    for size in (4, 7, 18, 64):
        evaluation = evaluated("metric-learning", "triplet", size, Listening())
        np.testing.assert_allclose(evaluation.predictions, expected.numpy(), atol=1e-6)
        assert (evaluation.targets == data.targets[data.indices["validation"]]).all()


def test_judging_again_says_the_same() -> None:
    for kind, loss in (("metric-learning", "supervised-contrastive"), ("reconstruction", "l2")):
        first, second = (evaluated(kind, loss, 7, Listening()) for _ in range(2))
        assert first.loss == second.loss and np.array_equal(first.predictions, second.predictions)


@pytest.mark.parametrize(
    ("loss", "batch_size", "expected"),
    [
        ("l2", 16, USUAL_BATCH_SIZE),
        ("l2", 500, 500),
        ("triplet", 16, 16),
        ("supervised-contrastive", 500, 500),
    ],
)
def test_examples_that_are_compared_are_judged_in_portions_as_in_training(
    loss: str, batch_size: int, expected: int
) -> None:
    function = LOSSES.get(loss)().build((5,), CPU, 5)
    assert evaluation_batch_size(Problem("row", (5,), 3, 100), function, batch_size) == expected


def test_wide_answers_after_every_token_are_judged_in_small_portions() -> None:
    function = LOSSES.get("cross-entropy")().build((5,), CPU, 5)
    text = Input("text", (256,), vocabulary=4096)
    assert evaluation_batch_size(Problem.of((text,), 4096, 100, "tokens"), function, 16) == 16
    assert evaluation_batch_size(Problem.of((text,), 4096, 100, "tokens"), function, 4) == 16
    assert (
        evaluation_batch_size(Problem.of((text,), 257, 100, "tokens"), function, 4)
        == USUAL_BATCH_SIZE
    )
