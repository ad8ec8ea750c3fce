"""Order, sizes and random generators of batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import app.engine.learning.tasks as tasks
from app.engine.compute.batches import Batches, batch_count, shared_tensor
from app.engine.compute.randomness import Randomness, mix_seed
from app.engine.data.augmentation import Augmentation
from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.data.dataset import Dataset, Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer
from app.engine.training.validation import probe_positions
from tests.engine import tiny
from tests.engine.training.small import Listener, experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path

CPU = torch.device("cpu")


def _dataset(count: int) -> Dataset:
    preparation = ImagePreparation(4, 4, 1, "crop", (0.0,), (1 / 255,))
    description = Description(
        "", "", (1, 4, 4), ("a", "b"), {"training": (count, 0)}, "", preparation
    )
    inputs = (
        np.zeros((count, 1, 4, 4), np.uint8) + np.arange(count, dtype=np.uint8)[:, None, None, None]
    )
    inputs.flags.writeable = False

    return Dataset(description, inputs, np.arange(count) % 2, {"training": np.arange(count)})


def _batches(count: int, size: int, seed: int = 0, **augmentation: Any) -> Batches:
    data = _dataset(count)
    vary = Augmentation(AugmentationSettings(**({"flip": False, "shift": 0.0} | augmentation)))
    return Batches(data, size, vary, tasks.task("classification"), Randomness(seed, CPU), CPU)


@given(st.integers(1, 80), st.integers(1, 70))
@settings(max_examples=60)
def test_every_example_comes_once_an_epoch_and_none_alone(count: int, size: int) -> None:
    batches = _batches(count, size)
    batches.begin_epoch(1)
    parts = [batches.get(number) for number in range(batch_count(count, size))]
    examples = torch.cat([inputs[:, 0, 0, 0] for inputs, _ in parts]).round().long()

    assert sorted(examples.tolist()) == list(range(count))
    assert torch.equal(torch.cat([targets for _, targets in parts]), examples % 2)

    if size > 1 and count > 1:
        assert min(len(inputs) for inputs, _ in parts) > 1

    assert max(len(inputs) for inputs, _ in parts) <= size + 1


def test_the_order_follows_the_seed_and_the_epoch() -> None:
    def order(seed: int, epoch: int) -> list[float]:
        batches = _batches(50, 50, seed)
        batches.begin_epoch(epoch)
        return batches.get(0)[0][:, 0, 0, 0].tolist()

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2) and order(0, 1) != order(1, 1)


def test_the_random_numbers_of_a_step_follow_from_the_step_alone() -> None:
    def step(randomness: Randomness, epoch: int, number: int) -> tuple[float, float]:
        randomness.begin_step(epoch, number)
        return float(torch.rand(1, generator=randomness.augmentation)), float(torch.rand(1))

    first = Randomness(3, CPU)
    second = Randomness(3, CPU)

    for number in range(5):
        step(first, 1, number)

    assert step(first, 2, 9) == step(second, 2, 9) != step(second, 2, 8)
    assert len({mix_seed(*numbers) for numbers in [(0, 0), (0, 1), (1, 0), (1,), (0,), (-1,)]}) == 6


def test_read_only_arrays_are_shared_without_a_copy() -> None:
    array = np.arange(6, dtype=np.uint8)
    array.flags.writeable = False
    assert shared_tensor(array).data_ptr() == array.ctypes.data


def test_probes_take_the_classes_in_turn() -> None:
    targets = np.array([0] * 50 + [1] * 2 + [2] * 1)
    assert targets[probe_positions(targets, 6)].tolist() == [0, 1, 2, 0, 1, 0]
    assert len(probe_positions(np.array([0, 1]))) == 2


@pytest.mark.parametrize(("count", "size"), [(20, 16), (21, 2), (41, 64), (27, 13), (44, 3)])
def test_ragged_batches_train(count: int, size: int, tmp_path: Path) -> None:
    """The network normalises over a batch down to 1 × 1: a last batch of one example would fail."""
    requested = experiment(
        pictures(tmp_path / "a.npz", count, side=8),
        model={"template": "cnn", "depth": 3},
        training={"epochs": 1, "batch_size": size},
    )
    assert (
        trainer.train(
            requested, Run.create(tmp_path / "runs", requested), Listener(), Control()
        ).status
        == "completed"
    )


def test_a_batch_of_one_is_refused_before_training_where_it_cannot_be(tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"), training={"batch_size": 1, "epochs": 1})
    finished = trainer.train(
        requested, Run.create(tmp_path / "runs", requested), Listener(), Control()
    )
    assert finished.status == "failed" and "batch size of 1" in finished.failure[0].lower()
    requested = experiment(
        pictures(tmp_path / "a.npz", 40),
        model={"template": "convnext", "depth": 1},
        training={"batch_size": 1, "epochs": 1},
    )

    assert (
        trainer.train(
            requested, Run.create(tmp_path / "runs", requested), Listener(), Control()
        ).status
        == "completed"
    )


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("size", [16, 48, 20])
def test_rows_prepared_together_are_those_prepared_alone(
    task: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tiny.dataset(task, "row", 161)

    def made() -> Batches:
        vary = Augmentation(AugmentationSettings(flip=False, shift=0.0))
        return Batches(data, size, vary, tasks.task(task), Randomness(0, CPU), CPU)

    together = made()
    alone = made()
    monkeypatch.setattr("app.engine.compute.batches.PREPARED_BYTES", 4000)
    some = made()
    alone._per_group = 1
    assert (together._per_group > 1) == (size % 16 == 0)

    for epoch in (1, 2):
        for batches in (together, alone, some):
            batches.begin_epoch(epoch)
        # A run that goes on begins in the middle.
        for index in (*range(1, alone.count), 0):
            inputs, targets = alone.get(index)
            for batches in (together, some):
                found = batches.get(index)
                assert torch.equal(found[0], inputs) and torch.equal(found[1], targets)
                assert found[0].data_ptr() % 64 == 0

    assert alone.bytes <= some.bytes <= together.bytes


def test_what_is_drawn_is_drawn_batch_by_batch() -> None:
    data = tiny.dataset("reconstruction", "row", 64)
    vary = Augmentation(AugmentationSettings(flip=False, shift=0.0))
    batches = Batches(data, 16, vary, tasks.task("reconstruction"), Randomness(0, CPU), CPU)
    assert batches._per_group == 1
