"""Gradients in parts are those of the whole; float16 is scaled and goes on to the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from app.engine.compute.passes import Passes
from app.engine.learning.loss import LOSSES
from app.engine.runs import history
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.training import build, trainer
from app.engine.training.plan import plan_training
from tests.engine.training.small import Listener, at_step, experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = {"template": "vit", "depth": 1, "dropout": 0.0, "stem": "patches"}
"""A network without normalisation over the batch."""


def gradients(work: build.TrainState) -> tuple[float, list[torch.Tensor]]:
    work.network.train()
    work.randomness.begin_step(1, 0)
    work.batches.begin_epoch(1)
    loss = work.passes(*work.batches.get(0))

    return float(loss), [parameter.grad.clone() for parameter in work.network.parameters()]


def assemble(source: Path, **sections: Any) -> build.TrainState:
    requested = experiment(source, **sections)
    return build.assemble(
        plan_training(requested, lambda event: None, Control(), open_dataset(requested.data))
    )


@pytest.mark.parametrize("parts", [2, 3, 6])
@pytest.mark.parametrize("loss", [{}, {"class_weights": "balanced", "label_smoothing": 0.1}])
def test_gradients_in_parts_are_those_of_one_batch(parts: int, loss: dict, tmp_path: Path) -> None:
    source = pictures(tmp_path / "a.npz", 90, classes=3)
    whole = assemble(
        source,
        model=PLAIN,
        loss={"kind": "cross-entropy", **loss},
        training={"batch_size": 48, "precision": "float32"},
    )

    cut = assemble(
        source,
        model=PLAIN,
        loss={"kind": "cross-entropy", **loss},
        training={"batch_size": 48 // parts, "accumulation": parts, "precision": "float32"},
    )
    assert cut.batches.count == whole.batches.count and cut.passes.part_size == 48 // parts
    loss_whole, expected = gradients(whole)
    loss_cut, gradients_cut = gradients(cut)

    assert loss_cut == pytest.approx(loss_whole, abs=1e-6)
    for gradient, reference in zip(gradients_cut, expected, strict=True):
        torch.testing.assert_close(gradient, reference, rtol=0, atol=1e-6)


def outputs_and_targets(task: str, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    if task == "language-modelling":
        targets = torch.randint(0, 7, (size, 5), generator=generator)
        targets[::3, 3:] = -100  # texts of different length
        return torch.randn(size, 5, 7, generator=generator), targets

    if task == "binary-classification":
        return torch.randn(size, 1, generator=generator), torch.randint(
            0, 2, (size,), generator=generator
        )
    if task == "multi-label":
        return torch.randn(size, 3, generator=generator), torch.randint(
            0, 2, (size, 3), generator=generator
        ).float()
    if task in ("regression", "reconstruction"):
        return torch.randn(size, 3, generator=generator), torch.randn(size, 3, generator=generator)

    return torch.randn(size, 3, generator=generator), torch.randint(
        0, 3, (size,), generator=generator
    )


class Bias(torch.nn.Module):
    """Returns its input and a learned number beside, whose gradient is that of the mean loss."""

    def __init__(self, form: torch.Size) -> None:
        super().__init__()
        self.bias = torch.nn.Parameter(torch.zeros(form))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.bias


SINGLE = [
    (loss.kind, task)
    for loss in LOSSES.all()
    for task in loss.tasks
    if task not in ("matching", "metric-learning")
]


@pytest.mark.parametrize(("kind", "task"), SINGLE)
def test_every_loss_of_single_examples_adds_up(kind: str, task: str) -> None:
    """Parts may be uneven, or have fewer tokens than others."""
    loss = LOSSES.get(kind)().build((9, 4, 12), torch.device("cpu"), 25)
    assert not loss.compares
    outputs, targets = outputs_and_targets(task, 25)

    results = []
    for size in (25, 8):
        network = Bias(outputs.shape[1:])
        value = Passes(network, loss, torch.device("cpu"), None, size)(outputs, targets)
        results.append((value, network.bias.grad))

    torch.testing.assert_close(results[0], results[1], rtol=0, atol=1e-6)


def test_one_example_left_over_does_not_cut_a_batch() -> None:
    sizes: list[int] = []

    class Counting(Bias):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            sizes.append(len(x))
            return super().forward(x)

    outputs, targets = outputs_and_targets("classification", 25)
    loss = LOSSES.get("cross-entropy")().build((9, 4, 12), torch.device("cpu"), 25)

    network = Counting(outputs.shape[1:])
    for size in (24, 12, 23, 10):
        Passes(network, loss, torch.device("cpu"), None, size)(outputs, targets)

    assert sizes == [25, 12, 13, 12, 13, 8, 8, 9]
    sizes.clear()
    Passes(network, loss, torch.device("cpu"), None, 2)(outputs, targets)
    assert sizes == [2] * 11 + [3]


def test_a_run_with_accumulation_does_the_steps_of_the_large_batch(tmp_path: Path) -> None:
    source = pictures(tmp_path / "a.npz")
    base = {"model": PLAIN, "training": {"batch_size": 32, "precision": "float32"}}
    cut = base | {"training": {"batch_size": 8, "accumulation": 4, "precision": "float32"}}

    losses = []
    for sections in (base, cut):
        requested = experiment(source, **sections)
        run = Run.create(tmp_path / "runs", requested)
        assert trainer.train(requested, run, Listener(), Control()).status == "completed"
        losses.append(history.read_history(run.path).losses)

    assert len(losses[0]) == len(losses[1])
    assert losses[1] == pytest.approx(
        losses[0], rel=2e-3
    )  # Adam's division enlarges the last bits at first


def test_float16_scales_its_loss_and_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    requested = experiment(
        pictures(tmp_path / "a.npz", 60), training={"precision": "float16", "epochs": 3}
    )
    whole = Run.create(tmp_path / "runs", requested)
    reference = trainer.train(requested, whole, Listener(), Control())
    assert reference.status == "completed" and whole.environment()["precision"] == "float16"

    losses = history.read_history(whole.path).losses
    assert losses[-3:].mean() < losses[:3].mean()
    run = Run.create(tmp_path / "runs", requested)

    control = Control()
    with at_step(4, control.stop):
        trainer.train(requested, run, Listener(), control)

    assert (
        trainer.resume(run, Listener(), Control()).summary["weights_sha256"]
        == reference.summary["weights_sha256"]
    )


def test_a_gradient_that_overflows_in_float16_costs_a_step_and_no_weight() -> None:
    network = Bias(torch.Size((3,)))
    outputs, targets = outputs_and_targets("classification", 8)
    loss = LOSSES.get("cross-entropy")().build((3, 3, 2), torch.device("cpu"), 8)
    passes = Passes(network, loss, torch.device("cpu"), torch.float16, 8)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    passes(outputs, targets)
    before = network.bias.detach().clone()
    scale = passes.scale_state()["scale"]
    assert network.bias.grad is not None

    network.bias.grad.fill_(float("inf"))
    passes.unscale(optimizer)
    passes.step(optimizer)
    assert torch.equal(network.bias, before) and passes.scale_state()["scale"] == scale / 2

    other = Passes(network, loss, torch.device("cpu"), torch.float16, 8)
    other.load_scale(passes.scale_state())
    assert other.scale_state() == passes.scale_state()

    passes(outputs, targets)
    passes.unscale(optimizer)
    expected = torch.softmax(outputs, 1) - torch.nn.functional.one_hot(targets, 3)
    torch.testing.assert_close(network.bias.grad, expected.mean(0), rtol=1e-3, atol=1e-3)
    passes.step(optimizer)
    assert not torch.equal(network.bias, before)
