"""What the Data page shows without data: how to get some, how far reading is, why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.engine.text import duration_text
from app.ui.pages.data.arrays import ArrayRow
from app.ui.pages.data.scrolled import scrolled
from app.ui.pages.data.tables.target_card import TargetCard
from app.ui.pages.data.tables.view import TableView
from app.ui.state.action import Action
from app.ui.style.assets import icon
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.settings.form import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QHideEvent, QShowEvent

    from app.ui.state.background import Background
    from app.ui.state.document import Document
    from app.ui.style.theme import Theme

ACCEPTED = (
    (
        "A folder with a sub-folder for every class",
        "of pictures, .txt files or sounds; train, val and test above them",
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
QUESTIONS = ("data.pages", "data.task", "data.labels")
"""Settings that are asked for: their editors stand below the question at once."""

REASON = "in case one of these is the reason"
READING = [
    "task",
    "labels",
    "target",
    "inputs",
    "rows_are",
    "height",
    "width",
    "fit",
    "colour",
    "pages",
    "tokens",
    "context",
    "validation_share",
    "test_share",
]


def button(
    text: str, name: str, tip: str, action: Callable[[], object], role: str = ""
) -> QPushButton:
    """Returns a button with text, objectName, tooltip and action."""
    push_button = QPushButton(text)
    push_button.setObjectName(name)
    push_button.setToolTip(tooltip(tip))
    push_button.setAccessibleName(text)
    push_button.clicked.connect(lambda: action())

    if role:
        style(push_button, role)

    return push_button


class EmptyState(QWidget):
    """Says where to drop data and what is accepted, while nothing is open."""

    def __init__(
        self, theme: Theme, do: Callable[[Action], None], show_samples: Callable[[], None]
    ) -> None:
        super().__init__()
        self._theme = theme
        zone = QFrame()
        style(zone, "drop")
        column = QVBoxLayout(zone)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        self._picture = Label(alignment=Qt.AlignmentFlag.AlignCenter)
        heading = Label("Drop a folder or a file here", alignment=Qt.AlignmentFlag.AlignCenter)
        style(heading, "heading")
        heading.setWordWrap(True)
        column.addStretch(1)
        column.addWidget(self._picture)
        column.addWidget(heading)
        column.addLayout(self._buttons(do, show_samples))
        column.addSpacing(8)
        column.addWidget(self._accepted())
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(zone)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _buttons(
        self, do: Callable[[Action], None], show_samples: Callable[[], None]
    ) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(
            button(
                "Open a folder",
                "data.open",
                "Choose a folder with a sub-folder for every class, or with pairs.",
                lambda: do(Action.OPEN_FOLDER),
                "primary",
            )
        )

        row.addWidget(
            button(
                "Open a file",
                "data.open_file",
                "Choose a table, a text, an NPZ or an IDX file.",
                lambda: do(Action.OPEN_FILE),
            )
        )
        row.addWidget(
            button(
                "Built-in data",
                "data.samples",
                "Pictures, tables, texts and pairs, to try things out.",
                show_samples,
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
            label = Label(f"<b>{what}</b> – {how}", alignment=Qt.AlignmentFlag.AlignHCenter)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setWordWrap(True)
            style(label, "secondary")
            column.addWidget(label)

        return self._list

    def _restyle(self) -> None:
        side = self._theme.px(48)
        self._picture.setPixmap(icon(self._theme, "picture", "secondary").pixmap(side, side))


class Waiting(QWidget):
    """Shows the stage of reading, how far and how long it is, and a way out."""

    def __init__(self, document: Document, theme: Theme, do: Callable[[Action], None]) -> None:
        super().__init__()
        self._document = document
        self._seconds = 0
        self._stage = Label()
        self._count = Label()
        style(self._stage, "title")
        style(self._count, "secondary")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Reading the data")
        cancel = button(
            "Cancel",
            "data.cancel",
            "Stops reading; nothing is changed.",
            lambda: do(Action.CANCEL_READING),
        )

        card = Card()
        card.setMaximumWidth(theme.px(480))

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
        self._theme = theme
        self._card = card
        theme.changed.connect(self._restyle)

    def refresh(self) -> None:
        text, done, total = self._document.progress
        self._stage.setText(f"{text or 'Opening the data'} …")
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        counted = f"{done:,} of {total:,} · " if total else ""
        self._count.setText(f"{counted}{duration_text(self._seconds)}")

    def showEvent(self, _event: QShowEvent) -> None:
        self._seconds = 0
        self._clock.start()
        self.refresh()

    def hideEvent(self, _event: QHideEvent) -> None:
        self._clock.stop()

    def _tick(self) -> None:
        self._seconds += 1
        self.refresh()

    def _restyle(self) -> None:
        self._card.setMaximumWidth(self._theme.px(480))


class FailedState(QWidget):
    """Says why the data could not be opened, and what to do about it."""

    def __init__(
        self, document: Document, background: Background, theme: Theme, do: Callable[[Action], None]
    ) -> None:
        super().__init__()
        self._document = document
        self._background = background
        self._theme = theme
        card = Card()
        style(card, "card-problem")
        self._what = Label()
        self._remedy = Label()
        self._source = Label()
        style(self._what, "title")
        style(self._source, "secondary")

        for label in (self._what, self._remedy, self._source):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            card.body.addWidget(label)

        card.body.addLayout(_ways_out(do))
        self._how = Card("How it is read", REASON)
        self._how.hide()
        for fixed in (card, self._how):
            fixed.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._form: Form | None = None
        self._table: TableView | None = None
        self._target: TargetCard | None = None
        self._arrays: ArrayRow | None = None
        self._fold = button(
            "Change how it is read",
            "data.how",
            "Shows the settings for reading and dividing.",
            self._unfold,
            "link",
        )

        inside = QWidget()
        style(inside, "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(card)
        self._array_column = QVBoxLayout()
        column.addLayout(self._array_column)
        self._table_column = QVBoxLayout()
        column.addLayout(self._table_column, 1)
        column.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._how)
        column.addStretch(0)
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._column = column
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inside))

    def _unfold(self) -> None:
        """Shows the settings of reading.

        The editors have the names of those on the ready page, so they exist only while they are
        needed.
        """
        self._show_settings(READING)

    def _show_settings(self, names: list[str], flat: bool = False) -> None:
        self._form = Form(self._document, "data", names, self._theme, flat=flat)
        self._how.set_why("" if flat else REASON)
        if flat:  # it answers a question, so it stands right below that
            self._column.insertWidget(1, self._how)
        self._how.body.addWidget(self._form)
        self._how.show()
        self._fold.hide()

    def hideEvent(self, _event: QHideEvent) -> None:
        for asking in (self._table, self._arrays):
            if asking is not None:
                asking.forget()

        for editor in (self._form, self._table, self._target, self._arrays):
            if editor is not None:
                editor.setParent(None)
                editor.deleteLater()

        self._form = self._table = self._target = self._arrays = None
        self._how.hide()
        self._column.insertWidget(self._column.count() - 1, self._how)
        self._fold.show()

    def refresh(self) -> None:
        failure = self._document.data_failure
        setting = getattr(failure, "setting", "")
        if setting in QUESTIONS and self.isVisible() and self._form is None:
            self._show_settings([setting.removeprefix("data.")], flat=True)

        self._what.setText(getattr(failure, "what", "") or "The data could not be opened.")
        self._remedy.setText(getattr(failure, "remedy", ""))
        self._remedy.setVisible(bool(self._remedy.text()))
        self._source.setText(self._document.experiment.data.source)

        if self._table is None and self.isVisible():
            self._table = table = TableView(self._document, self._background, self._theme)
            self._target = target = TargetCard(self._document, self._theme)
            table.hide()
            table.looked.connect(lambda: table.setVisible(table.preview is not None))
            table.looked.connect(lambda: target.show_preview(table.preview))
            self._table_column.addWidget(target)
            self._table_column.addWidget(table, 1)

        if self._arrays is None and self.isVisible():
            self._arrays = ArrayRow(self._document, self._background, self._theme)
            self._array_column.addWidget(self._arrays)

        if self._table is not None:
            self._table.refresh()
        if self._arrays is not None:
            self._arrays.refresh()


def _ways_out(do: Callable[[Action], None]) -> QHBoxLayout:
    """Returns the buttons below a failure."""
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(
        button(
            "Choose other data",
            "data.choose_again",
            "Choose another folder.",
            lambda: do(Action.OPEN_FOLDER),
            "primary",
        )
    )

    row.addWidget(
        button(
            "Open a file",
            "data.choose_file",
            "Choose a file.",
            lambda: do(Action.OPEN_FILE),
        )
    )
    row.addWidget(
        button(
            "Read again",
            "data.read_again",
            "Read the same data once more.",
            lambda: do(Action.READ_AGAIN),
        )
    )
    row.addStretch(1)

    return row
