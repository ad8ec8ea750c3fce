"""Why there are no examples to see, and the way to have them; stands in their place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.style.theme import style
from app.ui.widgets.label import Label


class MissingDataNotice(QWidget):
    """Says why there are no examples: say(text, offer).

    wanted(): a person asks to open the data of the run.
    """

    wanted = Signal()

    def __init__(self, name: str = "results.pictures.why") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        self.text = Label()
        self.text.setObjectName(name)
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style(self.text, "why")
        self.offer = QPushButton("Open the run's data")
        self.offer.setObjectName("results.open_data")
        self.offer.setAccessibleName("Open the data of this run")
        self.offer.setToolTip(
            "Takes the data settings of this run into the experiment; Ctrl+Z takes it back."
        )
        self.offer.clicked.connect(self.wanted)
        column.addStretch(1)
        column.addWidget(self.text)
        column.addWidget(self.offer, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def say(self, text: str, offer: bool = False) -> None:
        """Says a sentence. offer: whether the button to open the data is there."""
        self.text.setText(text)
        self.offer.setVisible(offer)
