"""How the optimizer moves a weight: its formula in signs, in figures, and in words."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.ui.pages.training.inside import words
from app.ui.style.theme import Theme, style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLabel

    from app.engine.learning.optimizer import Optimizer
    from app.engine.runs.events import OptimizerMeasured


class FormulaCard(Card):
    """The formula of a step.

    `show_figures` is called for every measurement, `show_words` where there is time to read.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__("How a weight moves", "one weight of the layer, followed")
        self.setObjectName("inside.formula")
        self.theme = theme
        self.symbols, self.figures, self.movement, self.parts, self.lacks = (
            Label() for _ in range(5)
        )
        self.figures.setObjectName("inside.figures")

        for label in (self.symbols, self.figures, self.movement, self.parts, self.lacks):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.body.addWidget(label)

        style(self.symbols, "heading")
        for label in (self.movement, self.lacks):
            style(label, "secondary")

        self.parts.setTextFormat(Qt.TextFormat.RichText)
        self.body.addStretch(1)

    def show_figures(self, choice: Optimizer, measured: OptimizerMeasured, row: int) -> None:
        """Shows the step that the followed weight of this layer has just made."""
        line = words.line_of(choice, measured, row)
        if line.symbols:
            _set(self.symbols, f"step = {line.symbols}")
            _set(self.figures, f"{line.figures} = {line.result}")
        else:
            _set(self.symbols, "step = weight before − weight after")
            _set(self.figures, f"measured: {line.result}")

        _set(self.movement, words.movement_of(choice, measured, row))

    def show_words(self, choice: Optimizer, measured: OptimizerMeasured, row: int) -> None:
        """Shows what the signs stand for, and what this optimizer does not have."""
        self.set_why(f"by {choice.label}: one of {measured.layers[row]}, followed")
        parts = words.parts_of(choice, measured, row)
        _set(
            self.parts,
            "<br>".join(f"<b>{escape(sign)}</b>&nbsp; {escape(text)}" for sign, text in parts),
        )

        _set(self.lacks, choice.missing_moments)
        self.lacks.setVisible(bool(choice.missing_moments))


def _set(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
