"""Where the next run trains: several processes, or another computer, which is looked at before."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMessageBox, QPushButton

from app.engine.compute import device as devices
from app.engine.remote.connection import CONFIG
from app.ui.shell.place_button import PlaceButton
from app.ui.state.beside.training_place import BESIDE, HERE, TrainingPlace
from tests.engine.remote.sshd import AVAILABLE, HOST, Server
from tests.ui.conftest import OpenWindow, close
from tests.ui.window_actions import choose_little, click, find, inside, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")


@pytest.fixture
def server(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    if not AVAILABLE:
        pytest.skip("needs the server of OpenSSH")

    made = Server(tmp_path_factory.mktemp("ssh"))
    monkeypatch.setenv(CONFIG, str(made.config))
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize(
    "place", [HERE, BESIDE, TrainingPlace(True, 4), TrainingPlace(True, 1, "a & <b>")]
)
def test_a_place_is_kept_and_read_again(place: TrainingPlace) -> None:
    assert TrainingPlace.from_plain(place.to_plain()) == place
    assert place.word and place.line and place.tip


@pytest.mark.parametrize(
    "plain", [{}, {"processes": True}, {"host": 3}, {"processes": -1, "beside": False}]
)
def test_what_makes_no_sense_is_here(plain: dict) -> None:
    assert TrainingPlace.from_plain(plain) == HERE


def test_the_menu_offers_processes_and_the_computers_of_the_configuration(qtbot: QtBot) -> None:
    button = PlaceButton()
    qtbot.addWidget(button)
    told: list[TrainingPlace] = []
    button.chosen.connect(told.append)
    button.show_processes([2, 4])
    button.show_hosts(["lab", "a & b"])
    button.findChild(QAction, "train.place.4").trigger()
    assert told == [TrainingPlace(True, 4)] and button.text() == "4 processes"
    button.findChild(QAction, "train.on.a & b").trigger()
    assert told[-1].host == "a & b" and button.text() == "a && b"
    button.show_place(TrainingPlace(True, 1, "Lab 2"))
    assert button.accessibleName() == "Where it trains: Lab 2"
    button.show_place(told[-1])

    button.show_hosts([])
    (none,) = button._computers.actions()
    assert not none.isEnabled() and "ssh NAME" in none.toolTip()
    assert button.text() == "a && b"  # it stays until another place is chosen
    button.show_processes([])
    assert button._processes.menuAction().isVisible()


def test_several_processes_are_kept_for_the_next_window(
    qtbot: QtBot, open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "cores", lambda: 4)
    window = open_window()
    find(window, "train.place.2", QAction).trigger()
    assert inside(window).session.place == TrainingPlace(True, 2)
    close(window)
    again = open_window()
    assert find(again, "train.place", QPushButton).text() == "2 processes"
    assert inside(again).session.place == TrainingPlace(True, 2)


def test_a_computer_is_looked_at_before_it_is_chosen(
    qtbot: QtBot, open_window: OpenWindow, server: Server
) -> None:
    window = open_window()
    place = find(window, "train.place", PlaceButton)
    place.looked.emit()
    find(window, f"train.on.{HOST}", QAction).trigger()
    box = find(window, "computer.look", QMessageBox)
    assert HOST in box.text()
    take = box.findChild(QPushButton, "computer.take")
    assert not take.isEnabled()
    until(qtbot, take.isEnabled)
    assert "not set up there yet" in box.informativeText()
    box.findChild(QPushButton, "computer.cancel").click()
    until(qtbot, lambda: place.text() == "Here")
    assert inside(window).session.place == HERE

    find(window, f"train.on.{HOST}", QAction).trigger()
    boxes = window.frame.findChildren(QMessageBox, "computer.look")
    take = boxes[-1].findChild(QPushButton, "computer.take")
    until(qtbot, take.isEnabled)
    take.click()
    until(qtbot, lambda: inside(window).session.place == TrainingPlace(True, 1, HOST))
    assert place.text() == HOST


def test_a_computer_that_cannot_be_reached_is_not_taken(
    qtbot: QtBot, open_window: OpenWindow, server: Server
) -> None:
    server.stop()
    window = open_window()
    place = find(window, "train.place", PlaceButton)
    place.looked.emit()
    find(window, f"train.on.{HOST}", QAction).trigger()
    box = find(window, "computer.look", QMessageBox)
    until(qtbot, lambda: "cannot be reached" in box.informativeText())
    assert not box.findChild(QPushButton, "computer.take").isEnabled()
    box.findChild(QPushButton, "computer.cancel").click()
    until(qtbot, lambda: place.text() == "Here")


@pytest.mark.long
@pytest.mark.parametrize("way", ["processes", "computer"])
def test_a_run_trains_there_and_is_followed_here(
    qtbot: QtBot, open_window: OpenWindow, folders: Path, server: Server, way: str
) -> None:
    window = open_window()
    choose_little(qtbot, window, folders, epochs=3, device="cpu")
    session = inside(window).session
    session.place = TrainingPlace(True, 2) if way == "processes" else TrainingPlace(True, 1, HOST)
    click(qtbot, window, "train.start")
    qtbot.waitUntil(lambda: session.record.finished is not None, timeout=240_000)
    assert session.record.finished.status == "completed", session.record.finished.reason
    assert len(session.record.epochs) == 3
