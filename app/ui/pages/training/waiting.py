"""Before there are curves: what will be here, and the stages until the first step is done."""

from __future__ import annotations

import re
import time

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.engine.runs.events import StageChanged
from app.engine.text import duration_text
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.widgets.label import Label

TICK_MS = 500
WORTH_SAYING = 0.5
"""Seconds; a shorter stage is not listed."""

KEPT = 5
"""Stages that are done and still listed."""

COMING = (
    ("chart", "Loss", "one point after every step, so the first one is there within seconds"),
    ("good", "The figure that counts", "after every epoch, on examples it never trains on"),
    ("runs", "Memory", "by purpose: weights, gradients, the optimizer's moments, activations"),
    ("picture", "A few examples", "what the network says about them now, right or wrong"),
)


def centred(card: QWidget) -> QWidget:
    """Returns a page with one card in its middle."""
    page = QWidget()
    outer = QVBoxLayout(page)
    outer.addStretch(2)
    row = QHBoxLayout()
    row.addStretch(1)
    row.addWidget(card, 6)
    row.addStretch(1)
    outer.addLayout(row)
    outer.addStretch(3)

    return page


class EmptyCard(QFrame):
    """What will be here, and the button that brings it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        style(self, "card")
        self.setMaximumWidth(theme.px(620))
        self._column = QVBoxLayout(self)
        self.title = Label("Nothing has been trained yet")
        self.text = Label()
        style(self.title, "heading")
        style(self.text, "secondary")
        self.text.setWordWrap(True)
        self._column.addWidget(self.title)
        self._column.addWidget(self.text)

        self._icons: list[tuple[str, QLabel]] = []
        for name, what, when in COMING:
            row = QHBoxLayout()
            picture = Label()
            words = Label(f"<b>{what}</b>, {when}")
            words.setTextFormat(Qt.TextFormat.RichText)
            words.setWordWrap(True)
            style(words, "row")
            self._icons.append((name, picture))
            row.addWidget(picture)
            row.addWidget(words, 1)
            self._column.addLayout(row)

        self.button = QPushButton("Train")
        self.button.setObjectName("training.start_here")
        style(self.button, "primary-big")
        self._column.addSpacing(8)
        self._column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setMaximumWidth(self.theme.px(620))
        self._column.setContentsMargins(*(self.theme.px(24),) * 4)
        self._column.setSpacing(self.theme.px(10))

        for name, label in self._icons:
            label.setPixmap(
                icon(self.theme, name, "accent").pixmap(self.theme.px(20), self.theme.px(20))
            )


class PreparingCard(QFrame):
    """The present stage with its progress, how long it has taken, and the stages that are done."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        style(self, "card")
        self.setMaximumWidth(theme.px(620))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(10)
        self.stage = Label()
        self.elapsed = Label()
        self.done = Label()
        style(self.stage, "heading")
        style(self.elapsed, "secondary")
        style(self.done, "secondary")
        self.stage.setObjectName("training.stage")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of this stage")

        for widget in (self.stage, self.bar, self.elapsed, self.done):
            column.addWidget(widget)

        self._begun = self._stage_begun = time.monotonic()
        self._name = ""
        self._past: list[str] = []
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def begin(self, begun: float) -> None:
        """Starts over. begun: when the run was requested (time.monotonic)."""
        self._begun = self._stage_begun = begun
        self._past = []
        self._name = ""
        self.show_stage(StageChanged("Starting"))

    def show_stage(self, stage: StageChanged) -> None:
        name = _without_numbers(stage.text)
        if name != self._name:
            now = time.monotonic()
            if self._name and now - self._stage_begun >= WORTH_SAYING:
                self._past.append(f"✓  {self._name}, {duration_text(now - self._stage_begun)}")

            self._name = name
            self._stage_begun = now
            self.done.setText("\n".join(self._past[-KEPT:]))

        self.stage.setText(f"{stage.text} …")
        self.bar.setRange(0, stage.total if stage.total > 0 else 0)
        self.bar.setValue(stage.done)
        self._tick()

    def _tick(self) -> None:
        self.elapsed.setText(f"{duration_text(time.monotonic() - self._begun)} since the start")

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._timer.start()
        self._tick()

    def hideEvent(self, event: object) -> None:
        super().hideEvent(event)  # type: ignore[arg-type]
        self._timer.stop()


def _without_numbers(text: str) -> str:
    """Returns the stage "Reading pictures" for "Reading 3,120 of 8,000 pictures"."""
    return re.sub(r"\s+", " ", re.sub(r"\b[\d,]+\b( of\b)?", "", text)).strip()
