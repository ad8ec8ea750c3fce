"""The layout of the dialog that predicts many examples: its widgets and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label
from app.ui.widgets.predicting.answers_table import AnswersTable

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

WIDTH = 1040
HEIGHT = 720

TICK_MS = 1000
"""Time between two readings of the clock."""

EMPTY = "The answers stand here, one row for each example, as soon as they come."


class PredictLayout(QDialog):
    """The empty dialog: words, what is predicted, the table of answers, how far it is, buttons."""

    folder_tip = "Predicts all that a folder and those below it hold."
    files_tip = "Predicts some files, or a table of many examples."
    save_tip = "Writes the examples with the answers beside them into a file."

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setObjectName("predict.dialog")
        self.setWindowTitle("Predict many")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._clock = QTimer(self, interval=TICK_MS)
        px = theme.px
        outer = QVBoxLayout(self)
        outer.setContentsMargins(px(20), px(16), px(20), px(16))
        outer.setSpacing(px(12))
        outer.addLayout(self._build_head())
        outer.addLayout(self._build_choice())
        outer.addWidget(self._build_answers(), 1)
        outer.addWidget(self._build_progress())
        outer.addWidget(self._build_notice())
        outer.addLayout(self._build_foot())
        self.resize(self._size())

    def _build_head(self) -> QVBoxLayout:
        heading = Label("Predict many")
        style(heading, "heading")
        self.run_title = ElidedLabel(least=10)
        self.run_title.setObjectName("predict.run")
        style(self.run_title, "why")
        self.about = Label()
        self.about.setObjectName("predict.about")
        self.about.setWordWrap(True)
        style(self.about, "secondary")
        line = QHBoxLayout()
        line.setSpacing(self.theme.px(8))
        line.addWidget(heading)
        line.addWidget(self.run_title, 1)
        line.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(self.theme.px(4))
        words.addLayout(line)
        words.addWidget(self.about)
        return words

    def _build_choice(self) -> QHBoxLayout:
        self.folder = _button("A folder…", "predict.folder", self.folder_tip)
        self.files = _button("Files or a table…", "predict.files", self.files_tip)
        self.only_told = QCheckBox()
        self.only_told.setObjectName("predict.told")
        self.only_told.setToolTip("Shows what could not be read, or was read with a remark.")
        self.only_told.hide()
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(8))
        row.addWidget(self.folder)
        row.addWidget(self.files)
        row.addStretch(1)
        row.addWidget(self.only_told)
        return row

    def _build_answers(self) -> QStackedWidget:
        empty = Label(EMPTY)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setWordWrap(True)
        style(empty, "secondary")
        self.table = AnswersTable(self.theme)
        self.stack = QStackedWidget()
        self.stack.addWidget(empty)
        self.stack.addWidget(self.table)
        return self.stack

    def _build_progress(self) -> QWidget:
        self.stage = Label()
        self.stage.setObjectName("predict.stage")
        style(self.stage, "row")
        self.bar = QProgressBar()
        self.bar.setObjectName("predict.progress")
        self.bar.setAccessibleName("Examples answered")
        self.bar.setTextVisible(False)
        self.cancel = _button("Cancel", "predict.cancel", "Gives up; what is answered stays.")
        words = QVBoxLayout()
        words.setSpacing(self.theme.px(4))
        words.addWidget(self.stage)
        words.addWidget(self.bar)
        self.progress = QWidget()
        row = QHBoxLayout(self.progress)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self.theme.px(12))
        row.addLayout(words, 1)
        row.addWidget(self.cancel)
        return self.progress

    def _build_notice(self) -> Label:
        self.notice = Label()
        self.notice.setObjectName("predict.notice")
        self.notice.setWordWrap(True)
        self.notice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.notice.hide()
        return self.notice

    def _build_foot(self) -> QHBoxLayout:
        self.closing = _button("Close", "predict.close", "Closes this; answers not saved are lost.")
        self.save = _button("Save the answers…", "predict.save", "")
        style(self.save, "primary")
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(8))
        row.addStretch(1)
        row.addWidget(self.closing)
        row.addWidget(self.save)
        return row

    def _size(self) -> QSize:
        """Returns the size that the dialog takes, within the window."""
        px = self.theme.px
        around = self.parentWidget()
        room = around.window().size() if around is not None else QSize(px(WIDTH), px(HEIGHT))
        width = min(px(WIDTH), max(320, room.width() - 32))
        return QSize(width, min(px(HEIGHT), max(240, room.height() - 32)))


def _button(text: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text.rstrip("…"))
    button.setToolTip(tooltip(tip))
    button.setAutoDefault(False)

    return button
