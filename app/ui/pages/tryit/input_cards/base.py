"""What every card is that takes an example from a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtWidgets import QPushButton

from app.ui.widgets.card import Card

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.preparation import Preparation
    from app.ui.pages.tryit.asking import Given, Reply


class InputCard(Card):
    """given(Given or None): there is another example, or none any more. wanted_random(): one of the
    test set. refused(sentence): what was tried cannot be.
    """

    given = Signal(object)
    wanted_random = Signal()
    refused = Signal(str)

    random_button: QPushButton
    hint = "Give an example on the left, or take one of the test set."
    """Shown in place of the answer while nothing is given."""

    _taken: Given | None = None
    """What was not typed or drawn here: an example of the data, or a file."""

    def let_go(self, fingerprint: str) -> None:
        """An example of other data than these means nothing to the network of a run on these: it is
        put away.
        """
        if self._taken is not None and self._taken.data not in ("", fingerprint):
            self._taken = None
            self.empty()

    def empty(self) -> None:
        """Show that nothing is given any more."""

    def prepare_for(self, preparation: Preparation) -> None:
        """What the network of a run takes."""
        raise NotImplementedError

    def take(self, given: Given) -> None:
        """Show and give an example of the data, or a file."""
        raise NotImplementedError

    def take_mime(self, data: QMimeData) -> bool:
        """What was dropped or pasted; False where there is nothing to take in it."""
        return False

    def give_again(self) -> None:
        """Gives what is there once more: another network is to answer."""

    def show_reply(self, reply: Reply) -> None:
        """It was read: what it is can be shown."""

    def say_unreadable(self) -> None:
        """It could not be read."""

    @staticmethod
    def button(text: str, name: str, tip: str, action: Callable[[], object]) -> QPushButton:
        made = QPushButton(text)
        made.setObjectName(name)
        made.setAccessibleName(text)
        made.setToolTip(tip)
        made.clicked.connect(lambda: action())

        return made
