"""What the device says of itself: how its memory is divided, and its other readings.

A reading that is unknown is a dash with the reason; the others are shown all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.engine.text import UNKNOWN, bytes_text, percent_text
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label
from app.ui.widgets.layouts import clear
from app.ui.widgets.memory.ledger import device_parts, readings_in_words
from app.ui.widgets.memory.memory_bar import MemoryBar
from app.ui.widgets.memory.memory_table import RIGHT, Swatch

if TYPE_CHECKING:
    from collections.abc import Mapping


class DevicePanel(QWidget):
    """Shows the readings of MemoryMeasured; the parts add up to the total of the device."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        self.bar = MemoryBar(theme)
        self.bar.setAccessibleName("Memory of the device")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.px(6))
        self._grid.setVerticalSpacing(theme.px(5))
        self._grid.setColumnStretch(1, 1)
        column.addWidget(self.bar)
        column.addLayout(self._grid)
        self.lines: list[tuple[str, str]] = []
        """(name, value) of each line, for tests and screen readers."""
        self.reasons: list[str] = []
        self._layout_of: tuple[str, ...] = ()
        self._values: list[QLabel] = []
        self._whys: list[QLabel] = []

    def show_readings(
        self,
        rows: Mapping[str, int | None],
        device: Mapping[str, float | None],
        reasons: Mapping[str, str],
        peak: int | None = None,
    ) -> None:
        parts = device_parts(rows, device)
        total = device.get("total")
        self.bar.setVisible(bool(parts))
        self.bar.show_parts(parts, int(total) if total else None, peak)

        lines = [(part.name, bytes_text(part.bytes), part.meaning, part.role) for part in parts]
        if not parts:
            why = next((reasons[key] for key in ("total", "free") if key in reasons), "")
            lines = [("memory of the device", UNKNOWN, why, "")]

        if device.get("reserved") is None and "reserved" in reasons:
            lines.append(("kept by PyTorch", UNKNOWN, reasons["reserved"], ""))

        total_line = [("together", bytes_text(total), "", "")] if parts else []
        readings = [
            (name, value, why, "") for name, value, why in readings_in_words(device, reasons)
        ]
        self._show([*lines, *total_line, *readings])

    def _show(self, lines: list[tuple[str, str, str, str]]) -> None:
        names = tuple(name for name, *_ in lines)
        if names != self._layout_of:
            self._layout_of = names
            self._rebuild(lines)

        self.lines = [(name, value) for name, value, *_ in lines]
        self.reasons = [why for _, value, why, _ in lines if value == UNKNOWN and why]

        for (_, value, why, _), label, below in zip(lines, self._values, self._whys, strict=True):
            label.setText(value)
            below.setText(why if value == UNKNOWN else "")
            below.setVisible(value == UNKNOWN and bool(why))

    def _rebuild(self, lines: list[tuple[str, str, str, str]]) -> None:
        clear(self._grid)

        self._values = []
        self._whys = []
        for row, (name, _, meaning, role) in enumerate(lines):
            if role:
                self._grid.addWidget(
                    Swatch(self.theme, role), 2 * row, 0, Qt.AlignmentFlag.AlignVCenter
                )

            label = Label(name)
            value = Label()
            why = Label()
            label.setToolTip(tooltip(meaning))
            style(label, "row")
            style(value, "figure-small")
            style(why, "secondary")
            why.setWordWrap(True)
            self._grid.addWidget(label, 2 * row, 1)
            self._grid.addWidget(value, 2 * row, 2, RIGHT)
            self._grid.addWidget(why, 2 * row + 1, 1, 1, 2)
            self._values.append(value)
            self._whys.append(why)


def one_line(device: Mapping[str, float | None]) -> str:
    """Returns the device in half a sentence: "9.1 GiB of 16.0 GiB free · 97 % busy"."""
    words = []
    if device.get("free") is not None and device.get("total") is not None:
        words.append(f"{bytes_text(device['free'])} of {bytes_text(device['total'])} free")
    utilisation = device.get("utilisation")
    if utilisation is not None:
        words.append(f"{percent_text(utilisation / 100)} busy")

    return " · ".join(words)
