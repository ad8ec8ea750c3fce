"""A network of one's own in a few lines: where it came from, what differs, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.engine.errors import UserError
from app.engine.experiment.own_network_library import check_network_name
from app.ui.pages.model.graph_edits import back_to_template, changes_since_template
from app.ui.style.theme import style
from app.ui.text.literal import button_text
from app.ui.widgets.label import Label
from models.own_network import OwnNetwork

if TYPE_CHECKING:
    from app.ui.pages.model.gallery.network_library import NetworkLibrary
    from app.ui.state.document import Document

MOST_SHOWN = 8
"""Differences that are listed; the rest is counted."""


class OwnNetworkView(QWidget):
    """Shows the open network of one's own; hidden while a template draws the network.

    It can be kept under a name: then it stands in the gallery, for any data.
    """

    def __init__(self, document: Document, library: NetworkLibrary) -> None:
        super().__init__()
        self._document = document
        self._library = library
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

        column.addSpacing(8)
        for part in self._make_keep():
            column.addWidget(part)

        self.hide()

    def _make_keep(self) -> tuple[QWidget, ...]:
        self.name = QLineEdit()
        self.name.setObjectName("model.keep.name")
        self.name.setAcceptDrops(False)  # the window takes files
        self.name.setPlaceholderText("For example: my network")
        self.name.setAccessibleName("Name of the network in the gallery")
        self.name.textChanged.connect(self._name_changed)
        self.name.returnPressed.connect(self.keep)
        label = Label("Keep it in the gallery as")
        label.setBuddy(self.name)
        self._keep = QPushButton("Keep")
        self._keep.setObjectName("model.keep")
        self._keep.setToolTip("It then stands beside the templates, for any data.")
        self._keep.clicked.connect(self.keep)
        style(self._keep, "small")
        self.trouble = Label()
        self.trouble.setObjectName("model.keep.trouble")
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        style(self.trouble, "problem")
        return label, self.name, self._keep, self.trouble

    def keep(self) -> None:
        """Keeps the open network under the name that was typed, in the place of one of before."""
        model = self._document.experiment.model
        if not isinstance(model, OwnNetwork):
            return

        try:
            name = check_network_name(self.name.text())
        except UserError as error:
            self.trouble.setText(error.message)
            self.trouble.show()
            self.name.setFocus()
            return

        self._library.keep(name, model)
        self.name.clear()

    def _name_changed(self, text: str) -> None:
        self.trouble.hide()
        known = text.strip() in self._library.networks
        self._keep.setText("Replace the one of that name" if known else "Keep")

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
