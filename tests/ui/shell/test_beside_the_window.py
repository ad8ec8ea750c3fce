"""Where a run trains is chosen beside Train; a run beside the window is left, and found again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMessageBox, QPushButton

from app.engine.queue.items import Queue
from app.engine.runs.run import Run
from app.ui.state.session import State
from tests.engine.detached.following import wait_for
from tests.ui.conftest import OpenWindow, close
from tests.ui.window_actions import choose_little, click, find, inside, until

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = [
    pytest.mark.usefixtures("forked_processes"),
    pytest.mark.skipif(sys.platform == "win32", reason="sends signals"),
]


def test_a_run_beside_goes_on_when_the_window_is_closed_and_is_found_again(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    choose_little(qtbot, window, folders, epochs=3000)
    place = find(window, "train.place", QPushButton)
    assert place.text() == "Here"
    find(window, "train.place.beside", QAction).trigger()
    assert place.text() == "Beside"
    click(qtbot, window, "train.start")
    session = inside(window).session
    until(qtbot, lambda: session.state is State.RUNNING)
    assert "beside the window" in window.frame.bottom.text.text()
    assert not place.isVisible()

    window.frame.close()
    box = find(window, "quit.ask", QMessageBox)
    leave = box.findChild(QPushButton, "quit.leave")
    assert leave is box.defaultButton()
    assert "goes on without the window" in box.informativeText()
    leave.click()
    until(qtbot, lambda: not window.frame.isVisible())
    path = session.record.path
    seen = len(session.record.steps)
    close(window)
    assert path is not None and Run(path).status == "running"

    again = open_window()
    session = inside(again).session
    until(qtbot, lambda: session.active and len(session.record.steps) > seen)
    assert session.record.path == path
    assert again.frame.page == "training"
    assert find(again, "train.place", QPushButton).text() == "Beside"
    click(qtbot, again, "train.stop")
    until(qtbot, lambda: not session.active)
    assert Run(path).status == "stopped"
    assert session.record.finished is not None


def test_the_queue_stands_on_top_of_the_runs(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    choose_little(qtbot, window, folders, epochs=1)
    queue = inside(window).queue
    for count in (1, 2):
        find(window, "train.queue", QAction).trigger()
        until(qtbot, lambda count=count: len(queue.view.waiting) == count)

    assert window.frame.page == "runs"
    card = window.frame.pages["runs"].queue
    assert card.isVisible()
    assert card.why.text().startswith("2 wait")
    first, second = queue.view.waiting
    rows = card._rows
    assert [row.name.text() for row in rows] == [first.name, second.name]
    assert not rows[0].up.isEnabled() and rows[0].down.isEnabled()
    rows[1].up.click()
    until(qtbot, lambda: [item.number for item in queue.view.waiting] == [2, 1])
    rows[1].gone.click()
    until(qtbot, lambda: [item.number for item in queue.view.waiting] == [2])

    with qtbot.waitSignal(queue.ended, timeout=120_000) as heard:
        click(qtbot, window, "runs.queue.toggle")

    assert not heard.args[0].items  # it completed
    assert not card.isVisible()
    (item,) = Queue().items()
    assert (item.number, item.state) == (2, "completed")
    wait_for(lambda: Run(item.run).status == "completed")
