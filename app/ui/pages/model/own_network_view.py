"""A network of one's own in a few lines: where it came from, what differs, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.engine.errors import UserError
from app.ui.pages.model.graph_edits import back_to_template, changes_since_template
from app.ui.style.theme import style
from app.ui.text.literal import button_text
from app.ui.widgets.label import Label
from models.own_network import OwnNetwork

if TYPE_CHECKING:
    from app.ui.state.document import Document

MOST_SHOWN = 8
"""Differences that are listed; the rest is counted."""


class OwnNetworkView(QWidget):
    """Shows the open network of one's own; hidden while a template draws the network."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._summary = Label()
        self._summary.setWordWrap(True)
        self.recipe = Label()
        self.recipe.setObjectName("model.recipe")
        self.recipe.setWordWrap(True)
        style(self.recipe, "secondary")
        self.differences = Label()
        self.differences.setObjectName("model.differences")
        self.differences.setWordWrap(True)
        style(self.differences, "secondary")
        self.back = QPushButton()
        self.back.setObjectName("model.back")
        self.back.clicked.connect(lambda: back_to_template(document))
        style(self.back, "small")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self._summary, self.recipe, self.differences, self.back):
            column.addWidget(widget)

        self.hide()

    def refresh(self) -> None:
        """Shows what the document holds now."""
        model = self._document.experiment.model
        self.setVisible(isinstance(model, OwnNetwork))
        if not isinstance(model, OwnNetwork):
            return

        count = len(model.blocks.nodes)
        origin = model.origin
        came = f", changed from {origin.label}" if origin is not None else ""
        self._summary.setText(
            f"A network of your own: {count} {'block' if count == 1 else 'blocks'}{came}. Choose a "
            "block in the drawing to change it."
        )
        self.recipe.setText(recipe_words(self._document, model))
        self.recipe.setVisible(bool(self.recipe.text()))
        changes = changes_since_template(self._document)
        lines = changes[:MOST_SHOWN]
        if len(changes) > MOST_SHOWN:
            lines.append(f"{len(changes) - MOST_SHOWN} more differ.")

        self.differences.setText("\n".join(lines))
        self.differences.setVisible(bool(lines))
        self.back.setVisible(origin is not None)
        if origin is not None:
            self.back.setText(button_text(f"Back to {origin.label}"))


def recipe_words(document: Document, model: OwnNetwork) -> str:
    """Returns whose recipe the settings follow that nobody chose; "" where the data allow none."""
    try:
        template = model.like(document.problem())
    except UserError:
        return ""

    return (
        "Where you choose nothing else, optimizer, schedule and loss are those of "
        f"{template.label}."
    )
