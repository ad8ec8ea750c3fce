"""The base of the pictures of a loss, and what they know of data and run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.style.theme import Theme, style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    import numpy as np

    from app.engine.data.dataset import Description
    from app.engine.learning.loss import Loss


@dataclass(frozen=True, eq=False)
class LossContext:
    """What is known of the data and of the last run.

    outputs: numbers that the network outputs. description: None while no data are open. targets:
    (n, ...) of some training examples, as the data have them. labels: what the examples are, in a
    few words. predictions: (m, ...) of the probe set of the run that is shown, with probe_targets
    (m, ...); None where there is no such run.
    """

    outputs: int
    description: Description | None = None
    targets: np.ndarray | None = None
    labels: tuple[str, ...] = ()
    predictions: np.ndarray | None = None
    probe_targets: np.ndarray | None = None


class LossPicture(QWidget):
    """A picture and a sentence below it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.below = Label()
        self.below.setWordWrap(True)
        style(self.below, "secondary")

    def finish(self) -> None:
        """Adds the sentence; called when all widgets are in the column."""
        self.column.addWidget(self.below)

    def show_loss(self, loss: Loss, context: LossContext) -> None:
        raise NotImplementedError
