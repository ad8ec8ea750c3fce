"""The card that holds a plot, and its tools: logarithm, smoothing, download."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from app.engine import files
from app.engine.csv_cells import csv_row
from app.engine.errors import UserError
from app.engine.text import number_text
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.file_dialogs import ask_to_save, with_ending
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.plots.base.plot import Plot
    from app.ui.state.preferences import Preferences

SMOOTHING = 0.9
LOG = False
"""What is chosen where the person has chosen nothing."""

EXPORT_SCALE = 2.0
"""A picture is saved with twice the pixels of the screen, for slides and print."""


class PlotCard(Card):
    """A plot in a card, with the tools it can use.

    refused(sentence): a file could not be written.
    """

    refused = Signal(str)

    def __init__(self, plot: Plot, title: str, why: str, name: str, file_name: str = "") -> None:
        super().__init__(title, why)
        self.plot = plot
        self.theme = plot.theme
        self.file_name = file_name or title.lower()
        self.setObjectName(name)
        plot.setObjectName(f"{name}.plot")
        plot.setAccessibleName(f"{title}: {why}")
        self.body.addWidget(plot, 1)
        self.download = _button(
            "", "Save this plot as a picture or as a table.", f"{name}.download"
        )
        self.download.setAccessibleName(f"Save the plot {title}")
        self.download.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.download)
        menu.addAction("Save as picture (PNG)", self.ask_png)
        menu.addAction("Save as table (CSV)", self.ask_csv)
        menu.addAction("Copy picture", self.copy)
        self.download.setMenu(menu)
        self.tools.addWidget(self.download)
        self.tools.insertWidget(0, plot.auto)  # in the plot it would lie on the curves
        self.theme.changed.connect(self._restyle)
        self._restyle()

    def add_tool(self, tool: QWidget) -> None:
        """Puts a tool in front of the download button."""
        self.tools.insertWidget(self.tools.count() - 1, tool)

    def _restyle(self) -> None:
        self.download.setIcon(icon(self.theme, "download", "secondary"))
        self.download.setIconSize(QSize(self.theme.px(14), self.theme.px(14)))

    # --- saving

    def ask_png(self) -> None:
        if path := self._ask("Picture (*.png)", ".png"):
            self._save(path, self.png())

    def ask_csv(self) -> None:
        if path := self._ask("Table (*.csv)", ".csv"):
            self._save(path, self.csv())

    def copy(self) -> None:
        QGuiApplication.clipboard().setPixmap(self.picture())

    def _ask(self, kinds: str, ending: str) -> Path | None:
        name = self.file_name + ending
        path = ask_to_save(self, "figures", "Save the plot", name, kinds)
        return with_ending(path, ending) if path is not None else None

    def _save(self, path: Path, content: bytes) -> None:
        try:
            files.write_atomically(path, content)
        except UserError as error:
            self.refused.emit(str(error))

    def picture(self) -> QPixmap:
        """Returns the plot as it stands, with its title and on its background."""
        head = self.title.height() + self.theme.px(8)
        size = QSize(self.plot.width(), self.plot.height() + head)
        pixmap = QPixmap(size * EXPORT_SCALE)
        pixmap.setDevicePixelRatio(EXPORT_SCALE)
        pixmap.fill(self.theme.color("surface"))
        painter = QPainter(pixmap)
        painter.setFont(self.theme.font(13, bold=True))
        painter.setPen(self.theme.color("text"))
        painter.drawText(
            self.theme.px(8),
            0,
            size.width(),
            head,
            Qt.AlignmentFlag.AlignVCenter,
            self.title.text(),
        )

        # The plot has a render() of its own, which leaves Qt broken.
        QWidget.render(self.plot, painter, QPoint(0, head))
        painter.end()

        return pixmap

    def png(self) -> bytes:
        buffer = QBuffer()
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        self.picture().save(buffer, "PNG")

        return bytes(buffer.data().data())

    def csv(self) -> bytes:
        header, rows = self.plot.table()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(csv_row(header))
        writer.writerows(map(csv_row, rows))

        return text.getvalue().encode()


class LogButton(QToolButton):
    """Switches plots to a logarithmic value axis; remembered under `key`."""

    def __init__(self, plots: list[Plot], preferences: Preferences, key: str) -> None:
        super().__init__()
        _dress(
            self, "log", "A logarithmic axis shows small improvements late in the run.", f"{key}"
        )
        self.setAccessibleName("Logarithmic axis")
        self.setCheckable(True)
        self._plots = plots
        self._preferences = preferences
        self._key = key
        self.toggled.connect(self._apply)
        self.setChecked(preferences.get(key, LOG))

    def _apply(self, log: bool) -> None:
        self._preferences.set(self._key, log)
        for plot in self._plots:
            plot.set_log(log)


class SmoothButton(QToolButton):
    """Shows how much the thick line is smoothed, and changes it with a slider in its menu.

    smoothed(factor): the slider was moved.
    """

    smoothed = Signal(float)

    def __init__(self, theme: Theme, preferences: Preferences, key: str) -> None:
        super().__init__()
        _dress(
            self,
            "",
            "How much the thick line is smoothed; the thin line is always every step.",
            key,
        )

        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._preferences = preferences
        self._key = key
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName(f"{key}.slider")
        self.slider.setAccessibleName("Smoothing from 0 to 0.99")
        self.slider.setRange(0, 99)
        self.slider.setMinimumWidth(theme.px(160))
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(theme.px(12), theme.px(8), theme.px(12), theme.px(8))
        row.addWidget(Label("Smoothing"))
        row.addWidget(self.slider)
        menu = QMenu(self)
        action = QWidgetAction(menu)
        action.setDefaultWidget(box)
        menu.addAction(action)
        self.setMenu(menu)
        self.slider.setValue(round(100 * min(0.99, max(0.0, preferences.get(key, SMOOTHING)))))
        self.slider.valueChanged.connect(self._changed)
        self._say()

    @property
    def factor(self) -> float:
        return self.slider.value() / 100

    def _changed(self) -> None:
        self._preferences.set(self._key, self.factor)
        self._say()
        self.smoothed.emit(self.factor)

    def _say(self) -> None:
        self.setText(f"smooth {number_text(self.factor)}")
        self.setAccessibleName(f"Smoothing, now {number_text(self.factor)}")


def _button(text: str, tip: str, name: str) -> QToolButton:
    button = QToolButton()
    _dress(button, text, tip, name)
    return button


def _dress(button: QToolButton, text: str, tip: str, name: str) -> None:
    button.setText(text)
    button.setToolTip(tooltip(tip))
    button.setObjectName(name)
    style(button, "small")


__all__ = ["LogButton", "PlotCard", "SmoothButton"]
