"""Changes while a run trains: made in the panel and by a real run, marked, and read from disk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from app.engine.experiment import toml_file
from app.engine.learning.loss import LOSSES
from app.engine.runs import events
from app.engine.runs.control import Control
from app.ui.pages.training.page import TrainingPage
from app.ui.pages.training.run_views import VIEWS
from app.ui.plots.base.marks import Mark
from app.ui.plots.curves.gradient_norm import limits_of
from app.ui.state.document import Document
from app.ui.state.record import read_record
from app.ui.state.session import State
from tests.ui import fake_run
from tests.ui.harness import Harness, open_harness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.experiment.experiment import Experiment
    from app.ui.state.record import Record

PATIENCE_MS = 60_000
FACTOR = "learning_rate_factor"
DECAY = "optimizer.weight_decay"
CLIP = "training.gradient_clip"
SMOOTHING = "loss.label_smoothing"


@pytest.fixture
def harness(qapp: object, tmp_path: Path) -> Iterator[Harness]:
    with open_harness(tmp_path) as parts:
        parts.parts.network_measurer.close()
        yield parts


@pytest.fixture
def page(harness: Harness, qtbot: QtBot) -> TrainingPage:
    training_page = TrainingPage(harness.parts)
    qtbot.addWidget(training_page)
    training_page.resize(840, 610)

    with qtbot.waitExposed(training_page):
        training_page.show()

    return training_page


def resolved_experiment() -> Experiment:
    """Returns an experiment with all settings filled in, as a run has it."""
    return Document().resolved()


def number_of(view: str) -> int:
    """Returns the index of a view."""
    return [name for name, *_ in VIEWS].index(view)


def run_live(harness: Harness, experiment: Experiment | None = None) -> Record:
    """Puts the session in the state of a run under way, 60 of 200 steps done."""
    experiment = experiment or resolved_experiment()
    record = fake_run.record_of(
        fake_run.run_started(experiment), fake_run.run_prepared(4, 50, experiment)
    )
    record.add(
        fake_run.steps_done(1, np.linspace(2, 1, 60), np.full(60, experiment.optimizer.peak_rate()))
    )  # type: ignore[union-attr]
    session = harness.parts.session
    session.record = session._live = record
    session.state = State.RUNNING
    session.shown.emit()
    session.state_changed.emit()

    return record


def tell(harness: Harness, *more: events.Event) -> None:
    for event in more:
        harness.parts.session.record.add(event)
    harness.parts.session.events_received.emit(list(more))


def write(qtbot: QtBot, page: TrainingPage, name: str, text: str) -> None:
    """Puts a number into a field as a person does, without Return."""
    box = page.run.changing.fields[name].box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)


def press(qtbot: QtBot, page: TrainingPage, name: str) -> None:
    button = page.findChild(QWidget, name)
    assert button is not None and button.isVisible() and button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


# --- the panel


def test_it_is_closed_and_only_there_while_a_run_trains(
    page: TrainingPage, harness: Harness, qtbot: QtBot
) -> None:
    record = run_live(harness)
    assert page.run.change.isVisible() and not page.run.changing.isVisible()
    press(qtbot, page, "training.change")
    assert page.run.changing.isVisible()

    harness.parts.session.state = State.STOPPING
    harness.parts.session.state_changed.emit()
    assert not page.run.change.isVisible() and not page.run.changing.isVisible()

    harness.parts.session.state = State.IDLE
    harness.parts.session.show(record)
    assert not page.run.change.isVisible() and not page.run.changing.isVisible()


def test_only_what_the_run_has_can_be_changed(page: TrainingPage, harness: Harness) -> None:
    run_live(harness)
    assert list(page.run.changing.fields) == [FACTOR, DECAY, CLIP, SMOOTHING]
    run_live(harness, resolved_experiment().replace(loss=LOSSES.get("l2")()))
    assert list(page.run.changing.fields) == [FACTOR, DECAY, CLIP]


def test_a_race_member_that_has_ended_cannot_be_changed_while_others_run(
    page: TrainingPage, harness: Harness
) -> None:
    record = run_live(harness)
    assert page.run.changing.available
    tell(harness, events.RunFinished("", "completed", "Done.", {}))
    assert record.finished is not None and not page.run.changing.available


def test_nothing_is_requested_before_apply(
    page: TrainingPage, harness: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[dict[str, float]] = []
    monkeypatch.setattr(
        harness.parts.session, "change", lambda values: requests.append(dict(values)) or True
    )
    record = run_live(harness)
    press(qtbot, page, "training.change")
    write(qtbot, page, DECAY, "0.125")
    press(qtbot, page, "live.learning_rate_factor.0.5")
    press(qtbot, page, "live.learning_rate_factor.0.1")
    assert requests == [] and page.run.changing.fields[FACTOR].box.value() == 0.05

    rate = record.resolved.optimizer.peak_rate()  # type: ignore[union-attr]
    words = page.run.findChild(QLabel, "live.learning_rate").text()  # type: ignore[union-attr]
    assert words.startswith(f"{rate:.3g} × 0.05 = {rate * 0.05:.3g} at its peak")

    press(qtbot, page, "training.change.apply")
    assert requests == [{DECAY: 0.125, FACTOR: 0.05}]
    assert page.run.changing.why.text() == "Requested; it applies from the next step on."

    tell(harness, events.SettingsChanged(60, {DECAY: 0.125, FACTOR: 0.05}))
    assert (
        page.run.changing.why.text() == "Since step 61: weight decay 0.125, learning rate × 0.05."
    )
    assert not page.run.changing.apply.isEnabled()

    press(qtbot, page, f"live.{DECAY}.reset")
    press(qtbot, page, "training.change.apply")
    assert requests[-1] == {DECAY: resolved_experiment().optimizer.decay_rate()}


def test_the_slider_and_return_work_too(
    page: TrainingPage, harness: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[dict[str, float]] = []
    monkeypatch.setattr(
        harness.parts.session, "change", lambda values: requests.append(dict(values)) or True
    )
    run_live(harness)
    press(qtbot, page, "training.change")
    slider = page.run.changing.fields[FACTOR].slider  # type: ignore[attr-defined]
    slider.setValue(slider.value() - 1)
    assert page.run.changing.fields[FACTOR].box.value() == 0.5

    slider.setValue(slider.value() + 1)
    assert not page.run.changing.apply.isEnabled()  # as it is: nothing to apply
    write(qtbot, page, CLIP, "3")
    qtbot.keyClick(page.run.changing.fields[CLIP].box, Qt.Key.Key_Return)
    assert requests == [{CLIP: 3.0}]


def test_an_impossible_value_is_explained_beside_it_and_not_requested(
    page: TrainingPage, harness: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[object] = []
    monkeypatch.setattr(
        harness.parts.session, "change", lambda values: requests.append(values) or True
    )
    run_live(harness)
    press(qtbot, page, "training.change")
    write(qtbot, page, DECAY, "99")
    write(qtbot, page, FACTOR, "0.5")
    press(qtbot, page, "training.change.apply")
    assert requests == [] and page.run.changing.fields[DECAY].trouble.isVisible()
    assert (
        page.run.changing.fields[DECAY].trouble.text()
        == "Weight decay is 99.0; it must be at most 10."
    )

    write(qtbot, page, DECAY, "0.5")
    press(qtbot, page, "training.change.apply")
    assert (
        requests == [{DECAY: 0.5, FACTOR: 0.5}]
        and not page.run.changing.fields[DECAY].trouble.isVisible()
    )


def test_every_control_has_a_name_and_a_tip(
    page: TrainingPage, harness: Harness, qtbot: QtBot
) -> None:
    run_live(harness)
    press(qtbot, page, "training.change")

    for field in page.run.changing.fields.values():
        for control in (field.box, field.reset, *field.findChildren(QPushButton)):
            assert control.objectName() and control.accessibleName() and control.toolTip()


# --- what was changed


def test_changes_are_listed_with_their_steps(page: TrainingPage, harness: Harness) -> None:
    run_live(harness)
    why = "There was not enough memory; the step was repeated in 2 parts."
    tell(
        harness,
        events.SettingsChanged(10, {FACTOR: 0.5}),
        events.SettingsChanged(40, {"training.accumulation": 2.0}, why),
    )

    assert page.run.changes.texts == ["step 11: learning rate × 0.5", "step 41: 2 parts a batch"]
    assert page.run.changes.isVisible()
    page.run.show_view(number_of("log"))
    text = page.run.log_view.text.toPlainText()
    assert "Changed after step 10: learning rate × 0.5." in text and why in text

    harness.parts.session.state = State.IDLE
    harness.parts.session.show(
        fake_run.record_of(
            fake_run.run_started(), fake_run.run_prepared(), fake_run.steps_done(1, [1.0])
        )
    )
    assert not page.run.changes.isVisible()


def test_many_changes_are_few_chips(page: TrainingPage, harness: Harness) -> None:
    run_live(harness)
    tell(harness, *[events.SettingsChanged(step, {FACTOR: 1 / step}) for step in range(1, 30)])
    assert len(page.run.changes.texts) == 3 and page.run.changes.texts[-1].startswith("step 30:")


def test_chips_grow_with_the_zoom(page: TrainingPage, harness: Harness) -> None:
    """The ends of a chip are round only while it is high enough."""
    run_live(harness)
    tell(harness, events.SettingsChanged(1, {FACTOR: 0.5}))

    try:
        harness.parts.theme.set_zoom(1.5)
        chips = [
            label
            for label in page.run.changes.findChildren(QLabel)
            if label.text() in page.run.changes.texts
        ]

        assert chips[-1].minimumHeight() == harness.parts.theme.px(22) == 33
    finally:
        harness.parts.theme.set_zoom(1.0)


# --- the record and the plots


def test_a_change_is_noted_once_however_often_its_step_is_done() -> None:
    record = fake_run.record_of(
        fake_run.run_started(resolved_experiment()),
        fake_run.run_prepared(4, 50, resolved_experiment()),
        fake_run.steps_done(1, np.ones(80)),
    )
    change = events.SettingsChanged(70, {FACTOR: 0.5})
    record.add(change)
    assert record.in_force() == {FACTOR: 0.5}

    record.add(events.Resumed(60))
    assert record.in_force() == {}  # it comes again at its step
    record.add(fake_run.steps_done(61, np.ones(20)))
    record.add(change)

    assert record.in_force() == {FACTOR: 0.5}
    assert record.marks == [(70, "learning rate × 0.5"), (60, "resumed")]


def test_marks_stand_on_every_curve(page: TrainingPage, harness: Harness) -> None:
    run_live(harness)
    tell(harness, events.SettingsChanged(25, {FACTOR: 0.5}))
    page.run.show_view(number_of("curves"))

    for plot in (page.run.loss, page.run.headline, page.run.rate, page.run.norm):
        assert plot.marks.marked == [Mark(0.5, "learning rate × 0.5")]
        assert plot.marks.lines[0].isVisible() and plot.marks.lines[0].value() == 0.5


def test_marks_that_lie_together_are_listed_together(page: TrainingPage, harness: Harness) -> None:
    run_live(harness)
    tell(
        harness, *[events.SettingsChanged(step, {DECAY: step / 100}) for step in (50, 51, 52, 150)]
    )
    marks = page.run.loss.marks
    assert [line.isVisible() for line in marks.lines] == [True] * 4
    assert marks.words == ["3 marks", "weight decay 1.5"]
    assert (
        page.run.loss.readout.text(1.02).count("weight decay") == 3
    )  # all of them, where the mouse is

    page.run.loss.box.setXRange(1.01, 1.05, padding=0)
    page.run.loss._zoomed()  # as by the wheel
    assert marks.words == ["weight decay 0.51", "weight decay 0.52"]


def test_the_rate_is_drawn_as_planned_as_it_was_and_as_it_will_be(
    page: TrainingPage, harness: Harness
) -> None:
    record = run_live(harness)
    page.run.show_view(number_of("curves"))
    assert not len(page.run.rate.ahead.x)

    tell(harness, events.SettingsChanged(60, {FACTOR: 0.5}), fake_run.steps_done(61, np.ones(5)))
    plot = page.run.rate
    assert plot.ahead.x[0] >= record.steps.values[-1] / 50

    rest = np.interp(plot.ahead.x, plot.plan.x, plot.plan.y)
    assert plot.ahead.y == pytest.approx(rest * 0.5)
    tell(harness, events.SettingsChanged(65, {FACTOR: 1.0}))
    assert not len(plot.ahead.x)


def test_the_limit_of_the_norm_is_drawn_as_it_was() -> None:
    record = fake_run.record_of(fake_run.run_prepared(4, 50), fake_run.steps_done(1, np.ones(100)))
    record.add(events.SettingsChanged(20, {CLIP: 3.0}))
    record.add(events.SettingsChanged(60, {CLIP: 0.0}))
    steps, limits = limits_of(record, 1.0)

    assert steps.tolist() == [0, 20, 20, 60, 60]
    np.testing.assert_equal(limits, [1.0, 1.0, 3.0, 3.0, np.nan])


# --- a real run


def little(epochs: int) -> Experiment:
    return toml_file.from_plain(
        {
            "name": "little",
            "data": {"source": "sample:digits"},
            "model": {"template": "cnn"},
            "schedule": {"kind": "constant"},
            "training": {"epochs": epochs, "batch_size": 64, "device": "cpu", "threads": 1},
        }
    )


def test_a_running_training_is_changed_and_keeps_it(
    page: TrainingPage, harness: Harness, qtbot: QtBot
) -> None:
    session = harness.parts.session
    session.start(little(500), harness.parts.runs_folder)
    qtbot.waitUntil(lambda: page.run.change.isVisible(), timeout=PATIENCE_MS)
    press(qtbot, page, "training.change")
    press(qtbot, page, f"live.{FACTOR}.0.5")
    write(qtbot, page, DECAY, "0.25")
    press(qtbot, page, "training.change.apply")
    qtbot.waitUntil(lambda: bool(session.record.changes), timeout=PATIENCE_MS)
    change = session.record.changes[0]
    assert change.values == {FACTOR: 0.5, DECAY: 0.25} and change.why == ""

    qtbot.waitUntil(lambda: session.record.steps.values[-1] > change.step + 2, timeout=PATIENCE_MS)
    rates = session.record.rates.values
    steps = session.record.steps.values
    after = rates[steps > change.step]
    assert after == pytest.approx(np.full(len(after), rates[0] * 0.5))
    assert page.run.loss.marks.marked[0].words == "learning rate × 0.5, weight decay 0.25"

    session.stop_at_once()
    qtbot.waitUntil(lambda: not session.active, timeout=PATIENCE_MS)
    path = session.record.path
    assert path is not None

    lines = [
        json.loads(line)
        for line in (path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    marks = [(line["mark"], line["step"], line["values"]) for line in lines if "mark" in line]
    assert marks == [("changed", change.step, {FACTOR: 0.5, DECAY: 0.25})]

    again = read_record(path)
    assert again.changes == [change] and again.in_force() == change.values
    assert again.marks == session.record.marks
    assert "learning rate × 0.5" in (path / "log.txt").read_text(encoding="utf-8")


def test_a_resumed_run_read_from_disk_is_whole(tmp_path: Path) -> None:
    """Its resume is a mark among its steps; the steps after it are not forgotten."""
    from app.engine.runs.run import Run
    from app.engine.training.trainer import resume, train

    experiment = little(3)
    control = Control()
    run = Run.create(tmp_path, experiment)

    def listen(event: events.Event) -> None:
        if isinstance(event, events.StepsDone) and not control.stopping:
            control.change(learning_rate_factor=0.5)
            if event.position > 5:
                control.stop(at_once=True)

    assert train(experiment, run, listen, control).status == "stopped"
    assert resume(Run(run.path), lambda event: None, Control()).status == "completed"
    record = read_record(run.path)
    assert record.prepared is not None and len(record.steps) == record.prepared.steps
    assert len(record.epochs) == 3 and record.in_force() == {FACTOR: 0.5}
    assert "resumed" in [words for _, words in record.marks]
    assert len(record.marks) == len(set(record.marks))
