"""The card that looks back through the epochs, folded away until it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.pages.results.epochs.looking_back import LookingBack
from app.ui.style.theme import style
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import Selection, ViewContent

TIP = (
    "Shows how the network came to its answers: blocks, points and weights epoch by epoch, and two "
    "epochs side by side."
)


class BackFold(QWidget):
    """A button, and below it the card while the button is down: results are in view without it."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.back = LookingBack(parts, "results.back", with_view=False)
        self.back.hide()
        self.button = QPushButton("Looking back")
        self.button.setObjectName("results.look_back")
        self.button.setCheckable(True)
        self.button.setToolTip(tooltip(TIP))
        style(self.button, "small")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.back)

    def show_run(self, selection: Selection, content: ViewContent) -> None:
        """Shows the epochs of a run; nothing while it trains, or where it has none."""
        self.setVisible(not selection.live and bool(selection.known_epochs))
        self.back.setVisible(self.button.isChecked() and not selection.live)
        self.back.show_run(selection, content)
