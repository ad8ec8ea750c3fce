"""The slider over the epochs of a run, with a button that plays them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from app.ui.style.assets import icon
from app.ui.style.theme import style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QHideEvent

    from app.engine.runs.events import EpochDone
    from app.ui.style.theme import Theme

FASTEST_MS = 50
"""Between two epochs while it plays: twenty a second."""

PLAYED_MS = 3000
"""How long all epochs take, where they are few."""

SLOWEST_MS = 400


class EpochSlider(QWidget):
    """Chooses an epoch. moved(): another one is chosen. Its widgets are called NAME.slider ..."""

    moved = Signal()

    def __init__(self, theme: Theme, name: str, spoken: str) -> None:
        super().__init__()
        self._theme = theme
        self._epochs: list[EpochDone] = []
        self.play = QToolButton()
        self.play.setObjectName(f"{name}.play")
        self.play.setCheckable(True)
        self.play.setToolTip("Plays the epochs one after the other, up to 20 a second.")
        self.play.setAccessibleName("Play the epochs")
        self.play.toggled.connect(self._toggled)
        style(self.play, "small")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName(f"{name}.slider")
        self.slider.setAccessibleName(spoken)
        self.slider.setToolTip("Goes back in time: validation as it was after each epoch.")
        self.slider.valueChanged.connect(self._moved)
        self.words = Label()
        self.words.setObjectName(f"{name}.epoch")
        style(self.words, "secondary")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.play)
        row.addWidget(self.slider, 1)
        row.addWidget(self.words)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def epoch(self) -> EpochDone | None:
        """The epoch that is chosen."""
        value = self.slider.value()
        return self._epochs[value] if value < len(self._epochs) else None

    def set_epochs(self, epochs: Sequence[EpochDone], chosen: int | None = None) -> None:
        """Offers epochs. chosen: the number of one; None keeps the one that is chosen, or the last.

        A slider that stands at the last epoch stays at the last one when more come.
        """
        before = self.epoch
        at_end = before is None or before.epoch == self._epochs[-1].epoch
        self._epochs = list(epochs)
        numbers = [epoch.epoch for epoch in self._epochs]
        wanted = chosen if chosen is not None else (before.epoch if before and not at_end else None)
        place = numbers.index(wanted) if wanted in numbers else len(numbers) - 1
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(numbers) - 1))
        self.slider.setValue(place)
        self.slider.blockSignals(False)
        self.slider.setEnabled(len(numbers) > 1)
        self.play.setEnabled(len(numbers) > 1)
        self._name()

    def choose(self, epoch: int) -> None:
        """Goes to an epoch, if it is there."""
        for place, known in enumerate(self._epochs):
            if known.epoch == epoch:
                self.slider.setValue(place)

    # --- playing

    def _toggled(self, on: bool) -> None:
        if on:
            if self.slider.value() == self.slider.maximum():
                self.slider.setValue(0)

            each = PLAYED_MS // max(1, len(self._epochs))
            self._timer.start(min(SLOWEST_MS, max(FASTEST_MS, each)))
        else:
            self._timer.stop()

        self._restyle()

    def _step(self) -> None:
        if self.slider.value() >= self.slider.maximum():
            self.play.setChecked(False)
        else:
            self.slider.setValue(self.slider.value() + 1)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.play.setChecked(False)

    def _moved(self) -> None:
        self._name()
        self.moved.emit()

    def _name(self) -> None:
        epoch = self.epoch
        best = " (best)" if epoch is not None and epoch.best else ""
        self.words.setText(f"epoch {epoch.epoch}{best}" if epoch is not None else "")

    def _restyle(self) -> None:
        name = "pause" if self.play.isChecked() else "train"
        self.play.setIcon(icon(self._theme, name, "secondary"))
        side = self._theme.px(14)
        self.play.setIconSize(QSize(side, side))
        self.words.setMinimumWidth(self._theme.px(96))
