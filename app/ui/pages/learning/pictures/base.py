"""What every picture of a loss is given, and what it must do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui.style.theme import Theme, style

if TYPE_CHECKING:
    import numpy as np

    from app.engine.data.dataset import Description
    from app.engine.learning.loss import Loss


@dataclass(frozen=True, eq=False)
class Told:
    """What is known of the data and of the last run.

    outputs: numbers that the network answers with. about: None while no data are open. targets: (n,
    ...) of some training examples, as the data have them. labels: what these examples are, in a few
    words. predictions: (m, ...) what the run that is shown said last of its probe set, with
    targets_said (m, ...); None where there is no such run.
    """

    outputs: int
    description: Description | None = None
    targets: np.ndarray | None = None
    labels: tuple[str, ...] = ()
    predictions: np.ndarray | None = None
    targets_text: np.ndarray | None = None


class LossPicture(QWidget):
    """A picture and a sentence below it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.below = QLabel()
        self.below.setWordWrap(True)
        style(self.below, "secondary")

    def finish(self) -> None:
        """Call it when all widgets are in the column."""
        self.column.addWidget(self.below)

    def show_loss(self, loss: Loss, told: Told) -> None:
        raise NotImplementedError
