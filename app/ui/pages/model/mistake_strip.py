"""What is wrong with the network, above its drawing, with the repairs that one click applies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from app.engine.errors import with_remedy
from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from models.repair.repairs import Mistake


PADDING = 10
"""Pixels at 100 % between the edge and what is inside."""


LEAST_BELOW = 56
"""Least height of the drawing below a mistake with its repairs, in pixels at 100 %."""

MOST_OF_CARD = 0.4
"""Share of the card's height that the buttons may take."""


class MistakeStrip(QFrame):
    """One sentence on the block at fault, and a button for each repair; hidden while all is well.

    `repaired(graph)`: the person took a repair.
    """

    repaired = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._mistake: Mistake | None = None
        self._theme = theme
        self._repairs: list[QPushButton] = []
        self._arranged: tuple[float, int, list[Any]] = (0.0, 0, [])
        """The room and the sizes for which the buttons were last arranged."""
        style(self, "banner")
        self.sentence = Label()
        self.sentence.setObjectName("model.mistake")
        self.sentence.setWordWrap(True)
        style(self.sentence, "problem")
        self._buttons = QWidget()
        self._row = FlowLayout(self._buttons, theme.px(8))
        self._column = QVBoxLayout(self)
        padding = theme.px(PADDING)
        self._column.setContentsMargins(padding, padding, padding, padding)
        self._column.setSpacing(theme.px(8))
        self._column.addWidget(self.sentence)
        self._column.addWidget(self._buttons)
        self.hide()

    def show_mistake(self, mistake: Mistake | None) -> None:
        """Shows a mistake; None hides the strip."""
        self.setVisible(mistake is not None)
        if mistake == self._mistake:
            return

        self._mistake = mistake
        self._arranged = (0.0, 0, [])
        self._row.clear()
        self._repairs = []
        if mistake is None:
            return

        what = mistake.what if mistake.repairs else with_remedy(mistake.what, mistake.remedy)
        self.sentence.setText(f"'{mistake.node}' does not fit: {what}")
        for number, repair in enumerate(mistake.repairs):
            button = QPushButton(button_text(repair.text))
            button.setObjectName(f"model.repair.{number}")
            button.clicked.connect(lambda _=False, graph=repair.graph: self.repaired.emit(graph))
            style(button, "small")
            self._row.addWidget(button)
            self._repairs.append(button)

        self._buttons.setVisible(bool(mistake.repairs))
        self._make_room()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if (card := self.parentWidget()) is not None:
            card.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # A card may grow lower while this keeps its size.
        if event.type() is QEvent.Type.Resize and watched is self.parentWidget():
            self._make_room()

        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._make_room()

        return handled

    def _make_room(self) -> None:
        """Gives every row of buttons its height; in a low card the last ones go.

        The drawing below can be scrolled, buttons cannot.
        """
        width = max(1, self.width() - 2 * self._theme.px(PADDING))
        room = self._room_for_buttons(width)
        sizes = [button.sizeHint().toTuple() for button in self._repairs]
        if (room, width, sizes) == self._arranged:  # what is done here asks for a layout again
            return

        self._arranged = (room, width, sizes)
        for shown in range(len(self._repairs), 0, -1):
            for number, button in enumerate(self._repairs):
                button.setVisible(number < shown)
            if self._row.heightForWidth(width) <= room:
                break

        self._buttons.setMinimumHeight(self._row.heightForWidth(width))
        # The sentence takes more lines the narrower it is, which a layout does not count as least.
        self.setMinimumHeight(self._column.heightForWidth(self.width()))

    def _room_for_buttons(self, width: int) -> float:
        """Returns the height that the buttons may take in the card as it is now."""
        card = self.parentWidget()
        layout = card.layout() if card is not None else None
        if card is None or layout is None:
            return 0.0

        px = self._theme.px
        sentence = self.sentence.heightForWidth(width) + 2 * px(PADDING) + self._column.spacing()
        margins = layout.contentsMargins().bottom() + layout.spacing()
        left = card.height() - self.y() - sentence - px(LEAST_BELOW) - margins
        return min(MOST_OF_CARD * card.height(), left)
