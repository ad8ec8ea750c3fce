"""The Training page on made-up runs: every state says what is so, and every button does what it
says.
"""

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
from app.ui.pages.training.cards import LOG_LINES
from app.ui.pages.training.page import TrainingPage
from app.ui.pages.training.run_view import VIEWS
from app.ui.plots.curves.learning_rate import HEADROOM
from app.ui.state.document import Document
from app.ui.state.record import Record
from app.ui.state.session import State
from tests.ui import made_up_run
from tests.ui.loose import Loose, loose_parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PATIENCE_MS = 60_000
TAUGHT = events.ProbePredicted(1, np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))


@pytest.fixture
def loose(qapp: object, tmp_path: Path) -> Iterator[Loose]:
    with loose_parts(tmp_path) as parts:
        parts.parts.network_measurer.close()  # this page does not need the engine
        yield parts


@pytest.fixture
def page(loose: Loose, qtbot: QtBot) -> TrainingPage:
    made = TrainingPage(loose.parts)
    qtbot.addWidget(made)
    made.resize(840, 610)

    with qtbot.waitExposed(made):
        made.show()

    return made


def text(page: TrainingPage, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None
    return label.text()


def number_of(view: str) -> int:
    """Its place among the views."""
    return [name for name, *_ in VIEWS].index(view)


def run_live(loose: Loose, record: Record, state: State = State.RUNNING) -> None:
    """As if this record's run were under way."""
    session = loose.parts.session
    session.record = session._live = record
    session.state = state
    session.begun = time.monotonic()
    session.shown.emit()
    session.state_changed.emit()


def tell(loose: Loose, *more: events.Event) -> None:
    """What the session's timer does with what a run told."""
    for event in more:
        loose.parts.session.record.add(event)

    loose.parts.session.events_received.emit(list(more))


def going(done: int = 3, patience: int = 0) -> Record:
    resolved = Experiment(
        training=TrainingSettings(epochs=4, batch_size=8, gradient_clip=0.0, patience=patience)
    )
    record = made_up_run.record_of(made_up_run.started(), made_up_run.prepared(4, 50, resolved))
    rates = np.linspace(0.01, 0.002, 50 * done)
    record.add(
        made_up_run.steps(1, np.linspace(2.0, 0.25, 50 * done), rates, np.linspace(2, 1, 50 * done))
    )

    for number, loss in zip(range(1, done + 1), (0.5, 0.231, 0.26, 0.25), strict=False):
        record.add(
            made_up_run.epoch(
                number,
                loss,
                min(number, 2),
                accuracy=0.8 + 0.06 * min(number, 2) - 0.01 * (number > 2),
            )
        )

    record.add(made_up_run.measured(100, {"total": 16e9, "free": 9e9, "process": 8e8}))
    return record


# --- empty, preparing


def test_empty_says_how_to_begin(page: TrainingPage, loose: Loose) -> None:
    assert page.stack.currentIndex() == 0
    assert page.empty.button.text() == "Choose data"
    page.empty.button.click()
    loose.document.replace("data", source="sample:digits")

    assert page.empty.button.text() == "Train"
    page.empty.button.click()
    assert (loose.gone, loose.done) == (["data"], ["train"])
    assert page.ready()[0] is False and page.guide()[0].title == "Training"


def test_preparing_shows_stage_progress_and_time(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, Record(), State.PREPARING)
    assert page.stack.currentIndex() == 1
    tell(loose, events.StageChanged("Loading engine"))
    page.preparing._stage_begun -= 2.0
    tell(loose, events.StageChanged("Reading 3,120 of 8,000 pictures", 3120, 8000))
    assert "3,120 of 8,000" in text(page, "training.stage")
    assert (page.preparing.bar.value(), page.preparing.bar.maximum()) == (3120, 8000)
    assert "Loading engine, 2 s" in page.preparing.done.text()
    assert "since the start" in page.preparing.elapsed.text()

    tell(loose, events.StageChanged("Reading 3,500 of 8,000 pictures", 3500, 8000))
    assert page.preparing.done.text().count("\n") == 0  # the same stage, further on


def test_the_first_step_brings_the_curve(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, Record(), State.PREPARING)
    tell(loose, made_up_run.started(), made_up_run.prepared(), made_up_run.steps(1, [2.3]))
    assert page.stack.currentIndex() == 2
    assert page.run.loss.raw.drawn == 1 and page.run.loss.raw.item.opts["symbol"] == "o"
    assert text(page, "figure.training_loss") == "2.3"
    assert text(page, "figure.metric") == "–"


# --- running


def test_figures(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, going(patience=5))
    labels = [label.text() for label in page.run.figures.findChildren(QLabel)]
    assert text(page, "figure.metric") == "92 %" and "epoch 2 of 4" in labels
    assert (
        text(page, "figure.validation_loss") == "0.26" and "no better for 1 of 5 epochs" in labels
    )
    assert text(page, "figure.learning_rate") == "0.002" and any(
        "falling" in label for label in labels
    )
    assert page.run.loss._best == (2.0, 0.231)
    assert page.run.headline._best == (2.0, pytest.approx(0.92))


def test_memory_predicted_and_measured(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, going())
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
    page: TrainingPage, loose: Loose, reason: str, device: dict[str, float | None]
) -> None:
    record = going()
    record.add(
        made_up_run.measured(120, device, utilisation=reason, power=reason, temperature=reason)
    )
    run_live(loose, record)
    page.run.show_view(number_of("memory"))
    panel = page.run.memory_view.panel
    values = dict(panel.lines)

    assert values["power"] == values["utilisation"] == "–"
    assert reason in panel.reasons
    assert not any(value in ("0 W", "0 °C", "0 B") for value in values.values())


def test_the_parts_of_a_gpu_add_up(page: TrainingPage, loose: Loose) -> None:
    record = going()
    record.add(
        made_up_run.measured(
            120, {"total": 8e9, "free": 2e9, "reserved": 4e9, "allocated": 3e9, "utilisation": 97.0}
        )
    )

    run_live(loose, record)
    page.run.show_view(number_of("memory"))
    parts = {part.name: part.bytes for part in page.run.memory_view.panel.bar.parts}
    assert parts == {
        "in use by the model": 3_000_000_000,
        "kept by PyTorch": 1_000_000_000,
        "other programs and the driver": 2_000_000_000,
        "free": 2_000_000_000,
    }


def test_what_it_says_now(page: TrainingPage, loose: Loose, qtbot: QtBot) -> None:
    loose.open("sample:digits")
    qtbot.waitUntil(lambda: loose.document.data_state == "ready", timeout=PATIENCE_MS)
    dataset = loose.document.dataset
    assert dataset is not None

    classes = dataset.description.classes
    rows = dataset.indices["validation"][:2]
    sure = np.full((2, len(classes)), 0.01)
    sure[0, dataset.targets[rows[0]]] = 0.9
    sure[1, (dataset.targets[rows[1]] + 1) % len(classes)] = 0.6
    run_live(loose, Record())
    ready = made_up_run.prepared()
    ready = events.RunPrepared(**{**vars(ready), "classes": classes})
    start = made_up_run.started(loose.document.experiment)
    tell(loose, start, ready, made_up_run.steps(1, [2.0]), events.ProbePredicted(1, rows, sure))
    right, wrong = page.run.probe_card.content.predictions
    assert right.lines == [classes[dataset.targets[rows[0]]], "90 %"]
    assert wrong.lines[1] == f"is {classes[dataset.targets[rows[1]]]}" and not wrong.right

    page.run.probe_card.grab()
    loose.document.replace(
        "data", height=12
    )  # other pictures later on do not change what these rows are
    tell(loose, events.ProbePredicted(2, rows, sure))
    assert len(page.run.probe_card.content.predictions) == 2


def test_pictures_that_are_not_open_are_not_made_up(page: TrainingPage, loose: Loose) -> None:
    record = going()
    record.add(TAUGHT)
    run_live(loose, record)
    assert page.run.probe_card.content is None
    assert "not open" in page.run.probe_card.note.text()


def test_a_constant_learning_rate_leaves_room_above_it(page: TrainingPage, loose: Loose) -> None:
    peaks = {}
    for kind in ("constant", "cosine"):  # the latter comes down
        experiment = Document(Experiment().replace(schedule={"kind": kind})).resolved()
        record = made_up_run.record_of(
            made_up_run.started(experiment),
            made_up_run.prepared(4, 50, experiment),
            made_up_run.steps(1, np.ones(60)),
        )
        page.run.rate.show_record(record, experiment)
        peaks[kind] = page.run.rate.limits()[3] / page.run.rate.plan.y.max()

    assert peaks["constant"] == pytest.approx(HEADROOM * peaks["cosine"])


def test_further_views(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, going())
    page.run.show_view(number_of("curves"))
    assert len(page.run.rate.rate.y) == 150 and len(page.run.norm.norm.y) == 150
    assert page.guide()[0].text.startswith("The learning rate")

    page.run.show_view(number_of("memory"))
    assert page.run.memory_view.table.isVisible()
    page.run.show_view(number_of("log"))
    tell(loose, made_up_run.epoch(4, 0.2, 4), events.Paused(200))
    log = page.findChild(QPlainTextEdit, "training.log")
    assert log is not None
    assert "Epoch 4" in log.toPlainText() and "Paused at step 200" in log.toPlainText()


def test_the_log_follows_until_somebody_scrolls_up(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, going())
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


def test_the_log_is_bounded(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, going())
    tell(loose, *[events.Paused(number) for number in range(LOG_LINES + 500)])
    page.run.show_view(number_of("log"))
    log = page.run.log_view.text

    assert log.blockCount() == LOG_LINES and log.toPlainText().endswith(f"{LOG_LINES + 499:,}")


def test_a_hidden_page_draws_nothing_and_catches_up(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, going(1))
    page.hide()
    tell(
        loose, made_up_run.steps(51, np.full(100, 0.4)), made_up_run.epoch(2, 0.3, 2, accuracy=0.99)
    )
    assert text(page, "figure.metric") == "86 %"

    page.show()
    assert text(page, "figure.metric") == "99 %" and page.run.loss.raw.drawn == 150


def test_another_record_is_shown(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, going())
    loose.parts.session.state = State.IDLE
    loose.parts.session.show(Record())
    assert page.stack.currentIndex() == 0

    loose.parts.session.show(going(2))
    assert page.stack.currentIndex() == 2 and page.run.notice.title.text() == "Interrupted"


# --- what to know and do


def test_paused_and_stopping(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, going(), State.PAUSED)
    assert page.notice.title.text() == "Paused" and page.notice.buttons["unpause"].isVisible()
    page.notice.buttons["unpause"].click()
    assert loose.parts.session.state is State.RUNNING and not page.notice.isVisible()

    loose.parts.session.state = State.STOPPING
    loose.parts.session.state_changed.emit()
    assert page.notice.title.text() == "Stopping" and "epoch 2 are kept" in page.notice.text.text()

    loose.parts.session.state = State.IDLE


def test_finished_says_which_epoch_and_what_next(page: TrainingPage, loose: Loose) -> None:
    record = going(4)
    record.add(made_up_run.finished())
    loose.parts.session.show(record)
    assert page.notice.title.text() == "Finished. Best epoch: 2 of 4"
    assert "92 %" in page.notice.text.text()

    for name in ("results", "tryit"):
        page.notice.buttons[name].click()  # type: ignore[index]

    assert loose.gone == ["results", "tryit"]
    assert page.notice.buttons["longer"].isVisible()
    assert page.ready() == (True, "")


def test_train_longer_goes_on_with_more_epochs(
    page: TrainingPage, loose: Loose, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, int | None]] = []
    monkeypatch.setattr(
        loose.parts.session, "go_on", lambda path, epochs=None: asked.append((path, epochs))
    )
    record = going(4)
    record.add(made_up_run.finished())
    loose.parts.session.show(record)
    page.notice.buttons["longer"].click()

    assert asked == [(record.path, 6)]


def test_failed_says_what_and_shows_details(page: TrainingPage, loose: Loose) -> None:
    record = going(1)
    record.add(
        made_up_run.finished(
            "failed", ("There is not enough memory.", "Take a smaller batch.", "Traceback: x")
        )
    )

    resolved = Experiment(training=TrainingSettings(batch_size=64))
    for finding in after_failure("failed", resolved, "not enough memory"):
        record.add(events.NewFinding(finding))

    loose.parts.session.show(record)
    assert page.notice.title.text() == "There is not enough memory."
    assert page.notice.buttons["remedy"].text().startswith("Batch size 32")
    assert not page.notice.details.isVisible()

    page.notice.buttons["details"].click()
    assert page.notice.details.isVisible() and page.notice.details.toPlainText() == "Traceback: x"
    page.notice.buttons["remedy"].click()
    assert loose.document.experiment.training.batch_size == 32 and loose.done == ["train"]


def test_diverged_offers_a_smaller_rate_and_marks_the_step(
    page: TrainingPage, loose: Loose
) -> None:
    record = going(1)
    record.add(made_up_run.steps(51, [np.nan, np.inf]))
    record.add(made_up_run.finished("diverged"))

    resolved = loose.document.resolved()
    for finding in after_failure("diverged", resolved):
        record.add(events.NewFinding(finding))

    loose.parts.session.show(record)
    assert page.run.loss.marks.words == ["diverged"]
    page.notice.buttons["remedy"].click()
    chosen = loose.document.experiment.optimizer
    assert chosen is not None and resolved.optimizer is not None

    before = resolved.optimizer.learning_rate  # type: ignore[attr-defined]
    assert chosen.learning_rate == pytest.approx(before / 10, rel=0.01)
    assert loose.done == ["train"]


def test_findings_stand_in_the_guide_and_their_remedies_apply(
    page: TrainingPage, loose: Loose
) -> None:
    run_live(loose, going())
    remedy = Remedy(
        "Balance the classes", {"loss.class_weights": "balanced", "training.patience": 3}
    )
    changed: list[bool] = []
    page.guide_changed.connect(lambda: changed.append(True))
    tell(
        loose,
        events.NewFinding(
            Finding("imbalance", "warning", "Uneven classes", "One class rules.", remedy)
        ),
    )

    card = next(card for card in page.guide() if card.title == "Uneven classes")
    assert changed and card.button == "Balance the classes" and card.action is not None
    before = loose.document.experiment
    card.action()
    assert loose.document.experiment.loss.class_weights == "balanced"  # type: ignore[union-attr]
    assert loose.document.experiment.training.patience == 3 and loose.done == []

    loose.document.undo()  # all of it is one step
    assert loose.document.experiment == before


def test_a_remedy_for_a_new_run_stops_this_one_first(page: TrainingPage, loose: Loose) -> None:
    run_live(loose, going())
    remedy = Remedy("Learning rate 0.001", {"optimizer.learning_rate": 0.001}, restart=True)
    tell(
        loose,
        events.NewFinding(
            Finding("jumping", "problem", "The loss climbs again", "Steps are too long.", remedy)
        ),
    )

    action = next(card.action for card in page.guide() if card.title == "The loss climbs again")
    assert action is not None
    action()
    assert loose.parts.session.state is State.STOPPING and loose.done == []

    loose.parts.session.state = State.IDLE
    loose.parts.session.finished.emit(made_up_run.finished("stopped"))
    assert loose.done == ["train"]

    loose.parts.session.finished.emit(made_up_run.finished())
    assert loose.done == ["train"]  # once


def test_a_gpu_that_spills_is_noticed(page: TrainingPage, loose: Loose) -> None:
    record = going()
    run_live(loose, record)
    full: dict[str, float | None] = {"total": 8e9, "free": 1e8, "reserved": 7e9, "allocated": 6e9}
    tell(loose, made_up_run.steps(151, [0.3], speed=900.0), made_up_run.measured(151, full))

    assert not any("GPU" in card.title for card in page.guide())
    tell(loose, made_up_run.steps(152, [0.3], speed=100.0), made_up_run.measured(152, full))
    found = [card.button for card in page.guide() if card.title == "The GPU's memory is full"]
    assert len(found) == 1 and found[0].startswith("Batch size 4")


@pytest.mark.parametrize(
    ("width", "height", "zoom"),
    [(840, 610, 1.0), (1016, 553, 1.5), (640, 500, 1.0), (1400, 900, 2.0)],
)
def test_the_plot_is_in_sight_at_any_size(
    page: TrainingPage, loose: Loose, qtbot: QtBot, width: int, height: int, zoom: float
) -> None:
    loose.parts.theme.set_zoom(zoom)
    record = going(4)
    record.add(made_up_run.finished())
    loose.parts.session.show(record)
    page.resize(width, height)
    page.grab()
    plot = page.run.loss
    sight = page.run.viewport()
    qtbot.waitUntil(lambda: page.run.horizontalScrollBar().maximum() == 0)
    place = QRect(plot.mapTo(sight, QPoint(0, 0)), plot.size()).intersected(sight.rect())
    assert place.width() == plot.width() and place.height() >= 0.9 * plot.height()
