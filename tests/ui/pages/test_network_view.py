"""Inside the network on Training: an example in every block, live, and free while nobody looks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from app.engine.experiment.experiment import Experiment
from app.ui.pages.training.network.view import NetworkView
from app.ui.pages.training.page import TrainingPage
from app.ui.pages.training.run_views import INSIDE, VIEWS
from app.ui.state.insight.run_outputs import NO_DATA
from app.ui.state.record import read_record
from app.ui.widgets.outputs.block_table import DEAD, NAME
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.pages.test_members_card import settle

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run

NETWORK = [name for name, *_ in VIEWS].index("network")


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> TrainingPage:
    page = TrainingPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    return page


def open_digits(qtbot: QtBot, harness: Harness) -> None:
    harness.open("sample:digits")
    harness.document.choose("model", "cnn")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)


def test_a_training_is_looked_into_while_the_view_is_in_front(
    qtbot: QtBot, harness: Harness, page: TrainingPage, tmp_path: Path
) -> None:
    session = harness.parts.session
    open_digits(qtbot, harness)
    page.run.show_view(NETWORK)
    view = page.run.views.page(NetworkView)
    harness.document.replace("training", epochs=10_000, device="cpu", threads=1)
    session.start(harness.document.experiment, tmp_path)
    qtbot.waitUntil(lambda: "after step" in view.note.text(), timeout=PATIENCE_MS)
    table = view.blocks.table.blocks
    assert table.names[:2] == ["input", "conv1"]
    assert "16" in table.data(table.index(1, DEAD)) or "of" in table.data(table.index(1, DEAD))
    assert not view.blocks.table.grab().isNull()

    row = table.names.index("conv1")
    view.blocks.table.setCurrentIndex(table.index(row, NAME))
    qtbot.waitUntil(lambda: bool(view.blocks.large.pictures), timeout=PATIENCE_MS)
    assert view.blocks.title.text() == "conv1" and "Dead:" in view.blocks.figures.text()

    before = view.outputs.place
    qtbot.mouseClick(view.choice.after, Qt.MouseButton.LeftButton)
    assert view.outputs.place == before + 1

    page.run.show_view(0)
    assert session._control.outputs is None and view.outputs.outputs == {}
    page.run.show_view(NETWORK)
    qtbot.waitUntil(lambda: bool(view.outputs.outputs), timeout=PATIENCE_MS)
    page.hide()
    assert session._control.outputs is None
    session.stop_at_once()
    qtbot.waitUntil(lambda: not session.active, timeout=PATIENCE_MS)


def test_a_run_that_is_over_shows_its_weights_in_use(
    qtbot: QtBot, harness: Harness, page: TrainingPage, run: Run
) -> None:
    harness.document.set(Experiment(data=run.experiment().data))
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.parts.session.show(read_record(run.path))
    page.run.show_view(NETWORK)
    view = page.run.views.page(NetworkView)
    qtbot.waitUntil(lambda: bool(view.outputs.outputs), timeout=PATIENCE_MS)
    assert view.note.text().startswith(f"Weights of '{run.name}', after epoch")
    assert view.blocks.isVisible()
    assert view.choice.picture.accessibleName().startswith("The example: ")
    view.show_data(None)
    qtbot.waitUntil(lambda: view.note.text() == NO_DATA, timeout=PATIENCE_MS)
    assert view.choice.picture.accessibleName() == "", "none is shown"

    qtbot.mouseClick(view.norms, Qt.MouseButton.LeftButton)
    assert page.run.group.button(INSIDE).isChecked()


def test_without_the_data_a_sentence_says_what_to_do(
    qtbot: QtBot, harness: Harness, page: TrainingPage, run: Run
) -> None:
    harness.parts.session.show(read_record(run.path))
    page.run.show_view(NETWORK)
    view = page.run.views.page(NetworkView)
    qtbot.waitUntil(lambda: view.note.text() == NO_DATA, timeout=PATIENCE_MS)
    assert not view.blocks.isVisible() and not view.choice.isEnabled()


def test_what_comes_too_late_is_not_shown_over_a_sentence(
    qtbot: QtBot, harness: Harness, page: TrainingPage, run: Run
) -> None:
    harness.document.set(Experiment(data=run.experiment().data))
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.parts.session.show(read_record(run.path))
    page.run.show_view(NETWORK)
    view = page.run.views.page(NetworkView)
    qtbot.waitUntil(lambda: bool(view.outputs.outputs), timeout=PATIENCE_MS)
    open_ended = threading.Event()
    harness.parts.background.run(lambda _: open_ended.wait(), lambda _: None)  # a busy worker
    view.outputs.choose_example("validation", 1)
    qtbot.waitUntil(lambda: view.outputs.busy, timeout=PATIENCE_MS)
    view.show_data(None)
    qtbot.waitUntil(lambda: view.note.text() == NO_DATA, timeout=PATIENCE_MS)
    open_ended.set()
    settle(qtbot, harness)
    assert view.note.text() == NO_DATA and not view.outputs.outputs
