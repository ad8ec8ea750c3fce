"""What the Data page shows while there are no data: how to get some, how far reading is, why it
failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.engine.text import duration_text
from app.ui.pages.data.scrolled import scrolled
from app.ui.pages.data.table import TableView
from app.ui.style.assets import icon
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.settings.form import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QHideEvent, QShowEvent

    from app.ui.pages.parts import Parts

ACCEPTED = (
    (
        "A folder with a sub-folder for every class",
        "of pictures, .txt or .wav files; train, val and test above them",
    ),
    (
        "A table",
        "CSV, TSV, Excel, Parquet: numbers, categories, texts, picture files; one column is "
        "predicted",
    ),
    ("A folder of pairs", "name.png beside name.txt, to learn which belongs to which"),
    ("A long text", "a .txt file, to learn how it goes on"),
    ("Arrays", "an NPZ file with images or signals and their labels, or the IDX files of MNIST"),
)
READING = [
    "task",
    "target",
    "rows_are",
    "height",
    "width",
    "fit",
    "colour",
    "tokens",
    "context",
    "validation_share",
    "test_share",
]


def button(
    text: str, name: str, tip: str, action: Callable[[], object], role: str = ""
) -> QPushButton:
    """A button with everything it needs: words, objectName, tooltip, what it does."""
    made = QPushButton(text)
    made.setObjectName(name)
    made.setToolTip(tip)
    made.setAccessibleName(text)
    made.clicked.connect(lambda: action())

    if role:
        style(made, role)

    return made


class EmptyState(QWidget):
    """Nothing is opened yet: where to drop it, what is accepted."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._theme = parts.theme
        zone = QFrame()
        style(zone, "drop")
        column = QVBoxLayout(zone)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        heading = QLabel("Drop a folder or a file here", alignment=Qt.AlignmentFlag.AlignCenter)
        style(heading, "heading")
        heading.setWordWrap(True)
        column.addStretch(1)
        column.addWidget(self._picture)
        column.addWidget(heading)
        column.addLayout(self._buttons(parts))
        column.addSpacing(8)
        column.addWidget(self._accepted())
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(zone)
        parts.theme.changed.connect(self._restyle)
        self._restyle()

    def _buttons(self, parts: Parts) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(
            button(
                "Open a folder",
                "data.open",
                "Choose a folder with a sub-folder for every class, or with pairs.",
                lambda: parts.do("open_folder"),
                "primary",
            )
        )

        row.addWidget(
            button(
                "Open a file",
                "data.open_file",
                "Choose a table, a text, an NPZ or an IDX file.",
                lambda: parts.do("open_file"),
            )
        )
        row.addWidget(
            button(
                "Built-in data",
                "data.samples",
                "Pictures, tables, texts and pairs, to try things out.",
                lambda: parts.go("welcome"),
            )
        )

        row.addStretch(1)
        return row

    def _accepted(self) -> QWidget:
        self._list = QWidget()
        column = QVBoxLayout(self._list)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)

        for what, how in ACCEPTED:
            label = QLabel(f"<b>{what}</b> – {how}", alignment=Qt.AlignmentFlag.AlignHCenter)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setWordWrap(True)
            style(label, "secondary")
            column.addWidget(label)

        return self._list

    def _restyle(self) -> None:
        side = self._theme.px(48)
        self._picture.setPixmap(icon(self._theme, "picture", "secondary").pixmap(side, side))


class Waiting(QWidget):
    """A stage, how far it is, how long it takes already, and a way out."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._document = parts.document
        self._seconds = 0
        self._stage = QLabel()
        self._count = QLabel()
        style(self._stage, "title")
        style(self._count, "secondary")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Reading the data")
        cancel = button(
            "Cancel",
            "data.cancel",
            "Stops reading; nothing is changed.",
            lambda: parts.do("cancel_reading"),
        )

        card = Card()
        card.setMaximumWidth(parts.theme.px(480))

        for widget in (self._stage, self.bar, self._count):
            card.body.addWidget(widget)

        card.body.addWidget(cancel, 0, Qt.AlignmentFlag.AlignLeft)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(card, 4)
        row.addStretch(1)
        outer.addLayout(row)
        outer.addStretch(3)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tick)
        self._theme = parts.theme
        self._card = card
        parts.theme.changed.connect(self._restyle)

    def refresh(self) -> None:
        text, done, total = self._document.progress
        self._stage.setText(f"{text or 'Opening the data'} …")
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        counted = f"{done:,} of {total:,} · " if total else ""
        self._count.setText(f"{counted}{duration_text(self._seconds)}")

    def showEvent(self, event: QShowEvent) -> None:
        self._seconds = 0
        self._clock.start()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()

    def _tick(self) -> None:
        self._seconds += 1
        self.refresh()

    def _restyle(self) -> None:
        self._card.setMaximumWidth(self._theme.px(480))


class FailedState(QWidget):
    """Why the data could not be opened, in a sentence, beside what to do about it."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        card = Card()
        style(card, "card-problem")
        self._what = QLabel()
        self._remedy = QLabel()
        self._source = QLabel()
        style(self._what, "title")
        style(self._source, "secondary")

        for label in (self._what, self._remedy, self._source):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            card.body.addWidget(label)

        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(
            button(
                "Choose other data",
                "data.choose_again",
                "Choose another folder.",
                lambda: parts.do("open_folder"),
                "primary",
            )
        )

        row.addWidget(
            button(
                "Open a file", "data.choose_file", "Choose a file.", lambda: parts.do("open_file")
            )
        )
        row.addWidget(
            button(
                "Read again",
                "data.read_again",
                "Read the same data once more.",
                lambda: parts.do("read_again"),
            )
        )

        row.addStretch(1)
        card.body.addLayout(row)
        self._how = Card("How it is read", "in case one of these is the reason")
        self._how.hide()
        self._form: Form | None = None
        self._table: TableView | None = None
        self._fold = button(
            "Change how it is read",
            "data.how",
            "Shows the settings of reading and dividing.",
            self._unfold,
            "link",
        )

        inside = QWidget()
        style(inside, "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(card)
        self._place = QVBoxLayout()
        column.addLayout(self._place, 1)
        column.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._how)
        column.addStretch(0)
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inside))

    def _unfold(self) -> None:
        """The editors have the names of those on the ready page, so they are only there while they
        are needed.
        """
        self._form = Form(self._parts.document, "data", READING, self._parts.theme)
        self._how.body.addWidget(self._form)
        self._how.show()
        self._fold.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        for made in (self._form, self._table):
            if made is not None:
                made.setParent(None)
                made.deleteLater()

        self._form = self._table = None
        self._how.hide()
        self._fold.show()

    def refresh(self) -> None:
        failure = self._parts.document.data_failure
        self._what.setText(getattr(failure, "what", "") or "The data could not be opened.")
        self._remedy.setText(getattr(failure, "remedy", ""))
        self._remedy.setVisible(bool(self._remedy.text()))
        self._source.setText(self._parts.document.experiment.data.source)

        if self._table is None and self.isVisible():
            self._table = table = TableView(self._parts)
            table.hide()
            table.looked.connect(lambda: table.setVisible(table.preview is not None))
            self._place.addWidget(table, 1)

        if self._table is not None:
            self._table.refresh()
