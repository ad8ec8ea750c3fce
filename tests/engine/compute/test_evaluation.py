"""Evaluation is exact whatever the batches, and leaves no trace in the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from app.engine.compute.batches import HostInputs
from app.engine.compute.evaluation import Evaluation, evaluate
from app.engine.data.dataset import Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.learning.loss import LOSSES, LossFunction
from app.engine.learning.tasks import TASKS
from app.engine.runs.control import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

PREPARATION = ImagePreparation(6, 6, 1, "crop", (0.4,), (0.3,))
CPU = torch.device("cpu")
NAMES = ("a", "b", "c")


def network(outputs: int) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(64, outputs)
    )


def examples(count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    return random.integers(0, 256, (count, 1, 6, 6), dtype=np.uint8), random.integers(
        0, classes, count
    )


def loss(
    kind: str = "cross-entropy", counts: tuple[int, ...] = (5, 20, 9), **settings: object
) -> LossFunction:
    return LOSSES.get(kind)(**settings).build(counts, CPU)


def description(classes: int = 3) -> Description:
    counts = dict.fromkeys(("training", "validation", "test"), (5,) * classes)
    return Description("here", "arrays", (1, 6, 6), NAMES[:classes], counts, "0", PREPARATION)


def run_evaluation(
    net: nn.Module,
    inputs: np.ndarray,
    targets: np.ndarray,
    batch: int,
    function: LossFunction | None = None,
    task: str = "classification",
    check: Callable[[], None] = lambda: None,
    classes: int = 3,
) -> Evaluation:
    rows = HostInputs([inputs], np.arange(len(inputs)))
    return evaluate(
        net, description(classes), rows, targets, function or loss(), TASKS[task], CPU, batch, check
    )


@pytest.mark.parametrize("batch", [1, 4, 7, 19, 64])
@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_the_average_does_not_depend_on_the_batches(batch: int, weights: str) -> None:
    inputs, targets = examples(19, 3)
    net = network(3)
    function = loss(class_weights=weights)
    result = run_evaluation(net, inputs, targets, batch, function)
    net.eval()

    with torch.no_grad():
        outputs = net(PREPARATION.tensor(torch.from_numpy(inputs)))
        whole = float(function(outputs, torch.from_numpy(targets)))

    assert result.loss == pytest.approx(whole, rel=1e-5)
    np.testing.assert_allclose(result.predictions, outputs.softmax(1).numpy(), atol=1e-5)
    assert result.metrics["accuracy"] == pytest.approx(
        float((result.predictions.argmax(1) == targets).mean())
    )
    assert result.confusion is not None
    assert result.confusion.sum() == 19


def test_a_yes_or_no_has_two_probabilities() -> None:
    inputs, targets = examples(9, 2)
    function = loss("binary-cross-entropy", (4, 5))
    result = run_evaluation(
        network(1), inputs, targets, 4, function, "binary-classification", classes=2
    )
    assert result.predictions.shape == (9, 2)

    np.testing.assert_allclose(result.predictions.sum(1), 1, atol=1e-6)
    assert set(result.metrics) == {"accuracy", "f1", "auc", "macro_f1"}


def test_very_sure_answers_stay_finite() -> None:
    sure = TASKS["binary-classification"].predictions(
        description(2), torch.tensor([[300.0], [-300.0]]), torch.zeros(2)
    )
    assert sure.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_the_network_is_left_as_it_was() -> None:
    net = network(3).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    run_evaluation(net, *examples(10, 3), 4)
    assert net.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_a_read_only_map_is_evaluated_without_a_warning(tmp_path) -> None:
    inputs, targets = examples(8, 3)
    np.save(tmp_path / "inputs.npy", inputs)
    mapped = np.load(tmp_path / "inputs.npy", mmap_mode="r")
    first = run_evaluation(network(3), mapped, targets, 3)
    second = run_evaluation(network(3), inputs, targets, 3)

    assert first.loss == second.loss


def test_it_can_be_given_up_between_batches() -> None:
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Stopped

    net = network(3).train()
    with pytest.raises(Stopped):
        run_evaluation(net, *examples(12, 3), 4, check=check)

    assert len(calls) == 2
    assert net.training


def test_no_examples_have_no_figures() -> None:
    inputs, targets = examples(0, 3)
    result = run_evaluation(network(3), inputs, targets, 4)
    assert np.isnan(result.loss)
    assert result.metrics == {}
