"""Every block in a table, and beside it all that came out of the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.ui.style.theme import style
from app.ui.widgets.label import Label
from app.ui.widgets.outputs.block_table import WITHIN, BlockTable
from app.ui.widgets.outputs.large_view import LargeView
from app.ui.widgets.outputs.words import figure_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.compute.outputs.values import BlockOutput
    from app.ui.style.theme import Theme

CHOOSE = "Choose a block in the table to see all that comes out of it."

MEANING = (
    "Each row is a block, from the example at the top to the answer at the bottom. A map is bright "
    "where its channel answers strongly. What you may conclude: units that are dead for many "
    "examples do no work, and maps that look alike say the same thing twice. What not: that a "
    "bright place is the reason for the answer. “Why this answer?” on Try it tests that."
)

LEAST = 260
"""Least height, in pixels at 100 %."""


class BlocksView(QWidget):
    """Shows what came out of blocks. chosen(name): a person wants to see all of a block."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, name: str) -> None:
        """name: what its widgets' names begin with."""
        super().__init__()
        self._theme = theme
        self.table = BlockTable(theme, f"{name}.blocks")
        self.table.chosen.connect(self.chosen)
        self.title = Label()
        style(self.title, "row-strong")
        self.figures = Label(CHOOSE)
        self.figures.setObjectName(f"{name}.figures")
        self.figures.setWordWrap(True)
        style(self.figures, "secondary")
        self.large = LargeView(theme)
        inside = QWidget()
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(0, 0, 8, 0)
        self.column.setSpacing(8)
        for widget in (self.title, self.figures, self.large):
            self.column.addWidget(widget)

        self.column.addStretch(1)
        area = QScrollArea()
        style(area, "plain")
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(12)
        self.row.addWidget(self.table, 10)
        self.row.addWidget(area, 9)
        self._halves = (self.table, area)
        self.arrange(True)
        theme.changed.connect(lambda: self.arrange(self._wide))

    def arrange(self, wide: bool) -> None:
        """Puts table and block side by side where there is room, else one below the other."""
        self._wide = wide
        self.row.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        for half in self._halves:
            half.setMinimumHeight(self._theme.px(LEAST))

    def show_outputs(self, outputs: Mapping[str, BlockOutput], opened: str) -> None:
        """Shows what came out of every block, and large pictures of the opened one."""
        self.table.show_outputs(outputs, opened)
        output = outputs.get(opened)
        self.title.setVisible(output is not None)
        self.title.setText(opened.replace(WITHIN, " › "))
        self.figures.setText("\n".join(figure_lines(output)) if output is not None else CHOOSE)
        self.large.show_pictures(output.large if output is not None else ())
