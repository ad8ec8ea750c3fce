"""Trainings beside the window: the choice next to Train, and the run that went on without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.state.beside.remote_run import training_beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.ui.shell.place_button import PlaceButton
    from app.ui.state.background import Background
    from app.ui.state.preferences import Preferences
    from app.ui.state.session import Session

SETTING = "beside"


class TrainingBeside:
    """Keeps where trainings run, and takes up the one that a window was closed on."""

    def __init__(
        self,
        session: Session,
        preferences: Preferences,
        place: PlaceButton,
        go: Callable[[str], None],
    ) -> None:
        self._session = session
        self._preferences = preferences
        self._go = go
        session.beside = preferences.get(SETTING, False)
        place.show_place(session.beside)
        place.chosen.connect(self._choose)

    def find(self, background: Background) -> None:
        """Looks for a run that goes on, off the window's thread, and shows it."""
        background.run(lambda _: training_beside(), self._follow, key=SETTING)

    def _follow(self, path: Path | None) -> None:
        if path is not None and not self._session.active:
            self._session.follow(path)
            self._go("training")

    def _choose(self, beside: bool) -> None:
        self._session.beside = beside
        self._preferences.set(SETTING, beside)
