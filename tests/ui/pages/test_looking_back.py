"""Looking back: one slider over the epochs, on Results and on Training, and two side by side."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.engine.runs.looks.epoch_looks import bytes_of, looked_at
from app.engine.text import bytes_text
from app.ui.pages.results.epochs.looking_back import NOT_KEPT
from app.ui.pages.results.page import ResultsPage
from app.ui.pages.training.epochs_view import NO_ANSWERS, EpochsView
from app.ui.pages.training.page import TrainingPage
from app.ui.pages.training.run_views import VIEWS
from app.ui.state.insight.run_looks import NONE_KEPT, READING
from app.ui.state.record import read_record
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.pages.test_results_page import show
from tests.ui.trained_runs import train_on, trained_run

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run
    from app.ui.pages.results.epochs.looking_back import LookingBack

EPOCHS = [name for name, *_ in VIEWS].index("epochs")


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ResultsPage:
    page = ResultsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(1100, 800)
    page.show()
    return page


def look_back(qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run) -> LookingBack:
    """Shows a run and opens the card that looks back."""
    show(qtbot, harness, page, run)
    if not page.folded.button.isChecked():
        assert not page.back.isVisible(), "it would push the results out of sight"
        qtbot.mouseClick(page.folded.button, Qt.MouseButton.LeftButton)

    assert page.back.isVisible()
    return page.back


def read(qtbot: QtBot, back: LookingBack, run: Run) -> None:
    there = looked_at(run.path)
    qtbot.waitUntil(lambda: list(back.looks.looks) == there, timeout=PATIENCE_MS)


def test_one_slider_moves_all_that_is_known(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    back = look_back(qtbot, harness, page, run)
    read(qtbot, back, run)
    assert back.isVisible() and looked_at(run.path) == [1, 2, 3]
    assert back.note.text() == (
        f"Kept of 3 of 3 epochs in the run's folder, for looking back: "
        f"{bytes_text(bytes_of(run.path))}."
    )

    page.show_split("validation")
    back.sliders[0].slider.setValue(0)
    column = back.columns[0]
    assert column.figures.text().startswith("Epoch 1: training loss")
    assert page.header.epoch is not None and page.header.epoch.epoch == 1, "the page goes with it"
    first = column.cards.maps.pictures[0].values
    points = column.cards.points.x.copy()
    axis = column.cards.spread._ends

    page.header.slider.setValue(2)
    assert back.sliders[0].slider.value() == 2
    assert column.figures.text().startswith("Epoch 3: ")
    assert not np.array_equal(column.cards.maps.pictures[0].values, first)
    assert not np.array_equal(column.cards.points.x, points)
    assert column.cards.spread._ends == axis, "weights are on one axis in every epoch"
    assert column.view is None, "the page shows the answers itself"
    assert not back.grab().isNull()


def test_an_epoch_gone_back_to_stays_when_the_folder_is_read_again(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    back = look_back(qtbot, harness, page, run)
    read(qtbot, back, run)
    back.choose(1)
    outcome = page._outcome
    page._read()
    qtbot.waitUntil(lambda: page._outcome is not outcome, timeout=PATIENCE_MS)
    assert page.header.epoch is not None and page.header.epoch.epoch == 1
    assert back.sliders[0].epoch is not None and back.sliders[0].epoch.epoch == 1


def test_two_epochs_stand_side_by_side_with_their_answers(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    back = look_back(qtbot, harness, page, run)
    read(qtbot, back, run)
    qtbot.mouseClick(back.compare, Qt.MouseButton.LeftButton)
    texts = [column.figures.text()[:7] for column in back.columns]
    assert texts == [f"Epoch {page.selection.used.epoch}", "Epoch 1"]  # type: ignore[union-attr]
    for column in back.columns:
        assert column.view is not None and column.view.isVisible()

    views = [column.view for column in back.columns]
    counts = [view.content.report.confusion for view in views]  # type: ignore[union-attr]
    assert not np.array_equal(*counts) and counts[0].sum() == counts[1].sum()
    qtbot.mouseClick(back.compare, Qt.MouseButton.LeftButton)
    assert not back.columns[1].isVisible()
    assert views[0] is not None and not views[0].isVisible()


def test_it_plays_to_the_end(qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run) -> None:
    back = look_back(qtbot, harness, page, run)
    read(qtbot, back, run)
    slider = back.sliders[0]
    slider.slider.setValue(slider.slider.maximum())
    seen = []
    slider.moved.connect(lambda: seen.append(slider.epoch and slider.epoch.epoch))
    qtbot.mouseClick(slider.play, Qt.MouseButton.LeftButton)
    assert slider.slider.value() == 0
    slider._timer.setInterval(1)
    qtbot.waitUntil(lambda: not slider.play.isChecked(), timeout=PATIENCE_MS)
    assert seen == [1, 2, 3]
    qtbot.mouseClick(slider.play, Qt.MouseButton.LeftButton)
    page.hide()
    assert not slider._timer.isActive(), "what nobody sees does not play"


def test_a_run_of_an_older_version_says_so_and_shows_the_rest(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    shutil.rmtree(run.path / "looks")
    back = look_back(qtbot, harness, page, run)
    qtbot.waitUntil(lambda: back.note.text() == NONE_KEPT, timeout=PATIENCE_MS)
    assert not back.columns[0].cards.isVisible()
    assert back.columns[0].figures.text().startswith("Epoch ")
    qtbot.mouseClick(back.compare, Qt.MouseButton.LeftButton)
    assert all(column.view is not None for column in back.columns)


def test_an_epoch_between_two_that_were_kept_says_which_is_shown(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    (run.path / "looks" / "0002.npz").unlink()
    back = look_back(qtbot, harness, page, run)
    read(qtbot, back, run)
    back.choose(2)
    assert "the network after epoch 1" in back.columns[0].note.text()
    back.choose(3)
    assert not back.columns[0].note.isVisible()


def test_training_goes_on_from_a_kept_epoch_only(
    qtbot: QtBot,
    harness: Harness,
    page: ResultsPage,
    run: Run,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    read(qtbot, look_back(qtbot, harness, page, run), run)
    assert not page.back.go_on.isEnabled() and NOT_KEPT[:40] in page.back.go_on.toolTip()

    kept = trained_run(tmp_path_factory, tmp_path / "runs", "kept", keep_epochs=True)
    show(qtbot, harness, page, kept)
    qtbot.waitUntil(lambda: page.back.looks.kept == [1, 2, 3], timeout=PATIENCE_MS)
    page.back.choose(1)
    assert page.back.go_on.isEnabled()
    session = harness.parts.session
    with qtbot.waitSignal(session.finished, timeout=PATIENCE_MS) as finished:
        qtbot.mouseClick(page.back.go_on, Qt.MouseButton.LeftButton)

    assert finished.args[0].status == "completed"
    assert harness.pages_opened == ["training"]
    path = session.record.path
    assert path is not None and path.name.endswith("branch from epoch 1")
    assert [epoch.epoch for epoch in session.record.epochs] == [1, 2, 3]
    assert [text for _, text in session.record.marks] == ["resumed"], "its curve says where"


def test_the_epochs_of_a_training_are_looked_back_at_while_it_goes_on(
    qtbot: QtBot, harness: Harness, tmp_path: Path
) -> None:
    page = TrainingPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(1100, 800)
    page.show()
    harness.open("sample:digits")
    harness.document.choose("model", "cnn")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    page.run.show_view(EPOCHS)
    view = page.run.views.page(EpochsView)
    assert not view.back.isVisible() and "After the first epoch" in view.note.text()

    session = harness.parts.session
    harness.document.replace("training", epochs=10_000, device="cpu", threads=1)
    session.start(harness.document.experiment, tmp_path)
    back = view.back
    qtbot.waitUntil(
        lambda: len(session.record.epochs) > 2 and back.columns[0].cards.isVisible(),
        timeout=PATIENCE_MS,
    )
    column = back.columns[0]
    assert column.view is not None and column.view.isVisible(), "its answers are shown here"
    back.sliders[0].slider.setValue(0)
    assert column.figures.text().startswith("Epoch 1: ")
    known = len(session.record.epochs)
    qtbot.waitUntil(lambda: len(session.record.epochs) > known, timeout=PATIENCE_MS)
    assert back.sliders[0].slider.value() == 0, "it stays where it was put"
    session.stop_at_once()
    qtbot.waitUntil(lambda: not session.active, timeout=PATIENCE_MS)


def test_the_record_of_a_run_that_is_over_shows_too(
    qtbot: QtBot, harness: Harness, run: Run
) -> None:
    page = TrainingPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(700, 600)
    page.show()
    harness.parts.session.show(read_record(run.path))
    page.run.show_view(EPOCHS)
    read(qtbot, page.run.views.page(EpochsView).back, run)
    assert page.run.views.page(EpochsView).back.columns[0].cards.isVisible()


def test_answers_that_its_folder_explains_show_once_that_is_read(
    qtbot: QtBot, harness: Harness, tmp_path: Path
) -> None:
    """Of amounts nothing can be said before; nothing else comes later that would draw it."""
    run = train_on(tmp_path / "runs", {"source": "sample:diabetes"}, {"template": "mlp"}, 3)
    page = TrainingPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    harness.parts.session.show(read_record(run.path))
    page.run.show_view(EPOCHS)
    view = page.run.views.page(EpochsView)
    assert view.note.text() == READING and not view.back.isVisible()
    qtbot.waitUntil(view.back.isVisible, timeout=PATIENCE_MS)
    assert not view.note.isVisible()
    column = view.back.columns[0]
    assert column.view is not None and column.figures.text().startswith("Epoch 3: ")


def test_what_was_not_kept_is_said_however_often_it_is_drawn(
    qtbot: QtBot, harness: Harness, run: Run
) -> None:
    shutil.rmtree(run.path / "epochs")
    record = read_record(run.path)
    for epoch in record.epochs:
        object.__setattr__(epoch, "confusion", None)

    view = EpochsView(harness.parts)
    qtbot.addWidget(view)
    view.show()
    view.show_record(record, None)
    qtbot.waitUntil(lambda: view.note.text() == NO_ANSWERS, timeout=PATIENCE_MS)
    view.show_record(record, None)
    assert view.note.isVisible() and not view.back.isVisible()
