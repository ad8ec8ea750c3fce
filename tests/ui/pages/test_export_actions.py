"""Where an export begins: the Results page, the menus of a run, the menu of the window."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QWidget

from app.ui.pages.results.page import ResultsPage
from app.ui.pages.runs.page import RunsPage
from app.ui.state.action import Action
from app.ui.state.background import Failure
from app.ui.state.exports.exporter import CANCELLED, ExportEnd, ExportOrder
from app.ui.state.exports.run_exports import NO_WEIGHTS
from app.ui.state.record import read_record
from app.ui.widgets.export.dialog import ExportDialog
from tests.engine.export.proofs import a_proof
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.window_actions import click, find, inside, until

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run
    from tests.ui.conftest import OpenWindow


def dialog_of(qtbot: QtBot, window: QWidget, path: Path) -> None:
    """Waits for the dialog in front of a window, and closes it."""
    dialogs = [each for each in window.findChildren(ExportDialog) if each.isVisible()]
    assert [each.path for each in dialogs] == [path]
    qtbot.waitUntil(lambda: dialogs[0].run is not None, timeout=PATIENCE_MS)
    dialogs[0].accept()


def test_results_exports_the_run_it_shows(qtbot: QtBot, harness: Harness, run: Run) -> None:
    page = ResultsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)
    page.show()
    harness.parts.session.show(read_record(run.path))
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1 and not page.live, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.header.export, Qt.MouseButton.LeftButton)
    dialog_of(qtbot, page, run.path)

    shutil.rmtree(run.path / "checkpoints")
    harness.parts.session.show(read_record(run.path))
    qtbot.waitUntil(lambda: not page.header.export.isEnabled(), timeout=PATIENCE_MS)
    assert page.header.export.toolTip() == NO_WEIGHTS

    chip = page.header.chip
    chip.menu.aboutToShow.emit()
    assert not chip.actions_of_run["export"].isEnabled()
    assert chip.actions_of_run["export"].toolTip() == NO_WEIGHTS


def test_runs_exports_the_chosen_run(qtbot: QtBot, harness: Harness, run: Run) -> None:
    page = RunsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)
    page.show()
    qtbot.waitUntil(lambda: len(page.table.runs.entries) == 1, timeout=PATIENCE_MS)
    action = page.findChild(QAction, "runs.export")
    assert action is not None and action.isEnabled()
    action.trigger()
    dialog_of(qtbot, page, run.path)

    shutil.rmtree(run.path / "checkpoints")
    page.refresh()
    qtbot.waitUntil(lambda: not action.isEnabled(), timeout=PATIENCE_MS)
    assert action.toolTip() == NO_WEIGHTS


def test_the_window_exports_and_says_how_it_ended(
    qtbot: QtBot, open_window: OpenWindow, run: Run, tmp_path: Path
) -> None:
    window = open_window()
    assembly = inside(window)
    assert not assembly.actions[Action.EXPORT].isEnabled()
    assembly.session.show(read_record(run.path))
    assert assembly.actions[Action.EXPORT].isEnabled()
    assembly.actions.do(Action.EXPORT)
    assert assembly.exporter.watched
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    order = ExportOrder(run.path, "torch-export", folder / "digits.pt2")
    assembly.exporter.start(order)
    told = find(window, "window.message.text", QLabel)
    assert not told.isVisible(), "the dialog shows it"
    dialog_of(qtbot, window.frame, run.path)
    assert not assembly.exporter.watched
    assert told.isVisible() and told.text() == "'digits.pt2' is being exported."

    click(qtbot, window, "window.message.button")
    until(qtbot, lambda: told.text() == CANCELLED)
    assert not list(folder.iterdir()) and not assembly.exporter.busy

    assembly.exporter.ended.emit(ExportEnd(order, a_proof()))
    assert told.isVisible() and told.text().startswith("'digits.pt2' was exported. PyTorch program")

    failure = Failure("The disk is full.", "Make room.", "")
    assembly.exporter.ended.emit(ExportEnd(order, failure=failure))
    until(qtbot, lambda: window.frame.findChild(QDialog, "problem.dialog") is not None)
    assert assembly.problems.problems[-1].what == "The disk is full."
    qtbot.mouseClick(find(window, "problem.close", QPushButton), Qt.MouseButton.LeftButton)
