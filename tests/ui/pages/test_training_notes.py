"""Pause, finish and change notes come and go, and the plots stay where they are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint

from app.engine.runs import events
from app.engine.runs.live_changes import RATE_FACTOR
from app.ui.pages.training.page import TrainingPage
from app.ui.state.session import State
from tests.ui import fake_run
from tests.ui.harness import Harness, open_harness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture
def harness(qapp: object, tmp_path: Path) -> Iterator[Harness]:
    with open_harness(tmp_path) as harness:
        yield harness


@pytest.mark.parametrize("size", [(830, 600), (1200, 860)])
def test_plots_stay_where_they_are(harness: Harness, qtbot: QtBot, size: tuple[int, int]) -> None:
    page = TrainingPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(*size)
    with qtbot.waitExposed(page):
        page.show()

    session = harness.parts.session
    record = fake_run.record_of(
        fake_run.run_started(harness.parts.document.experiment),
        fake_run.run_prepared(4, 50),
        fake_run.steps_done(1, [2.0] * 60),
        fake_run.epoch_done(1, 1.0, 1),
    )
    session.record = session._live = record
    session.begun = time.monotonic()
    session.state = State.RUNNING
    session.shown.emit()
    session.state_changed.emit()

    def place() -> int:
        qtbot.waitUntil(page.run.loss_card.isVisible)
        page.grab()
        return page.run.loss_card.mapTo(page, QPoint()).y()

    before = place()
    assert not page.notice.isVisible() and not page.run.changes.isVisible()

    change = events.SettingsChanged(60, {RATE_FACTOR: 0.5})
    record.add(change)
    session.events_received.emit([change])
    page._draw()
    assert page.run.changes.isVisible() and place() == before

    session.state = State.PAUSED
    session.state_changed.emit()
    assert page.notice.isVisible() and place() == before

    session.state = State.IDLE
    finished = fake_run.run_finished()
    record.add(finished)
    session.events_received.emit([finished])
    session.state_changed.emit()
    assert page.notice.isVisible() and place() == before
    assert page.notice.mapTo(page, QPoint()).y() > before + page.run.loss_card.height() / 2
