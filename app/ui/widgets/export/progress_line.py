"""How far the export under way has come, with a button that gives it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.engine.text import duration_text
from app.ui.style.theme import Theme, style
from app.ui.text.run_names import label_of
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.state.exports.exporter import Exporter

TICK_MS = 1000
"""Time between two readings of the clock."""


class ProgressLine(QWidget):
    """Follows an exporter, and hides while nothing is under way. path: the run of the dialog."""

    def __init__(self, theme: Theme, exporter: Exporter, path: Path) -> None:
        super().__init__()
        self._exporter = exporter
        self._path = path
        self.text = Label()
        self.text.setObjectName("export.stage")
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setObjectName("export.progress")
        self.bar.setAccessibleName("Examples compared")
        self.bar.setTextVisible(False)
        keep = self.bar.sizePolicy()  # the words stay where they are as the bar comes and goes
        keep.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(keep)
        self.cancel = QPushButton("Cancel")
        self.cancel.setObjectName("export.cancel")
        self.cancel.setAccessibleName("Cancel the export")
        self.cancel.setToolTip("Gives up the export; nothing of it is left.")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(exporter.cancel)
        words = QVBoxLayout()
        words.setSpacing(theme.px(4))
        words.addWidget(self.text)
        words.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(12))
        row.addLayout(words, 1)
        row.addWidget(self.cancel)
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(self.refresh)
        exporter.changed.connect(self.refresh)
        style(self.text, "row")
        self.refresh()

    def refresh(self) -> None:
        """Shows the stage of now."""
        exporter = self._exporter
        order = exporter.order
        self.setVisible(order is not None)
        if order is None:
            self._clock.stop()
            return

        if not self._clock.isActive():
            self._clock.start()

        stage = exporter.stage
        text = stage.text
        if exporter.cancelling:
            text = "Cancelling"
        elif stage.total:
            text = f"{text}: {stage.done:,} of {stage.total:,}"

        other = "" if order.run == self._path else f" ({label_of(order.run)})"
        self.text.setText(f"{text}{other}, {duration_text(exporter.seconds)}")
        self.bar.setVisible(stage.total > 0)
        self.bar.setMaximum(max(1, stage.total))
        self.bar.setValue(stage.done)
        self.cancel.setEnabled(not exporter.cancelling)
