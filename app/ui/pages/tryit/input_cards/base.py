"""The base class of input cards: where a person gives an example to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.drops import local_paths
from app.ui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Preparation
    from app.ui.pages.parts import GuideCard
    from app.ui.pages.tryit.prediction import TryItInput, TryItResult
    from app.ui.style.theme import Theme


class InputCard(Card):
    """Takes an example from a person.

    input_changed(TryItInput or None): there is another example, or none any more.
    random_wanted(): one of the test set. refused(sentence): what was tried cannot be.
    """

    input_changed = Signal(object)
    random_wanted = Signal()
    refused = Signal(str)

    kind: ClassVar[str] = ""
    """The kind of example that it takes (Description.kind)."""

    heading: ClassVar[str] = "Your example"
    subheading: ClassVar[str] = "opened or pasted"

    hint: ClassVar[str] = "Give an example on the left, or take one from the test set."
    """Shown in place of the answer while nothing is given."""

    nothing_to_paste: ClassVar[str] = "There is nothing in the clipboard that can be used."

    random_button: QPushButton

    def __init__(self, theme: Theme) -> None:
        super().__init__(self.heading, self.subheading)
        self.setObjectName("tryit.give")
        self.theme = theme
        self._chosen: TryItInput | None = None
        """What was not typed or drawn here: an example of the data, or a file."""

    @classmethod
    def guide(cls, description: Description) -> tuple[GuideCard, ...]:
        """Returns cards for the Guide. description: of the data of the run."""
        del description
        return ()

    def forget_other_data(self, fingerprint: str) -> None:
        """Puts away an example of other data than these.

        It would mean nothing to the network of a run on these.
        """
        if self._chosen is not None and self._chosen.data not in ("", fingerprint):
            self._chosen = None
            self.empty()

    def empty(self) -> None:
        """Shows that nothing is given any more."""

    def prepare_for(self, preparation: Preparation) -> None:
        """Fits the card to what the network of a run takes."""

    def take(self, tryit_input: TryItInput) -> None:
        """Shows and gives an example of the data, or a file."""
        raise NotImplementedError

    def take_mime(self, data: QMimeData) -> bool:
        """Takes what was dropped or pasted; returns False where it holds nothing to take."""
        del data
        return False

    def paste(self) -> None:
        """Takes what is in the clipboard."""
        data = QGuiApplication.clipboard().mimeData()
        if data is None or not self.take_mime(data):
            self.refused.emit(self.nothing_to_paste)

    def give_again(self) -> None:
        """Gives what is there once more: another network is to answer."""
        if self._chosen is not None:
            self.input_changed.emit(self._chosen)

    def show_result(self, result: TryItResult) -> None:
        """Shows what was read of the example."""

    def say_unreadable(self) -> None:
        """Shows that the example could not be read."""

    # --- for the cards of each kind

    def add_buttons(self, *buttons: QPushButton) -> None:
        """Puts buttons at the bottom, in as many lines as they need."""
        holder = QWidget()
        flow = FlowLayout(holder)
        for button in buttons:
            flow.addWidget(button)

        self.body.addWidget(holder)

    @staticmethod
    def button(text: str, name: str, tip: str, action: Callable[[], object]) -> QPushButton:
        """Returns a new button."""
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(tooltip(tip))
        button.clicked.connect(lambda: action())

        return button


def dropped_file(data: QMimeData) -> Path | None:
    """Returns the first file that was dropped or pasted, None where there is none."""
    files = local_paths(data)
    return files[0] if files and files[0].is_file() else None
