"""The confusion matrix with its tools: counts or percent, order, zoom, saving."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton

from app.engine.csv_cells import csv_row
from app.ui.pages.results.confusion.matrix import ConfusionMatrix
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.pages.results.confusion.counts import Confusion
    from app.ui.state.preferences import Preferences

HINT = "Point at a cell; click it for its examples."
MANY = 24
"""Classes from which zooming helps."""


class MatrixCard(Card):
    """Shows a confusion matrix and its tools. save_png(), save_csv(): a file is wanted."""

    save_png = Signal()
    save_csv = Signal()

    def __init__(self, theme: Theme, preferences: Preferences) -> None:
        super().__init__("Confusion", "what is taken for what")
        self._theme = theme
        self._preferences = preferences
        self.setObjectName("results.confusion")
        self.matrix = ConfusionMatrix(theme)
        self.matrix.pointed.connect(self._show_cell)
        self.percent = self._tool(
            "%", "Numbers as a share of the row instead of counts.", "results.percent", True
        )
        self.sort = self._tool(
            "", "Puts classes that are mistaken for one another side by side.", "results.sort", True
        )
        self.out = self._tool("", "Smaller cells (−).", "results.zoom_out")
        self.fit = self._tool("", "Shows all of it (0).", "results.zoom_fit")
        self.into = self._tool("", "Larger cells (+, or Ctrl and the wheel).", "results.zoom_in")
        self.save = self._tool(
            "", "Saves the matrix as a picture, or the table of classes.", "results.save"
        )
        menu = QMenu(self.save)
        menu.addAction("Save the matrix as a picture (PNG)", self.save_png.emit)
        menu.addAction("Save the matrix as a table (CSV)", self.save_csv.emit)
        self.save.setMenu(menu)
        self.save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

        for tool, name in (
            (self.percent, "Percent"),
            (self.sort, "Sort by confusion"),
            (self.out, "Zoom out"),
            (self.fit, "Fit"),
            (self.into, "Zoom in"),
            (self.save, "Save the matrix"),
        ):
            tool.setAccessibleName(name)

        self.percent.toggled.connect(self._percent)
        self.sort.toggled.connect(self._sort)
        self.out.clicked.connect(lambda: self.matrix.zoom(1 / 1.5))
        self.into.clicked.connect(lambda: self.matrix.zoom(1.5))
        self.fit.clicked.connect(self.matrix.zoom_to_fit)
        self.cell_text = Label(HINT)
        self.cell_text.setObjectName("results.cell")
        self.cell_text.setWordWrap(True)
        style(self.cell_text, "secondary")
        key = Label()
        key.setAccessibleName(
            "Blue is right, orange is wrong; the deeper, the larger the share of the row"
        )
        style(key, "secondary")
        self._key = key
        self._key.setTextFormat(Qt.TextFormat.RichText)
        self.body.addWidget(self.matrix, 1)
        below = QHBoxLayout()
        below.addWidget(self.cell_text, 1)
        below.addWidget(key)
        self.body.addLayout(below)
        self.percent.setChecked(preferences.get("results.percent", False))
        self.sort.setChecked(preferences.get("results.sorted", False))
        theme.changed.connect(self._restyle)
        self._restyle()

    def _tool(self, text: str, tip: str, name: str, checkable: bool = False) -> QToolButton:
        tool = QToolButton()
        tool.setText(text)
        tool.setToolTip(tooltip(tip))
        tool.setObjectName(name)
        tool.setCheckable(checkable)
        style(tool, "small")
        self.tools.addWidget(tool)

        return tool

    def show_confusion(self, confusion: Confusion) -> None:
        self.matrix.show_confusion(confusion)
        many = len(confusion.classes) >= MANY
        for tool in (self.out, self.fit, self.into):
            tool.setVisible(many)

        self.sort.setVisible(len(confusion.classes) > 2)

    def png(self) -> bytes:
        """Returns the whole matrix as a PNG file, every name readable."""
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        # the stubs say bytes, PySide6 takes text only
        self.matrix.image().save(buffer, "PNG")  # type: ignore[call-overload]

        return bytes(data.data())

    def csv(self) -> bytes:
        """Returns a table file with true classes by row and answers by column.

        It has a byte order mark, so that spreadsheets read every name.
        """
        confusion = self.matrix.confusion
        assert confusion is not None

        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(csv_row(["true \\ answer", *confusion.classes]))

        for name, counts in zip(confusion.classes, confusion.counts.tolist(), strict=True):
            writer.writerow(csv_row([name, *counts]))

        return text.getvalue().encode("utf-8-sig")

    def hasHeightForWidth(self) -> bool:
        """Returns False: it takes the height it gets, whatever its longest text would like."""
        return False

    def _percent(self, on: bool) -> None:
        self._preferences.set("results.percent", on)
        self.matrix.set_percent(on)

    def _sort(self, on: bool) -> None:
        self._preferences.set("results.sorted", on)
        self.matrix.set_sorted(on)

    def _show_cell(self, text: str) -> None:
        self.cell_text.setText(text or HINT)

    def _restyle(self) -> None:
        side = QSize(self._theme.px(14), self._theme.px(14))
        for tool, name in (
            (self.sort, "mdi6.sort-variant"),
            (self.out, "zoom_out"),
            (self.fit, "fit"),
            (self.into, "zoom_in"),
            (self.save, "download"),
        ):
            tool.setIcon(icon(self._theme, name, "secondary"))
            tool.setIconSize(side)

        blue = self._theme.color("training").name()
        orange = self._theme.color("validation").name()
        self._key.setText(
            f'<span style="color:{blue}">■</span> right  '
            f'<span style="color:{orange}">■</span> wrong'
        )
