"""The Training page on fake runs: every state shows what is so, and every button does its work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractSlider, QLabel, QPlainTextEdit

from app.engine.advice.after_training import after_failure
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.runs import events
from app.engine.runs.findings import Finding, Remedy
from app.ui.pages.training.cards import LOG_LINES, MemoryView
from app.ui.pages.training.page import TrainingPage
from app.ui.pages.training.run_views import VIEWS
from app.ui.state.record import Record
from app.ui.state.session import State
from tests.ui import fake_run
from tests.ui.harness import Harness, open_harness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PATIENCE_MS = 60_000
TAUGHT = events.ProbePredicted(1, np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))


@pytest.fixture
def harness(qapp: object, tmp_path: Path) -> Iterator[Harness]:
    with open_harness(tmp_path) as parts:
        parts.parts.network_measurer.close()  # this page does not need the engine
        yield parts


@pytest.fixture
def page(harness: Harness, qtbot: QtBot) -> TrainingPage:
    training_page = TrainingPage(harness.parts)
    qtbot.addWidget(training_page)
    training_page.resize(840, 610)

    with qtbot.waitExposed(training_page):
        training_page.show()

    return training_page


def text(page: TrainingPage, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None
    return label.text()


def number_of(view: str) -> int:
    """Returns the index of a view."""
    return [name for name, *_ in VIEWS].index(view)


def run_live(harness: Harness, record: Record, state: State = State.RUNNING) -> None:
    """Puts the session in the state of this record's run under way."""
    session = harness.parts.session
    session.record = session._live = record
    session.state = state
    session.begun = time.monotonic()
    session.shown.emit()
    session.state_changed.emit()


def tell(harness: Harness, *more: events.Event) -> None:
    """Passes events on as the session's timer does."""
    for event in more:
        harness.parts.session.record.add(event)

    harness.parts.session.events_received.emit(list(more))


def going(done: int = 3, patience: int = 0) -> Record:
    resolved = Experiment(
        training=TrainingSettings(epochs=4, batch_size=8, gradient_clip=0.0, patience=patience)
    )
    record = fake_run.record_of(fake_run.run_started(), fake_run.run_prepared(4, 50, resolved))
    rates = np.linspace(0.01, 0.002, 50 * done)
    record.add(
        fake_run.steps_done(
            1, np.linspace(2.0, 0.25, 50 * done), rates, np.linspace(2, 1, 50 * done)
        )
    )

    for number, loss in zip(range(1, done + 1), (0.5, 0.231, 0.26, 0.25), strict=False):
        record.add(
            fake_run.epoch_done(
                number,
                loss,
                min(number, 2),
                accuracy=0.8 + 0.06 * min(number, 2) - 0.01 * (number > 2),
            )
        )

    record.add(fake_run.memory_measured(100, {"total": 16e9, "free": 9e9, "process": 8e8}))
    return record


# --- empty, preparing


def test_empty_says_how_to_begin(page: TrainingPage, harness: Harness) -> None:
    assert page.stack.currentIndex() == 0
    assert page.empty.button.text() == "Choose data"
    page.empty.button.click()
    harness.document.replace("data", source="sample:digits")

    assert page.empty.button.text() == "Train"
    page.empty.button.click()
    assert (harness.pages_opened, harness.actions) == (["data"], ["train"])
    assert page.ready()[0] is False and page.guide()[0].title == "Training"


def test_preparing_shows_stage_progress_and_time(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, Record(), State.PREPARING)
    assert page.stack.currentIndex() == 1
    tell(harness, events.StageChanged("Loading engine"))
    page.preparing._stage_begun -= 2.0
    tell(harness, events.StageChanged("Reading 3,120 of 8,000 pictures", 3120, 8000))
    assert "3,120 of 8,000" in text(page, "training.stage")
    assert (page.preparing.bar.value(), page.preparing.bar.maximum()) == (3120, 8000)
    assert "Loading engine, 2 s" in page.preparing.done.text()
    assert "since the start" in page.preparing.elapsed.text()

    tell(harness, events.StageChanged("Reading 3,500 of 8,000 pictures", 3500, 8000))
    assert page.preparing.done.text().count("\n") == 0  # the same stage, further on


def test_the_first_step_brings_the_curve(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, Record(), State.PREPARING)
    tell(harness, fake_run.run_started(), fake_run.run_prepared(), fake_run.steps_done(1, [2.3]))
    assert page.stack.currentIndex() == 2
    assert page.run.loss.raw.drawn == 1 and page.run.loss.raw.item.opts["symbol"] == "o"
    assert text(page, "figure.training_loss") == "2.3"
    assert text(page, "figure.metric") == "–"


# --- running


def test_figures(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, going(patience=5))
    labels = [label.text() for label in page.run.figures.findChildren(QLabel)]
    assert text(page, "figure.metric") == "92 %" and "best epoch, 2 of 4" in labels
    assert (
        text(page, "figure.validation_loss") == "0.26" and "no better for 1 of 5 epochs" in labels
    )
    assert text(page, "figure.learning_rate") == "0.002" and any(
        "falling" in label for label in labels
    )
    assert page.run.loss._best == (2.0, 0.231)
    assert page.run.headline._best == (2.0, pytest.approx(0.92))


def test_memory_predicted_and_measured(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, going())
    card = page.run.memory_card
    assert card.why.text() == "208 MiB, predicted 210 (-0.9 %)"
    assert card.table.sum.text() == "4n = 4 × 160,874 floats = 2.5 MiB"

    widths = {part.key: box.width() for part, box in card.bar.segments()}
    assert widths["activations"] / widths["data"] == pytest.approx(168 / 47, rel=0.01)  # to scale
    enlarged = [box.width() for _, box in card.bar.enlarged_segments()]
    assert len(enlarged) == 4 and max(enlarged) == pytest.approx(min(enlarged))


@pytest.mark.parametrize(
    ("reason", "device"),
    [
        ("No NVIDIA driver library was found.", {}),
        ("The driver refuses to tell this.", {"total": None, "free": None, "reserved": None}),
        (
            "This GPU does not tell this.",
            {"total": 8e9, "free": 2e9, "reserved": 4e9, "allocated": 3e9, "power": None},
        ),
    ],
)
def test_what_the_driver_refuses_is_a_dash_with_its_reason(
    page: TrainingPage, harness: Harness, reason: str, device: dict[str, float | None]
) -> None:
    record = going()
    record.add(
        fake_run.memory_measured(120, device, utilisation=reason, power=reason, temperature=reason)
    )
    run_live(harness, record)
    page.run.show_view(number_of("memory"))
    panel = page.run.views.page(MemoryView).panel
    values = dict(panel.lines)

    assert values["power"] == values["utilisation"] == "–"
    assert reason in panel.reasons
    assert not any(value in ("0 W", "0 °C", "0 B") for value in values.values())


def test_the_parts_of_a_gpu_add_up(page: TrainingPage, harness: Harness) -> None:
    record = going()
    record.add(
        fake_run.memory_measured(
            120, {"total": 8e9, "free": 2e9, "reserved": 4e9, "allocated": 3e9, "utilisation": 97.0}
        )
    )

    run_live(harness, record)
    page.run.show_view(number_of("memory"))
    parts = {part.name: part.bytes for part in page.run.views.page(MemoryView).panel.bar.parts}
    assert parts == {
        "in use by the model": 3_000_000_000,
        "kept by PyTorch": 1_000_000_000,
        "other programs and the driver": 2_000_000_000,
        "free": 2_000_000_000,
    }


def test_what_it_says_now(page: TrainingPage, harness: Harness, qtbot: QtBot) -> None:
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    dataset = harness.document.dataset
    assert dataset is not None

    classes = dataset.description.classes
    rows = dataset.indices["validation"][:2]
    sure = np.full((2, len(classes)), 0.01)
    sure[0, dataset.targets[rows[0]]] = 0.9
    sure[1, (dataset.targets[rows[1]] + 1) % len(classes)] = 0.6
    run_live(harness, Record())
    ready = fake_run.run_prepared()
    ready = events.RunPrepared(**{**vars(ready), "classes": classes})
    start = fake_run.run_started(harness.document.experiment)
    tell(harness, start, ready, fake_run.steps_done(1, [2.0]), events.ProbePredicted(1, rows, sure))
    right, wrong = page.run.probe_card.content.predictions
    assert right.lines == [classes[dataset.targets[rows[0]]], "90 %"]
    assert wrong.lines[1] == f"is {classes[dataset.targets[rows[1]]]}" and not wrong.right

    page.run.probe_card.grab()
    harness.document.replace(
        "data", height=12
    )  # other pictures later on do not change what these rows are
    tell(harness, events.ProbePredicted(2, rows, sure))
    assert len(page.run.probe_card.content.predictions) == 2


def test_pictures_that_are_not_open_are_not_made_up(page: TrainingPage, harness: Harness) -> None:
    record = going()
    record.add(TAUGHT)
    run_live(harness, record)
    assert page.run.probe_card.content is None
    assert "not open" in page.run.probe_card.note.text()


def test_further_views(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, going())
    page.run.show_view(number_of("curves"))
    assert len(page.run.rate.rate.y) == 150 and len(page.run.norm.norm.y) == 150
    assert page.guide()[0].text.startswith("The learning rate")

    page.run.show_view(number_of("memory"))
    assert page.run.views.page(MemoryView).table.isVisible()
    page.run.show_view(number_of("log"))
    tell(harness, fake_run.epoch_done(4, 0.2, 4), events.Paused(200))
    log = page.findChild(QPlainTextEdit, "training.log")
    assert log is not None
    assert "Epoch 4" in log.toPlainText() and "Paused at step 200" in log.toPlainText()


def test_the_log_follows_until_somebody_scrolls_up(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, going())
    page.run.show_view(number_of("log"))
    log = page.run.log_view
    bar = page.run.log_view.text.verticalScrollBar()
    log.add(
        [events.StageChanged("a long line " * 40 + str(number)) for number in range(200)],
        page._run_data,
    )

    page.resize(page.width(), page.height() - 60)
    assert bar.maximum() > 0 and bar.value() == bar.maximum()
    bar.triggerAction(QAbstractSlider.SliderAction.SliderToMinimum)
    log.add([events.StageChanged("more")], page._run_data)
    assert bar.value() == 0

    bar.triggerAction(QAbstractSlider.SliderAction.SliderToMaximum)
    log.add([events.StageChanged("more still")], page._run_data)
    assert bar.value() == bar.maximum()


def test_the_log_is_bounded(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, going())
    tell(harness, *[events.Paused(number) for number in range(LOG_LINES + 500)])
    page.run.show_view(number_of("log"))
    log = page.run.log_view.text

    assert log.blockCount() == LOG_LINES and log.toPlainText().endswith(f"{LOG_LINES + 499:,}")


def test_a_hidden_page_draws_nothing_and_catches_up(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, going(1))
    page.hide()
    tell(
        harness,
        fake_run.steps_done(51, np.full(100, 0.4)),
        fake_run.epoch_done(2, 0.3, 2, accuracy=0.99),
    )
    assert text(page, "figure.metric") == "86 %"

    page.show()
    assert text(page, "figure.metric") == "99 %" and page.run.loss.raw.drawn == 150


def test_another_record_is_shown(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, going())
    harness.parts.session.state = State.IDLE
    harness.parts.session.show(Record())
    assert page.stack.currentIndex() == 0

    harness.parts.session.show(going(2))
    assert page.stack.currentIndex() == 2 and page.run.notice.title.text() == "Interrupted"


# --- what to know and do


def test_paused_and_stopping(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, going(), State.PAUSED)
    assert page.notice.title.text() == "Paused" and page.notice.buttons["unpause"].isVisible()
    page.notice.buttons["unpause"].click()
    assert harness.parts.session.state is State.RUNNING and not page.notice.isVisible()

    harness.parts.session.state = State.STOPPING
    harness.parts.session.state_changed.emit()
    assert page.notice.title.text() == "Stopping" and "epoch 2 are kept" in page.notice.text.text()

    harness.parts.session.state = State.IDLE


def test_finished_says_which_epoch_and_what_next(page: TrainingPage, harness: Harness) -> None:
    record = going(4)
    record.add(fake_run.run_finished())
    harness.parts.session.show(record)
    assert page.notice.title.text() == "Finished. Best epoch: 2 of 4"
    assert "92 %" in page.notice.text.text()

    for name in ("results", "tryit"):
        page.notice.buttons[name].click()  # type: ignore[index]

    assert harness.pages_opened == ["results", "tryit"]
    assert page.notice.buttons["longer"].isVisible()
    assert page.ready() == (True, "")


def test_train_longer_goes_on_with_more_epochs(
    page: TrainingPage, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[tuple[Path, int | None]] = []
    monkeypatch.setattr(
        harness.parts.session, "go_on", lambda path, epochs=None: requests.append((path, epochs))
    )
    record = going(4)
    record.add(fake_run.run_finished())
    harness.parts.session.show(record)
    page.notice.buttons["longer"].click()

    assert requests == [(record.path, 6)]


def test_failed_says_what_and_shows_details(page: TrainingPage, harness: Harness) -> None:
    record = going(1)
    record.add(
        fake_run.run_finished(
            "failed", ("There is not enough memory.", "Take a smaller batch.", "Traceback: x")
        )
    )

    resolved = Experiment(training=TrainingSettings(batch_size=64))
    for finding in after_failure("failed", resolved, "not enough memory"):
        record.add(events.NewFinding(finding))

    harness.parts.session.show(record)
    assert page.notice.title.text() == "There is not enough memory."
    assert page.notice.buttons["remedy"].text().startswith("Batch size 32")
    assert not page.notice.details.isVisible()

    page.notice.buttons["details"].click()
    assert page.notice.details.isVisible() and page.notice.details.toPlainText() == "Traceback: x"
    page.notice.buttons["remedy"].click()
    assert harness.document.experiment.training.batch_size == 32 and harness.actions == ["train"]


def test_diverged_offers_a_smaller_rate_and_marks_the_step(
    page: TrainingPage, harness: Harness
) -> None:
    record = going(1)
    record.add(fake_run.steps_done(51, [np.nan, np.inf]))
    record.add(fake_run.run_finished("diverged"))

    resolved = harness.document.resolved()
    for finding in after_failure("diverged", resolved):
        record.add(events.NewFinding(finding))

    harness.parts.session.show(record)
    assert page.run.loss.marks.words == ["diverged"]
    page.notice.buttons["remedy"].click()
    chosen = harness.document.experiment.optimizer
    assert chosen is not None and resolved.optimizer is not None

    before = resolved.optimizer.learning_rate  # type: ignore[attr-defined]
    assert chosen.learning_rate == pytest.approx(before / 10, rel=0.01)
    assert harness.actions == ["train"]


def test_findings_stand_in_the_guide_and_their_remedies_apply(
    page: TrainingPage, harness: Harness
) -> None:
    run_live(harness, going())
    remedy = Remedy(
        "Balance the classes", {"loss.class_weights": "balanced", "training.patience": 3}
    )
    changed: list[bool] = []
    page.guide_changed.connect(lambda: changed.append(True))
    tell(
        harness,
        events.NewFinding(
            Finding("imbalance", "warning", "Uneven classes", "One class rules.", remedy)
        ),
    )

    card = next(card for card in page.guide() if card.title == "Uneven classes")
    assert changed and card.button == "Balance the classes" and card.action is not None
    before = harness.document.experiment
    card.action()
    assert harness.document.experiment.loss.class_weights == "balanced"  # type: ignore[union-attr]
    assert harness.document.experiment.training.patience == 3 and harness.actions == []

    harness.document.undo()  # all of it is one step
    assert harness.document.experiment == before


def test_a_remedy_for_a_new_run_stops_this_one_first(page: TrainingPage, harness: Harness) -> None:
    run_live(harness, going())
    remedy = Remedy("Learning rate 0.001", {"optimizer.learning_rate": 0.001}, restart=True)
    tell(
        harness,
        events.NewFinding(
            Finding("jumping", "problem", "The loss climbs again", "Steps are too long.", remedy)
        ),
    )

    action = next(card.action for card in page.guide() if card.title == "The loss climbs again")
    assert action is not None
    action()
    assert harness.parts.session.state is State.STOPPING and harness.actions == []

    harness.parts.session.state = State.IDLE
    harness.parts.session.finished.emit(fake_run.run_finished("stopped"))
    assert harness.actions == ["train"]

    harness.parts.session.finished.emit(fake_run.run_finished())
    assert harness.actions == ["train"]  # once


def test_a_gpu_that_spills_is_noticed(page: TrainingPage, harness: Harness) -> None:
    record = going()
    run_live(harness, record)
    full: dict[str, float | None] = {"total": 8e9, "free": 1e8, "reserved": 7e9, "allocated": 6e9}
    tell(harness, fake_run.steps_done(151, [0.3], speed=900.0), fake_run.memory_measured(151, full))

    assert not any("GPU" in card.title for card in page.guide())
    tell(harness, fake_run.steps_done(152, [0.3], speed=100.0), fake_run.memory_measured(152, full))
    buttons = [card.button for card in page.guide() if card.title == "The GPU's memory is full"]
    assert len(buttons) == 1 and buttons[0].startswith("Batch size 4")


@pytest.mark.parametrize(
    ("width", "height", "zoom"),
    [(840, 610, 1.0), (1016, 553, 1.5), (640, 500, 1.0), (1400, 900, 2.0)],
)
def test_the_plot_is_in_sight_at_any_size(
    page: TrainingPage, harness: Harness, qtbot: QtBot, width: int, height: int, zoom: float
) -> None:
    harness.parts.theme.set_zoom(zoom)
    record = going(4)
    record.add(fake_run.run_finished())
    harness.parts.session.show(record)
    page.resize(width, height)
    page.grab()
    plot = page.run.loss
    sight = page.run.viewport()
    qtbot.waitUntil(lambda: page.run.horizontalScrollBar().maximum() == 0)
    area = QRect(plot.mapTo(sight, QPoint(0, 0)), plot.size()).intersected(sight.rect())
    assert area.width() == plot.width() and area.height() >= 0.9 * plot.height()
