"""A run that was ended by anything goes on to the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.runs import checkpoint, events, history, tensors
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer
from tests.engine.training.small import Listener, at_step, experiment, metrics_lines, pictures

if TYPE_CHECKING:
    from pathlib import Path


def test_stopped_at_any_step_and_resumed_it_ends_with_the_same_bits(tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"))
    whole = Run.create(tmp_path / "runs", requested)
    reference = trainer.train(requested, whole, Listener(), Control())
    steps = reference.summary["steps"]
    run = Run.create(tmp_path / "runs", requested)

    control = Control()
    with at_step(1, control.stop):
        trainer.train(requested, run, Listener(), control)

    # In an epoch, at its end, at the beginning of the next, near the end of the run.
    for step in (4, steps // 2 - 1, steps // 2, steps - 2):
        control = Control()
        with at_step(step, control.stop):
            assert trainer.resume(run, Listener(), control).summary["steps"] == step + 1

    finished = trainer.resume(run, Listener(), Control())
    assert finished.status == "completed"

    for key in ("weights_sha256", "best_epoch", "loss", "metrics", "epochs", "steps"):
        assert finished.summary[key] == reference.summary[key]

    assert metrics_lines(run) == metrics_lines(whole)
    marks = [line["mark"] for line in history.read_history(run.path).marks]
    assert marks == ["resumed"] * 5
    assert tensors.weights_sha256(checkpoint.read_best(run).model) == tensors.weights_sha256(
        checkpoint.read_best(whole).model
    )


@pytest.mark.parametrize(
    ("template", "optimizer"),
    [
        ({"template": "vit", "depth": 1}, {"kind": "sgd-momentum"}),
        ({"template": "resnet"}, {"kind": "adam"}),
        ({"template": "convnext"}, {"kind": "sgd"}),
        ({"template": "convnext"}, {"kind": "adafactor"}),
        ({"template": "cnn"}, {"kind": "nadam"}),
        ({"template": "vit", "depth": 1}, {"kind": "radam"}),
        ({"template": "cnn"}, {"kind": "rmsprop", "momentum": 0.9, "centered": True}),
        ({"template": "cnn"}, {"kind": "adagrad"}),
        ({"template": "vit", "depth": 1}, {"kind": "muon"}),
        ({"template": "cnn"}, {"kind": "adamw", "amsgrad": True, "decay_all": True}),
    ],
)
def test_every_kind_of_state_is_restored(template: dict, optimizer: dict, tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz", 60), model=template, optimizer=optimizer)
    reference = trainer.train(
        requested, Run.create(tmp_path / "runs", requested), Listener(), Control()
    )
    run = Run.create(tmp_path / "runs", requested)

    control = Control()
    with at_step(3, control.stop):
        trainer.train(requested, run, Listener(), control)

    assert (
        trainer.resume(run, Listener(), Control()).summary["weights_sha256"]
        == reference.summary["weights_sha256"]
    )


def test_a_schedule_that_follows_the_validation_goes_on_where_it_was(tmp_path: Path) -> None:
    """Every epoch counts as no better, so the rate drops before the stop and after it."""
    requested = experiment(
        pictures(tmp_path / "a.npz", 60),
        training={"epochs": 6},
        schedule={"kind": "plateau", "patience": 0, "threshold": 0.9, "reduction": 0.5},
    )
    whole = Run.create(tmp_path / "runs", requested)
    reference = trainer.train(requested, whole, Listener(), Control())
    per_epoch = reference.summary["steps"] // 6
    run = Run.create(tmp_path / "runs", requested)

    control = Control()
    with at_step(3 * per_epoch + 1, control.stop):
        trainer.train(requested, run, Listener(), control)

    finished = trainer.resume(run, Listener(), Control())
    assert finished.summary["weights_sha256"] == reference.summary["weights_sha256"]
    rates = history.read_history(run.path).rates[::per_epoch]
    assert rates.tolist() == history.read_history(whole.path).rates[::per_epoch].tolist()
    assert (rates / rates[0]).tolist() == pytest.approx([1, 1, 0.5, 0.25, 0.125, 0.0625])


def test_train_longer_goes_on_with_a_new_total(tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"))
    run = Run.create(tmp_path / "runs", requested)
    listener = Listener()
    before = trainer.train(requested, run, Listener(), Control())
    assert trainer.resume(run, Listener(), Control()).status == "failed"

    finished = trainer.resume(run, listener, Control(), epochs=4)
    assert (finished.status, finished.summary["epochs"]) == ("completed", 4)
    assert finished.summary["steps"] == 2 * before.summary["steps"]
    assert [event.epoch for event in listener.of(events.EpochDone)] == [3, 4]

    prepared = listener.of(events.RunPrepared)[0]
    assert (prepared.first_step, prepared.epochs) == (before.summary["steps"], 4)
    assert history.read_history(run.path).marks[0]["mark"] == "longer"

    steps = history.read_history(run.path).steps
    assert steps.tolist() == list(range(1, len(steps) + 1))
    fewer = trainer.resume(run, Listener(), Control(), epochs=2)
    assert fewer.status == "failed" and "4 epochs already" in fewer.failure[0]


def test_a_run_that_should_be_longer_and_was_stopped_remembers_it(tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"))
    run = Run.create(tmp_path / "runs", requested)
    control = Control()
    trainer.train(requested, run, Listener(), Control())

    with at_step(14, control.stop):
        trainer.resume(run, Listener(), control, epochs=4)

    assert trainer.resume(run, Listener(), Control()).summary["epochs"] == 4


def test_other_data_are_refused(tmp_path: Path) -> None:
    source = pictures(tmp_path / "a.npz")
    requested = experiment(source)
    run = Run.create(tmp_path / "runs", requested)

    control = Control()
    with at_step(2, control.stop):
        trainer.train(requested, run, Listener(), control)

    pictures(source, seed=1)
    finished = trainer.resume(run, Listener(), Control())
    assert finished.status == "failed" and "not those this run began with" in finished.failure[0]

    pictures(source, classes=3)
    assert "gone: '3'" in trainer.resume(run, Listener(), Control()).failure[0]
    pictures(source)
    assert trainer.resume(run, Listener(), Control()).status == "completed"
