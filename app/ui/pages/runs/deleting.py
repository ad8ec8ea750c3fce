"""Moves runs of the list to the trash, and takes back what went there last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.ui.pages.runs.trash import Discarded, discard, restore
from app.ui.state.record import Record
from app.ui.text.run_names import label_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.ui.pages.runs.message import MessageBar
    from app.ui.state.session import Session


class Deleting:
    """What was moved to the trash last, and the message that offers to undo it."""

    def __init__(self, session: Session, message: MessageBar) -> None:
        self._session = session
        self._message = message
        self._gone: list[Discarded] = []

    def delete(self, paths: Sequence[Path]) -> None:
        """Moves these runs to the trash, up to the first that cannot be moved."""
        gone: list[Discarded] = []
        for path in paths:
            try:
                gone.append(discard(path))
            except UserError as error:
                self._message.say(str(error))
                break

            if self._session.record.path == path and not self._session.active:
                self._session.show(Record())

        if gone:
            self._gone = gone
            first = f"'{label_of(gone[0].original)}' is"
            names = first if len(gone) == 1 else f"{len(gone)} runs are"
            self._message.say(f"{names} in the trash.", undo=True)

    def undo(self) -> list[Path]:
        """Takes what was deleted last out of the trash, and returns where it is."""
        back: list[Path] = []
        for gone in self._gone:
            try:
                back.append(restore(gone))
            except UserError as error:
                self._message.say(str(error))

        if len(back) == len(self._gone):
            self._message.hide()

        self._gone = []
        return back
