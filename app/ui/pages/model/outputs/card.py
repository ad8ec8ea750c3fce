"""The card beside the drawing: an example, the weights it goes through, and one block large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.ui.pages.model.outputs.choice_bar import ChoiceBar
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.outputs.large_view import LargeView
from app.ui.widgets.outputs.painting import output_image
from app.ui.widgets.outputs.words import figure_lines
from app.ui.widgets.settings.number_box import DropDown

if TYPE_CHECKING:
    from PySide6.QtCore import QSize
    from PySide6.QtGui import QHideEvent, QImage, QShowEvent

    from app.ui.pages.parts import Parts
    from app.ui.state.insight.block_outputs import BlockOutputs

WITHIN = "/"
"""Stands between the name of a group and that of a block in it, as in `outputs`."""

WHOLE = "The block as a whole"

CHOOSE = "Choose a block in the drawing to see all that comes out of it."


class OutputsCard(Card):
    """Shows what comes out of blocks, as long as it is seen. The pictures are for the drawing."""

    def __init__(self, outputs: BlockOutputs, parts: Parts) -> None:
        super().__init__("What comes out", "of every block, for one example")
        self._outputs = outputs
        self._theme = parts.theme
        self._block = ""
        self._inner: list[str] = []
        self.choice = ChoiceBar(outputs, parts.theme)
        self.note = Label()
        self.note.setObjectName("outputs.note")
        self.note.setWordWrap(True)
        style(self.note, "secondary")
        line = QFrame()
        style(line, "separator")
        self.block_title = Label()
        self.block_title.setObjectName("outputs.block")
        style(self.block_title, "row-strong")
        self.inside = DropDown()
        self.inside.setObjectName("outputs.inside")
        self.inside.setAccessibleName("Block within the group")
        self.inside.activated.connect(self._choose_inner)
        self.figures = Label()
        self.figures.setObjectName("outputs.figures")
        self.figures.setWordWrap(True)
        style(self.figures, "secondary")
        self.large = LargeView(parts.theme)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        shown = (self.choice, self.note, line, self.block_title, self.inside, self.figures)
        for widget in (*shown, self.large):
            column.addWidget(widget)

        column.addStretch(1)
        self._area = QScrollArea()
        style(self._area, "plain")
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(inside)
        self.body.addWidget(self._area, 1)
        outputs.changed.connect(self.refresh)

    def pictures(self, size: QSize) -> dict[str, QImage]:
        """Returns the small picture of each block in this size in pixels of the window."""
        ratio = self.devicePixelRatioF()
        return {
            name: output_image(output.small, size, self._theme, ratio)
            for name, output in self._outputs.outputs.items()
            if output.small is not None and WITHIN not in name
        }

    def show_block(self, name: str) -> None:
        """Shows a block large; "" shows none."""
        if name != self._block:
            self._block = name
            self._outputs.open(name)
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._outputs.set_seen(True)
        self._outputs.open(self._block)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._outputs.set_seen(False)

    def refresh(self) -> None:
        """Shows what came out last."""
        outputs = self._outputs
        self.note.setText(outputs.trouble or outputs.words)
        style(self.note, "problem" if outputs.trouble else "secondary")
        self._list_inner()
        output = outputs.outputs.get(outputs.opened) if self._block else None
        self.block_title.setText(outputs.opened.replace(WITHIN, " › ") if output else "")
        self.block_title.setVisible(output is not None)
        self.figures.setVisible(output is not None or not outputs.trouble)
        self.figures.setText("\n".join(figure_lines(output)) if output is not None else CHOOSE)
        self.large.show_pictures(output.large if output is not None else ())

    def _list_inner(self) -> None:
        """Offers the blocks within a group."""
        start = f"{self._block}{WITHIN}"
        names = [name for name in self._outputs.outputs if self._block and name.startswith(start)]
        self.inside.setVisible(bool(names))
        choices = [self._block, *names] if names else []
        if choices != self._inner:
            self._inner = choices
            self.inside.clear()
            labels = [name.removeprefix(start).replace(WITHIN, " › ") for name in names]
            self.inside.addItems([WHOLE, *labels] if names else [])

        if self._outputs.opened in self._inner:
            self.inside.setCurrentIndex(self._inner.index(self._outputs.opened))

    def _choose_inner(self, row: int) -> None:
        self._outputs.open(self._inner[row])
