"""Trainings beside the window: the choice next to Train, and the run that went on without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from app.engine.compute import device as devices
from app.engine.remote.hosts import Computer, configured_hosts, look_at
from app.ui.state.background import Background
from app.ui.state.beside.remote_run import training_beside
from app.ui.state.beside.training_place import TrainingPlace
from app.ui.widgets.message_box import message_box

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.ui.shell.place_button import PlaceButton
    from app.ui.state.background import Failure
    from app.ui.state.preferences import Preferences
    from app.ui.state.session import Session

SETTING = "beside"
PLACE = "training place"
LOOKING = "looking at another computer"

MOST_OFFERED = 8
"""Processes of this computer, in the menu; the command line takes more."""


class TrainingBeside:
    """Keeps where trainings run, and takes up the one that a window was closed on."""

    def __init__(
        self,
        session: Session,
        preferences: Preferences,
        place: PlaceButton,
        go: Callable[[str], None],
        window: QWidget,
    ) -> None:
        self._session = session
        self._preferences = preferences
        self._button = place
        self._go = go
        self._background = Background()  # to look at another computer may take a minute
        self._window = window
        before: dict[str, object] = {"beside": preferences.get(SETTING, False)}
        self._place = TrainingPlace.from_plain(preferences.get(PLACE, before))
        self._take(self._place)
        most = min(MOST_OFFERED, devices.cores())
        place.show_processes(count for count in range(2, most + 1) if not count & (count - 1))
        place.show_hosts([self._place.host] if self._place.host else [])
        place.show_place(self._place)
        place.chosen.connect(self._choose)
        place.looked.connect(lambda: place.show_hosts(configured_hosts()))

    def close(self) -> None:
        """Ends the thread, also while a computer does not answer."""
        self._background.close()

    def find(self) -> None:
        """Looks for a run that goes on, off the window's thread, and shows it."""
        self._background.run(lambda _: training_beside(), self._follow, key=SETTING)

    def _follow(self, path: Path | None) -> None:
        if path is not None and not self._session.active:
            self._session.follow(path)
            self._go("training")

    def _choose(self, place: TrainingPlace) -> None:
        """Takes the place; another computer is looked at before, and shown."""
        if place.host:
            self._look(place)
        else:
            self._keep(place)

    def _keep(self, place: TrainingPlace) -> None:
        self._take(place)
        self._preferences.set(PLACE, place.to_plain())
        self._preferences.set(SETTING, place.beside)

    def _take(self, place: TrainingPlace) -> None:
        self._place = place
        self._session.place = place

    # --- another computer

    def _look(self, place: TrainingPlace) -> None:
        """Shows what a computer has, and takes it where the person agrees."""
        title = f"Train on '{place.host}'?"
        box = message_box(self._window, "computer.look", title, "Looking at what is there…")
        take = box.addButton("Train there", QMessageBox.ButtonRole.AcceptRole)
        take.setObjectName("computer.take")
        take.setEnabled(False)
        cancel = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        cancel.setObjectName("computer.cancel")
        box.setEscapeButton(cancel)

        def show(computer: Computer) -> None:
            box.setInformativeText("\n".join(computer.lines()))
            take.setEnabled(True)
            box.setDefaultButton(take)

        def refuse(failure: Failure) -> None:
            box.setInformativeText(failure.message)

        def end() -> None:
            self._background.forget(LOOKING)
            if box.clickedButton() is take:
                self._keep(place)
            else:
                self._button.show_place(self._place)

        box.finished.connect(end)
        box.open()
        self._background.run(
            lambda control: look_at(place.host, control.check), show, refuse, LOOKING
        )
