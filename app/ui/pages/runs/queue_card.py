"""The queue, on top of the list of runs: what trains, what waits, and when it will be over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.engine.text import count_text, rough_duration_text
from app.ui.style.assets import icon
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.text.run_names import label_of
from app.ui.widgets.card import Card
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.queue.items import Item
    from app.ui.state.beside.queue_state import QueueState, QueueView
    from app.ui.style.theme import Theme

MOST_ROWS = 6
"""Items that are shown; of more, the number is told."""

STATES = {
    "waiting": "waits",
    "running": "trains",
    "failed": "failed",
    "damaged": "damaged",
}


class QueueCard(Card):
    """Shows the queue while there is one, and changes it."""

    def __init__(self, theme: Theme, queue: QueueState) -> None:
        super().__init__("Queue", " ")
        self._theme = theme
        self._queue = queue
        self.setObjectName("runs.queue")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.toggle = QPushButton()
        self.toggle.setObjectName("runs.queue.toggle")
        style(self.toggle, "small")
        self.toggle.clicked.connect(self._toggle)
        self.tools.addWidget(self.toggle)
        self._rows: list[_Row] = []
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        self.body.addLayout(self._lines)
        self.more = Label()
        style(self.more, "secondary")
        self.body.addWidget(self.more)
        queue.changed.connect(self._show)
        theme.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        view = self._queue.view
        self.setVisible(bool(view.items))
        self.set_why(summary(view))
        going = view.working and not view.paused
        self.toggle.setText("Pause" if going else "Start")
        self.toggle.setAccessibleName("Pause the queue" if going else "Start the queue")
        self.toggle.setToolTip(
            "Begins no further run; the one that trains goes on to its end."
            if going
            else "Trains what waits, one after the other, also without this window."
        )
        self.toggle.setEnabled(bool(view.waiting) or going or view.running is not None)

        shown = view.items[:MOST_ROWS]
        while len(self._rows) < len(shown):
            row = _Row(self._theme, self._queue)
            self._rows.append(row)
            self._lines.addWidget(row)
        for row, item in zip(self._rows, shown, strict=False):
            row.show_item(item, view)
        for row in self._rows[len(shown) :]:
            row.hide()

        hidden = len(view.items) - len(shown)
        self.more.setText(f"and {hidden:,} more")
        self.more.setVisible(hidden > 0)

    def _toggle(self) -> None:
        view = self._queue.view
        if view.working and not view.paused:
            self._queue.pause()
        else:
            self._queue.start()


class _Row(QWidget):
    """One item: its name, how it stands, and what can be done with it."""

    def __init__(self, theme: Theme, queue: QueueState) -> None:
        super().__init__()
        self._theme = theme
        self._item: Item | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.name = ElidedLabel("", 8)
        self.words = ElidedLabel("", 8)
        style(self.words, "secondary")
        row.addWidget(self.name)
        row.addWidget(self.words)
        row.addStretch(1)
        self.now = self._button("train", "Run now", "Makes it the next one, and starts the queue.")
        self.up = self._button("up", "Earlier", "Moves it one place up.")
        self.down = self._button("less", "Later", "Moves it one place down.")
        self.gone = self._button("close", "Remove", "Takes it out of the queue. Its run stays.")
        for button in (self.now, self.up, self.down, self.gone):
            row.addWidget(button)

        self._connect(self.now, queue.run_now)
        self._connect(self.up, lambda item: queue.move(item, -1))
        self._connect(self.down, lambda item: queue.move(item, 1))
        self._connect(self.gone, queue.remove)

    def _button(self, picture: str, words: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("picture", picture)
        button.setAccessibleName(words)
        button.setToolTip(tooltip(f"{words}. {tip}"))
        style(button, "round")
        return button

    def _connect(self, button: QToolButton, act: Callable[[Item], None]) -> None:
        def clicked() -> None:
            if self._item is not None:
                act(self._item)

        button.clicked.connect(clicked)

    def show_item(self, item: Item, view: QueueView) -> None:
        self._item = item
        self.name.setText(item.name)
        self.words.setText(words_of(item, view))
        waits = item.state == "waiting"
        numbers = [other.number for other in view.waiting]
        self.now.setEnabled(waits)
        self.up.setEnabled(waits and item.number != numbers[0])
        self.down.setEnabled(waits and item.number != numbers[-1])
        self.gone.setEnabled(item.state != "running")
        for button in (self.now, self.up, self.down, self.gone):
            button.setIcon(icon(self._theme, str(button.property("picture")), "secondary"))
            button.setIconSize(QSize(self._theme.px(16), self._theme.px(16)))

        self.show()


def words_of(item: Item, view: QueueView) -> str:
    """Returns how an item stands: "trains · epoch 3 of 10 · about 2 min to go"."""
    words = [STATES.get(item.state, item.state)]
    seconds = item.seconds if item.state == "waiting" else None
    if item.state == "running" and not view.alive:
        if view.waits_for is not None:
            return f"waits until '{label_of(view.waits_for)}' ends"
        return "begins" if view.working else "interrupted"
    if item.state == "running" and view.trials is not None:
        done, wanted = view.trials
        words.append(f"{done:,} of {count_text(wanted, 'run')}")
    if item.state == "running":
        if view.epochs:
            words.append(f"epoch {min(view.epoch, view.epochs)} of {view.epochs}")
        if view.remaining is not None:
            words.append(f"{rough_duration_text(view.remaining)} to go")
    if seconds is not None:
        words.append(rough_duration_text(seconds))
    if item.why:
        words.append(item.why)

    return " · ".join(words)


def summary(view: QueueView) -> str:
    """Returns the queue in half a sentence: "2 wait, about 12 minutes to go"."""
    until = f" until '{label_of(view.waits_for)}' ends" if view.waits_for is not None else ""
    words = [f"{len(view.waiting)} {'waits' if len(view.waiting) == 1 else 'wait'}{until}"]
    if view.to_go is not None and (view.waiting or view.running):
        more = f" and {view.untimed:,} of unknown length" if view.untimed else ""
        words.append(f"{rough_duration_text(view.to_go)}{more} to go")
    if view.paused:
        words.append("paused")
    elif not view.working and (view.waiting or view.running):
        words.append("not started")

    return ", ".join(words)
