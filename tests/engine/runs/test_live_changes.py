"""Changes while a run trains take effect at once, are recorded, and are repeated on resume."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.runs import checkpoint, events, history
from app.engine.runs.control import Control
from app.engine.runs.live_changes import RATE_FACTOR, changes_in_words, live_settings, refusal
from app.engine.runs.run import Run
from app.engine.training import trainer
from app.engine.training.saver import Saver
from tests.engine.training.small import Listener, at_step, experiment, metrics_lines, pictures

if TYPE_CHECKING:
    from pathlib import Path

ALL = {
    RATE_FACTOR: 0.5,
    "optimizer__weight_decay": 0.3,
    "training__gradient_clip": 0.7,
    "loss__label_smoothing": 0.2,
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return pictures(tmp_path / "a.npz", 96)


def train(
    requested: Any, tmp_path: Path, changes: dict[int, dict[str, float | None]]
) -> tuple[Any, Run, Listener]:
    """Trains an experiment and makes changes while it runs.

    changes: by the step in whose middle they are requested.
    """
    run = Run.create(tmp_path / "runs", requested)
    listener = Listener()

    control = Control()
    with _changing(control, changes):
        return trainer.train(requested, run, listener, control), run, listener


def _changing(
    control: Control, changes: dict[int, dict[str, float | None]]
) -> contextlib.ExitStack:
    stack = contextlib.ExitStack()
    for step, values in changes.items():
        stack.enter_context(at_step(step, lambda values=values: control.change(**values)))

    return stack


def test_each_change_takes_effect_from_the_next_step_and_is_recorded(
    source: Path, tmp_path: Path
) -> None:
    requested = experiment(
        source, schedule={"kind": "constant"}, optimizer={"kind": "adamw", "weight_decay": 0.1}
    )
    finished, run, listener = train(requested, tmp_path, {2: ALL})
    assert finished.status == "completed"

    changes = listener.of(events.SettingsChanged)
    values = {
        RATE_FACTOR: 0.5,
        "optimizer.weight_decay": 0.3,
        "training.gradient_clip": 0.7,
        "loss.label_smoothing": 0.2,
    }

    assert [(change.step, change.values, change.why) for change in changes] == [(3, values, "")]
    assert finished.summary["changes"] == [{"step": 3, "values": values, "why": ""}]
    rates = history.read_history(run.path).rates
    assert rates[2] == rates[0] and rates[3] == pytest.approx(rates[0] / 2)

    marks = history.read_history(run.path).marks
    assert [(mark["mark"], mark["step"], mark["values"]) for mark in marks] == [
        ("changed", 3, values)
    ]
    newest, _ = checkpoint.newest(run.path / "checkpoints")
    assert newest is not None and newest.state["progress"]["changes"] == values

    plain, _, _ = train(requested, tmp_path, {})
    assert plain.summary["weights_sha256"] != finished.summary["weights_sha256"]


def test_the_validation_loss_keeps_the_planned_settings(source: Path, tmp_path: Path) -> None:
    """The validation loss keeps the planned settings.

    With smoothed labels it would be another measure, and no epoch after the change could be the
    best. The steps are tiny from the change on, so both runs have nearly the same weights.
    """
    requested = experiment(
        source,
        loss={"kind": "cross-entropy", "label_smoothing": 0.0},
        schedule={"kind": "constant"},
        optimizer={"kind": "adamw", "learning_rate": 0.01},
        training={"epochs": 10, "precision": "float32"},
        augmentation={"shift": 0.0, "rotate": 0.0, "light": 0.0, "erase": 0.0, "flip": False},
    )
    still: dict[str, float | None] = {RATE_FACTOR: 1e-4}
    _, _, plain = train(requested, tmp_path, {40: still})
    _, _, smoothed = train(requested, tmp_path, {40: still | {"loss__label_smoothing": 0.6}})
    expected = plain.of(events.EpochDone)[-1]
    last = smoothed.of(events.EpochDone)[-1]

    assert last.training_loss > 1.2 * expected.training_loss
    assert last.validation_loss == pytest.approx(expected.validation_loss, rel=1e-2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (RATE_FACTOR, 2.0),
        ("optimizer__weight_decay", 5.0),
        ("training__gradient_clip", 0.01),
        ("loss__label_smoothing", 0.5),
    ],
)
def test_a_change_makes_the_steps_of_an_experiment_with_that_value(
    name: str, value: float, source: Path, tmp_path: Path
) -> None:
    """A change before the first step gives the bits of a run that has the value from the start."""
    constant = {
        "schedule": {"kind": "constant"},
        "optimizer": {"kind": "sgd-momentum", "learning_rate": 0.05},
    }
    requested = experiment(source, **constant)
    run = Run.create(tmp_path / "runs", requested)
    control = Control()
    control.change(**{name: value})
    changed = trainer.train(requested, run, Listener(), control)

    section, _, field = name.partition("__")
    if name == RATE_FACTOR:
        section = "optimizer"
        field = "learning_rate"
        value = 0.1

    sections: dict[str, Any] = {**constant, "loss": {"kind": "cross-entropy"}}
    sections[section] = sections.get(section, {}) | {field: value}
    other = experiment(source, **sections)
    reference = trainer.train(other, Run.create(tmp_path / "runs", other), Listener(), Control())
    assert changed.summary["weights_sha256"] == reference.summary["weights_sha256"]


@pytest.mark.parametrize("optimizer", ["adamw", "muon", "sgd"])
def test_a_run_stopped_before_and_after_changes_ends_with_the_same_bits(
    optimizer: str, source: Path, tmp_path: Path
) -> None:
    """Changes after the last checkpoint are repeated at their steps.

    The run is stopped without a save in between.
    """
    requested = experiment(source, optimizer={"kind": optimizer}, training={"epochs": 3})
    changes: dict[int, dict[str, float | None]] = {
        1: {"loss__label_smoothing": 0.2},
        6: {RATE_FACTOR: 0.3},
        8: {"training__gradient_clip": 0.5},
        9: {"optimizer__weight_decay": 0.2},
    }

    reference, whole, _ = train(requested, tmp_path, changes)
    run = Run.create(tmp_path / "runs", requested)

    control = Control()
    with (
        _changing(control, {step: values for step, values in changes.items() if step < 4}),
        at_step(4, control.stop),
    ):
        trainer.train(requested, run, Listener(), control)

    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    control = Control()
    real_save = Saver.save

    Saver.save = lambda self: False  # nothing is saved before the end
    try:
        with (
            _changing(control, {step: values for step, values in changes.items() if step > 4}),
            at_step(12, kill),
        ):
            assert trainer.resume(run, Listener(), control).status == "failed"
    finally:
        Saver.save = real_save  # type: ignore[method-assign]

    newest, _ = checkpoint.newest(run.path / "checkpoints")
    assert newest is not None and newest.state["progress"]["step"] == 5
    listener = Listener()
    finished = trainer.resume(run, listener, Control())
    assert finished.status == "completed"
    assert finished.summary["weights_sha256"] == reference.summary["weights_sha256"]
    assert metrics_lines(run) == metrics_lines(whole)
    assert not listener.of(events.SettingsChanged), "they stand in the record already"

    marks = [
        (mark["step"], mark["values"])
        for mark in history.read_history(run.path).marks
        if "values" in mark
    ]
    assert marks == [
        (mark["step"], mark["values"]) for mark in history.read_history(whole.path).marks
    ]
    assert finished.summary["changes"] == reference.summary["changes"]


def test_what_cannot_be_changed_is_reported_and_the_run_goes_on(
    source: Path, tmp_path: Path
) -> None:
    requested = experiment(source, loss={"kind": "cross-entropy"})
    finished, _, listener = train(
        requested,
        tmp_path,
        {
            1: {
                RATE_FACTOR: 0.0,
                "optimizer__weight_decay": -1.0,
                "model__width": 3.0,
                "training__gradient_clip": 1.0,
            }
        },
    )

    assert finished.status == "completed"
    texts = [
        event.finding.text
        for event in listener.of(events.NewFinding)
        if event.finding.key == "change"
    ]
    assert len(texts) == 3
    assert any("factor" in text for text in texts) and any(
        text.startswith("Weight decay is") for text in texts
    )
    assert any("'model.width'" in text for text in texts)
    assert [event.values for event in listener.of(events.SettingsChanged)] == [
        {"training.gradient_clip": 1.0}
    ]


def test_a_paused_run_takes_changes_when_it_goes_on(source: Path, tmp_path: Path) -> None:
    requested = experiment(source)
    control = Control()

    listener = Listener()

    def listen(event: events.Event) -> None:
        listener(event)
        if isinstance(event, events.Paused):
            control.change(learning_rate_factor=0.1)
            control.change(learning_rate_factor=0.2)
            control.resume()

    with at_step(3, control.pause):
        finished = trainer.train(
            requested, Run.create(tmp_path / "runs", requested), listen, control
        )

    assert finished.status == "completed"
    assert [(event.step, event.values) for event in listener.of(events.SettingsChanged)] == [
        (4, {RATE_FACTOR: 0.2})
    ]


def test_what_may_be_changed_follows_the_declarations(source: Path) -> None:
    from app.engine.training.plan import plan_training

    resolved = plan_training(experiment(source), lambda event: None, Control()).resolved
    names = [setting.name for setting in live_settings(resolved)]
    assert names == ["optimizer.weight_decay", "training.gradient_clip", "loss.label_smoothing"]
    assert refusal(resolved, "optimizer.weight_decay", 0.2) == ""
    assert "between" in refusal(resolved, RATE_FACTOR, None)

    words = changes_in_words(resolved, {RATE_FACTOR: 0.5, "optimizer.weight_decay": 0.1})
    assert words == "learning rate × 0.5, weight decay 0.1"
