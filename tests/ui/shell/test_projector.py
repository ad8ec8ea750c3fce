"""Projector mode: one key makes what matters large, and all works in it while it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.ui.state.action import Action
from app.ui.state.session import State
from tests.ui.window_actions import choose_little, click, find, inside, until

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.shell.application import Window
    from tests.ui.conftest import OpenWindow


def press(qtbot: QtBot, window: Window, key: Qt.Key) -> None:
    window.frame.activateWindow()
    qtbot.waitUntil(window.frame.isActiveWindow)
    qtbot.keyClick(window.frame, key)


def figure_size(window: Window) -> int:
    """Returns the height in pixels of the letters of a figure of the run."""
    label = find(window, "figure.validation_loss", QLabel)
    label.ensurePolished()
    return label.font().pixelSize()


def test_one_key_makes_all_large_while_it_trains(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    assembly = inside(window)
    session = assembly.session
    choose_little(qtbot, window, folders, epochs=2000)
    assembly.actions.do(Action.TRAIN)
    until(qtbot, lambda: session.record.probe is not None)
    window.frame.go("training")
    frame: Any = window.frame
    page: Any = window.frame.pages["training"]
    assert figure_size(window) == 22 and page.run.memory_card.isVisible()

    press(qtbot, window, Qt.Key.Key_F11)
    assert not frame.rail.isVisible() and not frame.guide.isVisible()
    assert page.run.loss_card.isVisible() and page.run.metric_card.isVisible()
    assert not page.run.memory_card.isVisible()
    assert figure_size(window) >= 24

    # A run is driven, its views and another page are opened, as without it.
    click(qtbot, window, "train.pause")
    until(qtbot, lambda: session.state is State.PAUSED)
    click(qtbot, window, "train.pause")
    until(qtbot, lambda: session.state is State.RUNNING)
    epochs = len(session.record.epochs)
    until(qtbot, lambda: len(session.record.epochs) > epochs)
    click(qtbot, window, "training.view.curves")
    assert page.run.rate_card.isVisible()
    click(qtbot, window, "training.view.overview")
    assert not page.run.memory_card.isVisible()
    click(qtbot, window, "header.guide")
    assert frame.guide.isVisible() and frame.guide.parent() is frame._middle

    press(qtbot, window, Qt.Key.Key_Escape)
    assert frame.rail.isVisible() and frame.guide.isVisible()
    assert page.run.memory_card.isVisible() and figure_size(window) == 22
    session.stop_at_once()
    until(qtbot, lambda: not session.active)


def test_it_is_left_by_its_key_and_by_its_button(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    frame = window.frame
    action = inside(window).actions[Action.PROJECTOR]
    press(qtbot, window, Qt.Key.Key_Escape)
    assert frame.rail.isVisible()

    action.trigger()
    assert not frame.rail.isVisible()
    press(qtbot, window, Qt.Key.Key_F11)
    assert frame.rail.isVisible()

    action.trigger()
    click(qtbot, window, "header.projector")
    assert frame.rail.isVisible() and not frame.header.projector.isVisible()
