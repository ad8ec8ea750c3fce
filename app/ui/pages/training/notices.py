"""The strip below the plots: how a run stands or ended, with what one would do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
)

from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.pages.training.summary import Notice, NoticeAction

LABELS: dict[NoticeAction, tuple[str, str]] = {
    "results": ("Results", "What it gets right and wrong, in figures and pictures."),
    "tryit": ("Try it", "Give it an example of your own."),
    "longer": ("Train longer", "Go on from the last step for half as many epochs more."),
    "resume": ("Resume", "Go on from the last checkpoint to the planned end."),
    "unpause": ("Resume", "Go on where it was paused."),
    "train": ("Train again", "Start a new run with the settings as they are."),
    "remedy": ("Train again", "Start a new run with the settings as they are."),
    "details": ("Details", "The technical report of what went wrong."),
}


class NoticeStrip(QFrame):
    """The strip that shows a Notice.

    act(action) is called when a button is pressed.
    """

    def __init__(self, theme: Theme, act: Callable[[NoticeAction], None]) -> None:
        super().__init__()
        self.theme = theme
        self._act = act
        self.notice: Notice | None = None
        self._remedy = ""
        self.setObjectName("training.notice")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 10, 10, 10)
        row = QHBoxLayout()
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title = Label()
        self.text = Label()
        style(self.title, "title")
        style(self.text, "row")

        for label in (self.title, self.text):
            label.setWordWrap(True)
            words.addWidget(label)

        row.addLayout(words, 1)
        self.buttons: dict[NoticeAction, QPushButton] = {}
        for action, (label_text, tip) in LABELS.items():
            button = QPushButton(label_text)
            button.setObjectName(f"training.{action}")
            button.setToolTip(tooltip(tip))
            button.setAccessibleName(label_text)
            button.clicked.connect(lambda _=False, action=action: self._pressed(action))
            button.hide()
            self.buttons[action] = button
            row.addWidget(button)

        outer.addLayout(row)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setObjectName("training.details_text")
        self.details.setAccessibleName("Technical report")
        self.details.setFixedHeight(theme.px(150))
        self.details.hide()
        self.copy = QPushButton("Copy report")
        self.copy.setToolTip("Copies the technical report, to send it to somebody who can help.")
        self.copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(self.details.toPlainText())
        )
        self.copy.hide()
        style(self.copy, "small")
        outer.addWidget(self.details)
        outer.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_notice(self, notice: Notice | None, remedy: str = "") -> None:
        """Shows a notice. remedy: what its button says; "" for training again as it is."""
        self.setVisible(notice is not None)
        if notice is None or (notice, remedy) == (self.notice, self._remedy):
            self.notice = notice
            return

        self.notice = notice
        self._remedy = remedy
        style(self, f"banner-{notice.tone}" if notice.tone else "banner")
        self.title.setText(notice.title)
        self.text.setText(notice.text)
        self.text.setVisible(bool(notice.text))

        for action, button in self.buttons.items():
            button.setVisible(action in notice.actions)
            style(button, "primary" if notice.actions and action == notice.actions[0] else "")

        words = remedy or LABELS["remedy"][0]
        self.buttons["remedy"].setText(button_text(words))
        self.buttons["remedy"].setAccessibleName(words)
        self._open_details(False)
        self.details.setPlainText(notice.details)

    def _pressed(self, action: NoticeAction) -> None:
        if action == "details":
            self._open_details(not self.details.isVisible())
        else:
            self._act(action)

    def _open_details(self, opened: bool) -> None:
        self.details.setVisible(opened)
        self.copy.setVisible(opened)
        self.buttons["details"].setText("Hide details" if opened else "Details")
