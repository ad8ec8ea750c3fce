"""Pictures of the places to train for tests.screens: the menu, a computer, a run of two processes.

The computer is this one, over a server of OpenSSH on the loopback address.
"""

from __future__ import annotations

import os
from typing import Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMessageBox, QPushButton

from app.engine.remote.connection import CONFIG
from app.ui.shell.place_button import PlaceButton
from app.ui.state.action import Action
from app.ui.state.beside.training_place import TrainingPlace
from tests.engine.remote.sshd import HOST, Server


def take_places(camera: Any) -> None:
    """Takes the menu with its submenus, the look at a computer, and runs that train elsewhere."""
    server = Server(camera.home / "ssh")
    os.environ[CONFIG] = str(server.config)
    server.start()
    try:
        camera.open()
        camera.read("sample:digits")
        button = camera.window.frame.findChild(PlaceButton, "train.place")
        button.show_processes([2, 4, 8])
        button.looked.emit()
        for appearance in camera.appearances():
            _take_menus(camera, button, appearance)
            _take_look(camera, appearance)

        server.stop()
        _take_look(camera, "unreachable")
        server.start()
        camera.inside.document.choose("model", "cnn")
        for state, place in (
            ("processes", TrainingPlace(True, 2)),
            ("elsewhere", TrainingPlace(True, 1, HOST)),
        ):
            camera.inside.session.place = place
            button.show_place(place)
            camera.photograph(f"{state}_chosen", ("learning",))
            camera.train(lambda: len(camera.inside.session.record.epochs) >= 1, epochs=400)
            camera.photograph(state, ("training",))
            if place.host:
                server.stop()
                server.cut()
                camera.wait(lambda: "cannot be reached" in camera.inside.session.where)
                camera.settle(1500)
                camera.photograph(f"{state}_lost", ("training",))
                server.start()
                camera.wait(lambda: "on " in camera.inside.session.where)

            camera.inside.actions.do(Action.STOP)
            camera.wait(lambda: not camera.inside.session.active)
    finally:
        server.stop()


def _take_menus(camera: Any, button: PlaceButton, appearance: str) -> None:
    menu = button.menu()
    for name, shown in (
        ("menu", menu),
        *((each.title(), each) for each in menu.findChildren(QMenu)),
    ):
        shown.popup(button.mapToGlobal(button.rect().topLeft()))
        camera.settle(100)
        path = camera.out / f"place {name[:24]}-{appearance}.png"
        shown.grab().save(str(path))
        camera.taken.append(path)
        shown.close()


def _take_look(camera: Any, appearance: str) -> None:
    frame = camera.window.frame
    frame.findChild(QAction, f"train.on.{HOST}").trigger()
    box = frame.findChildren(QMessageBox, "computer.look")[-1]
    take = box.findChild(QPushButton, "computer.take")
    camera.settle(50)
    camera.wait(lambda: take.isEnabled() or "cannot" in box.informativeText())
    camera.settle(100)
    path = camera.out / f"place_look-{appearance}.png"
    box.grab().save(str(path))
    camera.taken.append(path)
    box.findChild(QPushButton, "computer.cancel").click()
    camera.settle(100)
