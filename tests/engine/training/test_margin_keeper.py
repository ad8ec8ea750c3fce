"""The margins that a run keeps: of every example, in the order of the data, to the same bits."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from app.engine.compute import kept_outputs
from app.engine.results.predictor import Predictor
from app.engine.results.run_data import run_data
from app.engine.runs.control import Control
from app.engine.runs.margins import margin_files
from app.engine.runs.margins.margin_files import read_margins, read_sums
from app.engine.runs.run import Run
from app.engine.runs.storage.manifest import RunFileError
from app.engine.training import trainer
from tests.engine import tiny
from tests.engine.training.small import Listener, at_step, experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment

STILL = {
    "augmentation": {"flip": False, "shift": 0.0, "rotate": 0.0, "light": 0.0, "erase": 0.0},
    "model": {"template": "mlp", "width": 16, "depth": 1, "dropout": 0.0},
}


def trained(folder: Path, requested: Experiment) -> Run:
    run = Run.create(folder, requested)
    finished = trainer.train(requested, run, Listener(), Control())
    assert finished.status == "completed", finished.reason
    return run


def test_a_single_step_an_epoch_gives_the_margins_of_the_weights_before_it(tmp_path: Path) -> None:
    """With all examples in one batch the first epoch sees the first weights, and none other."""
    source = pictures(tmp_path / "a.npz", 60)
    frozen = {"learning_rate": 1e-9, "kind": "sgd"}
    requested = experiment(
        source, **STILL, optimizer=frozen, training={"epochs": 3, "batch_size": 64}
    )
    run = trained(tmp_path / "runs", requested)
    sums = read_sums(run.path)
    assert sums is not None and sums.epochs == 3

    predictor = Predictor.load(run)
    dataset = run_data(run, predictor.description, "")
    assert np.array_equal(sums.rows, dataset.indices["training"])
    logits = torch.from_numpy(predictor.logits(dataset.inputs[sums.rows]))
    labels = torch.from_numpy(dataset.targets[sums.rows])
    margins, losses, others = predictor.task.margins(logits, labels).numpy()
    assert sums.area == pytest.approx(margins, abs=1e-4)
    assert sums.loss == pytest.approx(losses, abs=1e-4)
    assert np.array_equal(sums.learned, margins > 0)
    assert np.array_equal(sums.other[margins < 0], others[margins < 0])
    assert np.isnan(sums.other[margins > 0]).all()

    every = read_margins(run.path, sums)
    assert every is not None and every.shape == (3, len(sums.rows)) and every.dtype == np.float16
    assert every.astype(float).mean(axis=0) == pytest.approx(sums.area, abs=5e-3)


def test_stopped_anywhere_and_resumed_they_have_the_same_bits(tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"), training={"epochs": 3})
    whole = trained(tmp_path / "runs", requested)
    per_epoch = whole.summary()["steps"] // 3
    run = Run.create(tmp_path / "runs", requested)

    control = Control()
    with at_step(per_epoch // 2, control.stop):
        trainer.train(requested, run, Listener(), control)
    for step in (per_epoch - 1, per_epoch, 2 * per_epoch + 1):
        control = Control()
        with at_step(step, control.stop):
            trainer.resume(run, Listener(), control)

    assert trainer.resume(run, Listener(), Control()).status == "completed"
    own, reference = read_sums(run.path), read_sums(whole.path)
    assert own is not None and reference is not None
    for name, values in vars(reference).items():
        assert np.array_equal(getattr(own, name), values, equal_nan=True), name
    assert np.array_equal(read_margins(run.path, own), read_margins(whole.path, reference))


def test_margins_that_would_be_too_large_are_kept_as_sums_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(margin_files, "LEAST_BYTES", 200)
    monkeypatch.setattr(margin_files, "SHARE", 0.0)
    run = trained(tmp_path / "runs", experiment(pictures(tmp_path / "a.npz"), **STILL))
    sums = read_sums(run.path)
    assert sums is not None and sums.epochs == 2
    assert read_margins(run.path, sums) is None
    assert not list((run.path / "epochs").glob("margins*"))


@pytest.mark.parametrize("limit", ["MOST", "MOST_OF_EPOCHS"])
def test_many_short_groups_give_the_same_as_one(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of short epochs those of several are a group; so nothing may hang on where one ends."""
    training = {"epochs": 5}
    requested = experiment(pictures(tmp_path / "a.npz"), **STILL, training=training)
    runs = [trained(tmp_path / "runs", requested)]
    monkeypatch.setattr(kept_outputs, limit, 1)
    runs.append(trained(tmp_path / "runs", requested))
    one, many = (read_sums(run.path) for run in runs)
    assert one is not None and many is not None and one.epochs == many.epochs == 5
    assert np.array_equal(one.total, many.total) and np.array_equal(one.other, many.other, True)
    assert np.array_equal(one.forgotten, many.forgotten)
    first, second = (
        read_margins(run.path, sums) for run, sums in zip(runs, (one, many), strict=True)
    )
    assert first is not None and np.array_equal(first, second)


def test_a_task_without_labels_keeps_none(tmp_path: Path) -> None:
    requested = experiment(
        pictures(tmp_path / "a.npz", 60),
        data={"task": "reconstruction"},
        model={"template": "conv-autoencoder", "depth": 1, "width": 8},
        training={"epochs": 1},
    )
    assert read_sums(trained(tmp_path / "runs", requested).path) is None


def test_damaged_margins_are_told(tmp_path: Path) -> None:
    run = trained(tmp_path / "runs", experiment(pictures(tmp_path / "a.npz", 60), **STILL))
    path = run.path / margin_files.SUMS
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(RunFileError, match="is damaged"):
        read_sums(run.path)


def test_what_they_may_take_is_bounded() -> None:
    assert margin_files.epochs_a_file(100) == 16
    assert margin_files.epochs_a_file(10**7) == 1
    assert margin_files.chunk_name(17, 100) == "epochs/margins-0017-0032.npy"


@pytest.mark.parametrize(
    ("numbers", "most"), [(1, 20_000_000), (10**9, 50_000_000), (10**11, 200_000_000)]
)
def test_what_is_kept_for_looking_back_follows_the_data_within_bounds(
    numbers: int, most: int
) -> None:
    dataset = tiny.dataset("classification", "row")
    large = np.broadcast_to(np.uint8(0), (numbers,))  # takes one byte, and says that it has all
    assert margin_files.most_bytes(dataclasses.replace(dataset, inputs=large)) == most
