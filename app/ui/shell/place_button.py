"""The button beside Train that says where the next run trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from app.ui.state.beside.training_place import BESIDE, HERE, TrainingPlace
from app.ui.style.theme import style
from app.ui.text.literal import button_text, tooltip

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_COMPUTERS = "None in ~/.ssh/config"
HOW_TO = (
    "Computers that the file ~/.ssh/config names are shown here. It takes three lines: Host NAME, "
    "HostName ADDRESS, User YOU. In a terminal, 'ssh NAME' must log in without a password."
)


class PlaceButton(QPushButton):
    """Shows the place and changes it by a menu. chosen(TrainingPlace): another place.

    looked(): the menu opens, so `show_hosts` is to be called. queued(): the experiment is to be
    trained later, in the queue.
    """

    chosen = Signal(object)
    looked = Signal()
    queued = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.place")
        style(self, "place")
        self._place = HERE
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self._group = QActionGroup(menu)
        self._choices: dict[TrainingPlace, QAction] = {}
        self._offer(menu, HERE, HERE.line, "train.place.here")
        self._offer(menu, BESIDE, BESIDE.line, "train.place.beside")
        self._processes = self._submenu(menu, "Train in several processes of this computer")
        self._computers = self._submenu(menu, "Train on another computer")
        menu.addSeparator()
        later = menu.addAction("Add to the queue")
        later.setObjectName("train.queue")
        later.setToolTip("Keeps a copy of these settings, to be trained after what waits already.")
        later.triggered.connect(lambda: self.queued.emit())
        menu.aboutToShow.connect(self.looked)
        self.setMenu(menu)
        self.show_place(HERE)

    def _submenu(self, menu: QMenu, title: str) -> QMenu:
        made = QMenu(title, menu)
        made.setToolTipsVisible(True)
        menu.addMenu(made)
        return made

    def _offer(self, menu: QMenu, place: TrainingPlace, line: str, name: str) -> None:
        action = menu.addAction(button_text(line))
        action.setObjectName(name)
        action.setToolTip(tooltip(place.tip))
        action.setCheckable(True)
        action.triggered.connect(lambda _=False: self._choose(place))
        self._group.addAction(action)
        self._choices[place] = action

    def show_processes(self, counts: Iterable[int]) -> None:
        """Offers so many processes of this computer; without any there is nothing to choose."""
        for count in counts:
            place = TrainingPlace(True, count)
            self._offer(self._processes, place, f"{count} processes", f"train.place.{count}")

        self._processes.menuAction().setVisible(bool(self._processes.actions()))
        self.show_place(self._place)

    def show_hosts(self, hosts: Iterable[str]) -> None:
        """Offers these computers."""
        for place, action in list(self._choices.items()):
            if place.host:
                self._group.removeAction(action)
                del self._choices[place]

        self._computers.clear()
        for host in hosts:
            self._offer(self._computers, TrainingPlace(True, 1, host), host, f"train.on.{host}")

        if not self._computers.actions():
            none = self._computers.addAction(NO_COMPUTERS)
            none.setToolTip(tooltip(HOW_TO))
            none.setEnabled(False)

        self.show_place(self._place)

    def show_place(self, place: TrainingPlace) -> None:
        """Shows the place; nothing is told."""
        self._place = place
        action = self._choices.get(place)
        if action is not None:
            action.setChecked(True)

        self.setText(button_text(place.word))
        self.setAccessibleName(f"Where it trains: {place.host or place.word.lower()}")
        self.setToolTip(tooltip(f"{place.line}. {place.tip}"))

    def _choose(self, place: TrainingPlace) -> None:
        before = self._place
        self.show_place(place)
        if place != before:
            self.chosen.emit(place)
