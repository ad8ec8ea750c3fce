"""A run keeps how its network looked after its epochs, within the room that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from app.engine.runs.control import Control
from app.engine.runs.epoch_records import EpochRecord, arrays_bytes, most_bytes, read_epoch
from app.engine.runs.looks import epoch_looks
from app.engine.runs.looks.epoch_looks import looked_at, read_look
from app.engine.runs.margins import margin_files
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.training import trainer
from app.engine.training.probes import look_keeper
from app.engine.training.probes.look_keeper import labels_of, points_of, room_for_looks
from tests.engine.training.small import Listener, at_step, experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment


def trained(folder: Path, requested: Experiment) -> Run:
    run = Run.create(folder, requested)
    assert trainer.train(requested, run, Listener(), Control()).status == "completed"
    return run


@pytest.fixture
def requested(tmp_path: Path) -> Experiment:
    return experiment(pictures(tmp_path / "a.npz", 60), training={"epochs": 4})


def test_every_epoch_is_kept_and_the_weights_are_the_same_without(
    tmp_path: Path, requested: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(tmp_path / "with", requested)
    assert looked_at(run.path) == [1, 2, 3, 4]
    first, last = read_look(run.path, 1), read_look(run.path, 4)
    assert first is not None and last is not None

    dataset = open_dataset(requested.data)
    assert first.row == first.rows[0] == last.row
    assert set(first.rows) <= set(dataset.indices["validation"])
    assert first.labels.tolist() == dataset.targets[first.rows].tolist()
    assert list(first.pictures)[:2] == ["input", "conv1"] and len(first.points) == len(first.rows)
    assert np.array_equal(first.pictures["input"].values, last.pictures["input"].values)
    assert not np.array_equal(first.pictures["conv1"].values, last.pictures["conv1"].values)
    assert "conv1.conv.weight" in first.weights or any("conv1" in name for name in first.weights)
    counted = sum(int(spread.counts.sum()) for spread in first.weights.values())
    assert counted > 100

    monkeypatch.setattr(look_keeper.LookKeeper, "take", lambda self, epoch, record: None)
    alone = trained(tmp_path / "without", requested)
    assert looked_at(alone.path) == []
    assert alone.summary()["weights_sha256"] == run.summary()["weights_sha256"]


def test_a_run_that_was_stopped_and_goes_on_keeps_the_same(
    tmp_path: Path, requested: Experiment
) -> None:
    whole = trained(tmp_path / "whole", requested)
    run = Run.create(tmp_path / "stopped", requested)
    control = Control()
    with at_step(7, control.stop):
        trainer.train(requested, run, Listener(), control)

    assert trainer.resume(run, Listener(), Control()).status == "completed"
    for epoch in looked_at(whole.path):
        name = f"looks/{epoch:04d}.npz"
        assert (run.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_where_room_is_short_fewer_epochs_are_kept_or_none(
    tmp_path: Path, requested: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(tmp_path / "all", requested)
    look = read_look(run.path, 1)
    assert look is not None
    size = epoch_looks.unpacked_bytes(look)
    record = read_epoch(run.path, 1)
    assert record is not None
    training = open_dataset(requested.data).description.size("training")
    beside = 4 * (2 * training + most_bytes(record))
    monkeypatch.setattr(margin_files, "LEAST_BYTES", 2 * size + beside)
    monkeypatch.setattr(margin_files, "SHARE", 0.0)
    short = trained(tmp_path / "short", requested)
    assert looked_at(short.path) == [1, 3]
    assert epoch_looks.bytes_of(short.path) <= 2 * size
    kept = [*(short.path / "looks").iterdir(), *(short.path / "epochs").iterdir()]
    assert sum(file.stat().st_size for file in kept) <= 2 * size + beside

    monkeypatch.setattr(margin_files, "LEAST_BYTES", 10)
    assert looked_at(trained(tmp_path / "none", requested).path) == []


def test_of_many_epochs_some_are_kept(
    tmp_path: Path, requested: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_keeper, "MOST_EPOCHS", 2)
    assert looked_at(trained(tmp_path / "runs", requested).path) == [1, 3]


def test_whatever_goes_wrong_is_in_the_log_and_ends_nothing(
    tmp_path: Path, requested: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no weights today")

    monkeypatch.setattr(look_keeper, "weight_spreads", broken)
    run = trained(tmp_path / "runs", requested)
    assert looked_at(run.path) == []
    assert (run.path / "log.txt").read_text().count("Error: no weights today") == 1


def test_room_is_left_for_a_number_of_each_training_example(requested: Experiment) -> None:
    dataset = open_dataset(requested.data)
    training = dataset.description.size("training")
    assert room_for_looks(dataset, 100) == 20_000_000 - 200 * training
    assert room_for_looks(dataset, 10**7) == 20_000_000, "they would not fit, so they are not kept"
    epochs = 20_000_000 // (2 * training)
    for count in (epochs, epochs + 1):
        margins = 2 * training * count if margin_files.fit(dataset, count) else 0
        assert margins + room_for_looks(dataset, count) == 20_000_000


@pytest.mark.parametrize("classes", [2, 50, 1000])
@pytest.mark.parametrize("examples", [30, 2_000, 100_000])
def test_a_record_takes_no_more_than_is_said(classes: int, examples: int) -> None:
    random = np.random.default_rng(0)
    for often in (1, 8):  # evenly, and most of them in a few cells
        cells = (classes**2 * random.random(examples) ** often).astype(int)
        counts = np.bincount(cells, minlength=classes**2).reshape(classes, classes)
        record = EpochRecord(np.arange(12), random.random((12, classes), np.float32), counts)
        arrays = {name: array for name, array in vars(record).items() if array is not None}
        assert len(arrays_bytes(arrays)) <= most_bytes(record)


def test_points_are_means_over_places_and_never_wider_than_allowed() -> None:
    maps = torch.arange(24.0).reshape(2, 3, 2, 2)
    assert points_of(maps, 2).tolist() == maps.mean(dim=(2, 3)).tolist()
    tokens = torch.arange(12.0).reshape(1, 4, 3)
    assert points_of(tokens, 1).tolist() == tokens.mean(dim=1).tolist()
    assert points_of(torch.ones(4, 5), 2).shape == (2, 5), "the first half of pairs"
    wide = points_of(torch.randn(3, 500), 3)
    assert wide.shape == (3, 64) and np.isfinite(wide).all()
    assert np.isfinite(points_of(torch.tensor([[1e9, float("nan")]]), 1)).all()


def test_labels_follow_the_kind_of_the_targets() -> None:
    assert labels_of(np.array([2, 0]), "classes").tolist() == [2, 0]
    assert labels_of(np.array([[0.2, 0.8]]), "shares").tolist() == [1]
    assert labels_of(np.array([[7.0, -1.0]]), "amounts").tolist() == [7]
    assert np.isnan(labels_of(np.zeros((2, 3)), "tags")).all()
