"""A race in the window: set up, watched, paused, stopped, compared, and opened like any run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget, QPushButton

from app.engine.experiment.experiment import Experiment
from app.engine.learning.metrics import METRICS
from app.engine.race.fairness import Fact
from app.engine.race.variants import variants_of
from app.engine.runs import events
from app.ui.pages.training.race.members import MembersTable, columns_of
from app.ui.pages.training.race.plots import TrainingLossPlot, ValidationPlot
from app.ui.pages.training.race.setup import RaceSetup
from app.ui.pages.training.race.view import RaceView
from app.ui.pages.training.race.words import changes_in_words, verdict
from app.ui.state.beside.training_place import TrainingPlace
from app.ui.state.document import fake_description
from app.ui.state.race import MemberSetup, RaceState
from app.ui.state.record import Record
from app.ui.state.session import State
from tests.ui.window_actions import choose_little, click, find, inside, until

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.engine.runs.summary import Status
    from app.ui.shell.application import Window
    from app.ui.style.theme import Theme


def race_of(*changes: dict[str, Any]) -> RaceState:
    """Returns a race of variants of a plain experiment, before any event."""
    description = fake_description()
    base = Experiment(name="little").replace(training={"epochs": 4, "batch_size": 100})
    experiments = [base.replace(**change) for change in changes]

    return RaceState(
        [MemberSetup(variant, 4.0) for variant in variants_of(experiments, description)],
        [Fact(True, "All begin alike.")],
    )


TWO: tuple[dict[str, Any], ...] = ({"optimizer": "adamw"}, {"optimizer": "sgd"})


def run_prepared(examples: int = 1000, batch: int = 100) -> events.RunPrepared:
    return events.RunPrepared(
        "CPU",
        "",
        1,
        10,
        4,
        4 * examples // batch,
        examples // batch,
        0,
        batch,
        examples,
        (),
        {"peak": 2_000_000},
        {},
    )


def steps_done(first: int, losses: list[float]) -> events.StepsDone:
    numbers = np.arange(first, first + len(losses))
    unit_values = np.ones(len(losses))
    return events.StepsDone(
        int(numbers[-1]), 1, numbers, np.array(losses), unit_values, unit_values, 500.0, 3.0, 6.0
    )


def epoch_done(
    number: int, accuracy: float, loss: float, best: bool = True, count: int = 500
) -> events.EpochDone:
    confusion = np.array([[count, 0], [0, 0]])
    return events.EpochDone(
        number,
        10 * number,
        loss,
        loss,
        {"accuracy": accuracy},
        best,
        number if best else number - 1,
        0,
        1.0,
        confusion,
    )


def tell(race_state: RaceState, member: int, *member_events: events.Event) -> None:
    for event in member_events:
        race_state.add(events.MemberEvent(member, event))


def run_finished(status: Status = "completed", **summary: Any) -> events.RunFinished:
    return events.RunFinished("", status, "Done.", summary)


# --- what is known of it


def test_a_race_says_how_far_all_of_it_is() -> None:
    race_state = race_of(*TWO)
    assert [member.state for member in race_state.members] == ["waiting for its turn"] * 2
    assert not race_state.begun and race_state.remaining is None and race_state.progress == 0.0

    tell(
        race_state,
        0,
        events.RunStarted("/runs/a", "a", {}),
        events.StageChanged("Building the network"),
    )
    assert race_state.begun and race_state.members[0].state == "Building the network"
    tell(race_state, 0, run_prepared(), steps_done(1, [1.0] * 20))
    assert race_state.remaining is None  # that of the other is unknown

    tell(
        race_state,
        1,
        events.RunStarted("/runs/b", "b", {}),
        run_prepared(),
        steps_done(1, [1.0] * 10),
    )
    assert race_state.remaining == 12.0 and race_state.progress == pytest.approx((0.5 + 0.25) / 2)
    assert race_state.text == "race of 2 · epoch 1 of 4"

    tell(race_state, 1, run_finished("diverged"))
    assert (
        race_state.text == "race of 2 · epoch 1 of 4 · 1 ended"
        and race_state.members[1].state == "diverged"
    )

    assert race_state.paths == (Path("/runs/a"), Path("/runs/b"))
    assert race_state.holds(Record(Path("/runs/b"))) and not race_state.holds(
        Record(Path("/runs/c"))
    )
    assert not race_state.holds(Record())


def test_examples_seen_are_counted_over_odd_batches_too() -> None:
    race_state = race_of(*TWO)
    tell(race_state, 0, events.RunPrepared("CPU", "", 1, 10, 4, 12, 3, 0, 100, 250, (), {}, {}))
    assert race_state.members[0].examples(np.arange(8)).tolist() == [
        0,
        100,
        200,
        250,
        350,
        450,
        500,
        600,
    ]


def test_the_verdict_knows_chance_and_names_who_fell() -> None:
    race_state = race_of(*TWO)
    assert "first epoch" in verdict(race_state, True)
    tell(race_state, 0, run_prepared(), epoch_done(1, 0.90, 0.3))
    assert "first epoch" in verdict(race_state, True)
    tell(race_state, 1, run_prepared(), epoch_done(1, 0.80, 0.5))
    assert verdict(race_state, True) == "Epoch 1: AdamW is ahead (90 %)."

    tell(race_state, 0, run_finished())
    tell(race_state, 1, run_finished())
    text = verdict(race_state, False)
    assert text.startswith("AdamW (90 %) came out best, ahead of SGD (80 %).")
    assert "one seed" in text and "within chance" not in text

    race_state = race_of(*TWO)
    tell(race_state, 0, run_prepared(), epoch_done(1, 0.90, 0.3), run_finished())
    tell(race_state, 1, run_prepared(), epoch_done(1, 0.905, 0.3), run_finished())
    assert "within chance for 500 validation examples" in verdict(race_state, False)

    race_state = race_of(*TWO)
    tell(race_state, 0, run_prepared(), epoch_done(1, 0.90, 0.3), run_finished())
    tell(race_state, 1, run_prepared(), run_finished("diverged"))
    assert "SGD diverged" in verdict(race_state, False) and "best, ahead of" not in verdict(
        race_state, False
    )


def test_the_verdict_compares_the_same_epoch_and_says_who_is_level() -> None:
    race_state = race_of(*TWO)
    tell(race_state, 0, run_prepared(), epoch_done(1, 0.70, 0.4), epoch_done(2, 0.95, 0.2))
    tell(race_state, 1, run_prepared(), epoch_done(1, 0.80, 0.5))
    assert verdict(race_state, True) == ("At epoch 1, the last that all have: SGD is ahead (80 %).")

    tell(race_state, 1, epoch_done(2, 0.9501, 0.2))
    assert verdict(race_state, True) == "Epoch 2: AdamW and SGD are level (95 %)."

    tell(race_state, 0, run_finished())
    tell(race_state, 1, run_finished())
    assert verdict(race_state, False).startswith("AdamW and SGD are level (95 %). This is one race")


def test_who_fell_is_no_longer_compared() -> None:
    race_state = race_of(*TWO)
    tell(race_state, 0, run_prepared(), epoch_done(1, 0.70, 0.4))
    tell(race_state, 1, run_prepared(), run_finished("diverged"))
    assert verdict(race_state, True) == (
        "SGD diverged; a lower learning rate may help. There is nothing left to compare."
    )


def test_the_table_names_settings_first_and_marks_the_best(qtbot: QtBot, theme: Theme) -> None:
    race_state = race_of(
        {"optimizer": "adamw"},
        {"optimizer": "sgd"},
        {"loss": {"kind": "cross-entropy", "label_smoothing": 0.2}, "optimizer": "adam"},
    )
    tell(
        race_state,
        0,
        run_prepared(),
        epoch_done(1, 0.90, 0.3),
        run_finished(seconds=3.2, examples_per_second=1234.5),
    )
    tell(race_state, 1, run_prepared(), epoch_done(1, 0.80, 0.2))
    table = MembersTable(theme)
    qtbot.addWidget(table)
    table.show_race(race_state, [0.1, 0.2, float("nan")])
    heads = [table.horizontalHeaderItem(column).text() for column in range(table.columnCount())]
    assert heads[0] == "Variant" and heads.index("Learning rate") < heads.index(
        "Accuracy, best epoch"
    )
    assert table.rowCount() == 3 and "SGD" in table.item(1, 0).text()

    figures = {column.label: column for column in columns_of(race_state, [0.1, 0.2, float("nan")])}
    assert (
        figures["Accuracy, best epoch"].texts == ("90 %", "80 %", "–")
        and figures["Accuracy, best epoch"].best == 0
    )

    assert figures["Validation loss"].best is None  # of different losses
    assert figures["Examples/s"].texts[0] == "1,234" or figures["Examples/s"].texts[0] == "1,235"
    assert figures["Own time"].texts[0] == "3.2 s"
    assert figures["Training loss"].texts == ("0.1", "0.2", "–")
    assert figures["Floats/weight"].texts == ("4", "4", "4")

    best = table.item(0, heads.index("Accuracy, best epoch"))
    assert best.font().bold() or best.font().weight() > 400
    opened: list[int] = []
    table.opened.connect(opened.append)
    table.setCurrentCell(1, 0)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened == [1] and table.member == 1


def test_curves_lie_over_examples_and_one_out_of_bounds_does_not_flatten_the_rest(
    qtbot: QtBot, theme: Theme
) -> None:
    race_state = race_of(
        {"optimizer": "adamw"}, {"optimizer": "sgd", "training": {"epochs": 4, "batch_size": 50}}
    )
    tell(
        race_state,
        0,
        run_prepared(),
        steps_done(1, [2.0 - 0.01 * n for n in range(40)]),
        epoch_done(1, 0.9, 0.3),
    )
    tell(
        race_state,
        1,
        run_prepared(batch=50),
        steps_done(1, [2.0 * 1.4**n for n in range(40)]),
        epoch_done(1, 0.1, 1e9),
    )

    loss = TrainingLossPlot(theme, 4, 0.9)
    validation = ValidationPlot(theme, 4)
    for plot in (loss, validation):
        qtbot.addWidget(plot)
        plot.resize(400, 240)
        plot.name_curves(["AdamW", "SGD"])
        plot.show()

    loss.show_members(race_state.members)
    validation.show_members(race_state.members, None)
    assert (
        loss.curves[0].x[-1] < 4000 and loss.curves[1].x[-1] < 2000
    )  # 40 steps of 100 and of 50, looking back
    assert loss.span == (0.0, 4000.0)
    assert loss.limits()[3] < 20 and validation.limits()[3] < 1e6
    assert validation.curves[0].x.tolist() == [1000.0]
    assert any("AdamW" in name for name in loss.captions.legend)
    assert any("SGD" in name for name in loss.captions.legend)
    assert loss.smoothed(0) < 2.0 and np.isnan(loss.smoothed(3))

    validation.show_members(race_state.members, race_state.members[0].variant.task.headline)
    assert validation.curves[1].y.tolist() == [0.1] and validation.curves[0].words(0.9) == "90 %"
    loss.set_smoothing(0.0)
    assert loss.curves[0].y.tolist() == pytest.approx(
        race_state.members[0].record.losses.values.tolist()
    )


def test_a_figure_without_a_lowest_value_does_not_flatten_the_rest(
    qtbot: QtBot, theme: Theme
) -> None:
    r2 = METRICS["r2"]
    race_state = race_of(*TWO)
    plot = ValidationPlot(theme, 4)
    qtbot.addWidget(plot)
    plot.resize(400, 240)
    plot.name_curves(["AdamW", "SGD"])

    for member, values in enumerate(([0.1, 0.2, 0.3], [-2e9, 0.1, 0.2])):
        epochs = [epoch_done(number, 0.5, 0.3) for number in (1, 2, 3)]
        tell(
            race_state,
            member,
            run_prepared(),
            *(
                dataclasses.replace(done, metrics={"r2": value})
                for done, value in zip(epochs, values, strict=True)
            ),
        )

    plot.show_members(race_state.members, r2)
    _, _, low, high = plot.limits()
    assert -2 < low < 0.1 and 0.3 < high < 1


def test_a_change_of_one_member_is_reported(qtbot: QtBot) -> None:
    race_state = race_of(*TWO)
    assert changes_in_words(race_state) == ""
    tell(race_state, 1, run_prepared(), events.SettingsChanged(6, {"learning_rate_factor": 0.5}))
    assert (
        changes_in_words(race_state)
        == "Changed while it ran: SGD (learning rate × 0.5 from step 7)."
    )


# --- in the window


def set_up(qtbot: QtBot, window: Window) -> RaceSetup:
    """Returns the dialog, opened from the Learning page."""
    window.frame.go("learning")
    until(qtbot, lambda: find(window, "learning.race", QPushButton).isEnabled())
    click(qtbot, window, "learning.race")
    dialog = window.frame.findChild(RaceSetup)

    assert dialog is not None
    return dialog


def test_from_the_button_to_the_table(qtbot: QtBot, open_window: Any, tmp_path: Path) -> None:
    window = open_window()
    choose_little(qtbot, window, tmp_path, epochs=2)
    inside(window).document.replace("", name="quarters")
    dialog = set_up(qtbot, window)
    assert dialog.list.count() == 2 and not dialog.start.isEnabled()
    hint = find(window, "race.problem", QLabel)
    assert "Take one of the races above" in hint.text() and hint.property("role") == "secondary"
    assert dialog.editor.sections.value == "optimizer"
    assert [dialog.list.item(row).text() for row in range(2)] == [
        "Variant 1 (as it is now)",
        "Variant 2 (as it is now)",
    ]

    dialog.document_of(1).choose("optimizer", "sgd")
    until(qtbot, lambda: dialog.start.isEnabled() and dialog.memory.isVisible())
    assert "together" in dialog.memory.text()

    names = find(window, "race.variants", QListWidget)
    assert [names.item(row).text() for row in range(2)] == ["AdamW (as it is now)", "SGD"]
    assert "same weights" in dialog.fair.text() and "same batches" in dialog.fair.text()

    field = find(window, "race.optimizer.learning_rate")
    assert field.isVisible() and find(window, "optimizer.learning_rate").window() is window.frame
    click(qtbot, window, "race.start")
    session = inside(window).session
    assert session.active and session.racing and window.frame.page == "training"
    assert not find(window, "learning.race", QPushButton).isEnabled()

    with qtbot.waitSignal(session.finished, timeout=60_000) as finished:
        pass

    assert finished.args[0].status == "completed"
    view = find(window, "race.lanes", MembersTable)
    assert view.isVisible() and view.rowCount() == 2
    assert [member.state for member in session.race.members] == ["finished", "finished"]
    assert (
        "one seed" in find(window, "race.verdict", QLabel).text()
        or "are level" in find(window, "race.verdict", QLabel).text()
    )

    assert [path.name.split(" ", 1)[1] for path in session.race.paths] == [
        "quarters, AdamW",
        "quarters, SGD",
    ]
    view.selectRow(1)
    assert session.record is session.race.members[1].record

    click(qtbot, window, "race.results")
    assert window.frame.page == "results"
    window.frame.go("training")
    click(qtbot, window, "race.look")
    assert find(window, "training.view.overview", QPushButton).isChecked()

    click(qtbot, window, "training.view.race")
    click(qtbot, window, "race.compare")
    assert window.frame.page == "runs"

    runs = window.frame.pages["runs"]
    until(qtbot, lambda: len(runs.table.chosen()) == 2)
    session.show(Record())
    assert not find(window, "training.view.race", QPushButton).isVisibleTo(window.frame)

    session.watch(0)
    assert session.record is session.race.members[0].record


def test_a_card_sets_up_a_race_that_can_start(
    qtbot: QtBot, open_window: Any, tmp_path: Path
) -> None:
    window = open_window()
    choose_little(qtbot, window, tmp_path, epochs=2)
    inside(window).session.place = TrainingPlace(beside=True)
    dialog = set_up(qtbot, window)
    about = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "It trains here and ends with the window" in about
    for name, section in (
        ("why_adam", "optimizer"),
        ("high_rate", "optimizer"),
        ("mlp_or_cnn", "model"),
        ("cnn_or_transformer", "model"),
    ):
        click(qtbot, window, f"race.{name}")
        assert dialog.editor.sections.value == section
        until(qtbot, lambda: dialog.start.isEnabled() and dialog.memory.isVisible())
        assert not dialog.problem.isVisible(), name

    dialog.reject()


def test_pause_and_stop_act_on_all_of_it(qtbot: QtBot, open_window: Any, tmp_path: Path) -> None:
    window = open_window()
    choose_little(qtbot, window, tmp_path, epochs=400)
    dialog = set_up(qtbot, window)
    click(qtbot, window, "race.why_adam")
    assert dialog.list.count() == 4

    click(qtbot, window, "race.remove")
    assert [dialog.list.item(row).text() for row in range(3)] == [
        "SGD with momentum",
        "Adam",
        "AdamW",
    ]

    click(qtbot, window, "race.remove")
    dialog.begin()
    session = inside(window).session
    until(qtbot, lambda: session.state is State.RUNNING)
    until(qtbot, lambda: all(member.record.latest for member in session.race.members))
    assert "race of 2" in find(window, "status.text", QLabel).text()

    click(qtbot, window, "train.pause")
    assert session.state is State.PAUSED
    until(qtbot, lambda: find(window, "training.notice").isVisible())
    click(qtbot, window, "train.pause")
    assert session.state is State.RUNNING

    session.watch(1)
    assert session.live and session.record is session.race.members[1].record

    with qtbot.waitSignal(session.finished, timeout=60_000) as finished:
        click(qtbot, window, "train.stop")

    assert finished.args[0].status == "stopped"
    assert [member.record.finished.status for member in session.race.members] == [
        "stopped",
        "stopped",
    ]

    path = session.race.paths[1]
    with qtbot.waitSignal(session.finished, timeout=60_000):  # each is a run as any other
        session.go_on(path)
        assert not session.racing
        until(qtbot, lambda: session.state is State.RUNNING)
        session.stop()


def test_data_that_cannot_be_read_end_the_race_in_a_sentence(
    qtbot: QtBot, harness: Any, tmp_path: Path
) -> None:
    session = harness.parts.session
    race_state = race_of(
        *({**change, "data": {"source": str(tmp_path / "gone")}} for change in TWO)
    )
    with qtbot.waitSignal(session.finished, timeout=60_000) as finished:
        session.start_race(race_state, tmp_path / "runs")

    assert finished.args[0].status == "failed" and finished.args[0].failure is not None
    assert session.record.finished is finished.args[0] and session.state is State.IDLE


def test_a_view_shows_nothing_it_does_not_know(qtbot: QtBot, harness: Any) -> None:
    parts = harness.parts
    view = RaceView(parts.session, parts.theme, parts.preferences, parts.go)
    qtbot.addWidget(view)
    view.show_race(race_of(*TWO), True)
    assert not view.compare.isEnabled() and not view.results.isEnabled()
    assert view.facts.text() == "All begin alike."
