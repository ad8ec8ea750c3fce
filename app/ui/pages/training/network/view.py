"""An example on its way through the network that trains, at most twice a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.state.insight.run_outputs import RunOutputs
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.outputs.blocks_view import MEANING, BlocksView
from app.ui.widgets.outputs.example_bar import ExampleBar

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from app.engine.data.dataset import Dataset
    from app.ui.state.background import Background
    from app.ui.state.session import Session
    from app.ui.style.theme import Theme

NORMS = (
    "Shows how long the gradients and the weights of every layer are, over time: they are measured "
    "there."
)


class NetworkView(QWidget):
    """Shows what comes out of every block of the run shown, as long as it is in front.

    norms_asked(): a person wants to see gradients and weights over time.
    """

    norms_asked = Signal()

    def __init__(self, session: Session, background: Background, theme: Theme) -> None:
        super().__init__()
        self.outputs = RunOutputs(session, background)
        card = Card("Inside the network", "one example on its way through all blocks")
        self.norms = QPushButton("Gradients and weights…")
        self.norms.setObjectName("network.norms")
        self.norms.setToolTip(tooltip(NORMS))
        self.norms.clicked.connect(self.norms_asked)
        style(self.norms, "small")
        card.tools.addWidget(self.norms)
        self.choice = ExampleBar(self.outputs, theme, "network")
        self.note = Label()
        self.note.setObjectName("network.note")
        self.note.setWordWrap(True)
        self.blocks = BlocksView(theme, "network")
        self.blocks.chosen.connect(self.outputs.open)
        meaning = Label(MEANING)
        meaning.setWordWrap(True)
        style(meaning, "secondary")
        card.body.addWidget(self.choice)
        card.body.addWidget(self.note)
        card.body.addWidget(self.blocks, 1)
        card.body.addWidget(meaning)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        self.outputs.changed.connect(self._refresh)

    def show_data(self, dataset: Dataset | None) -> None:
        """Takes examples of the run's own data; None where they are not open."""
        self.outputs.show_data(dataset)

    def arrange(self, wide: bool) -> None:
        """Puts the blocks and the chosen one side by side where there is room."""
        self.blocks.arrange(wide)

    def _refresh(self) -> None:
        outputs = self.outputs
        self.note.setText(outputs.trouble or outputs.words)
        style(self.note, "problem" if outputs.trouble else "secondary")
        self.blocks.setVisible(bool(outputs.outputs))
        self.blocks.show_outputs(outputs.outputs, outputs.opened)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.outputs.set_seen(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.outputs.set_seen(False)
