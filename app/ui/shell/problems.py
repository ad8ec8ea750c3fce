"""Shows failures to the person: in a dialog, and in a list that can be copied."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.engine.errors import UserError
from app.ui.state.background import Failure
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

MOST_PROBLEMS = 200
"""Problems in the list, so that a flood of them does not fill the memory."""


@dataclass(frozen=True)
class Problem:
    """A failure in the list.

    when: clock time of the first time. times: how often it came.
    """

    what: str
    remedy: str
    details: str
    when: str
    times: int = 1

    def text(self) -> str:
        often = f" ({self.times} times)" if self.times > 1 else ""
        return "\n".join(
            part for part in (f"{self.when}  {self.what}{often}", self.remedy, self.details) if part
        )


class Problems(QObject):
    """Shows each failure once. `window` is the parent of the dialogs. changed(): the list.

    `tell` shows a dialog, `note` only lists. `report` and `report_quietly` may be called from any
    thread.
    """

    changed = Signal()
    _arrived = Signal(object, bool)

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__()
        self._window = window
        self._theme = theme
        self.problems: list[Problem] = []
        self._dialog: ProblemDialog | None = None
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def tell(self, failure: Failure | UserError) -> None:
        """Shows a failure in a dialog with what, what to try, details and Copy."""
        if isinstance(failure, UserError):
            failure = Failure.of(failure)
        self._keep(failure, shown=True)

    def note(self, failure: Failure) -> None:
        """Puts a failure into the list without a dialog."""
        self._keep(failure, shown=False)

    def report(self, failure: Failure) -> None:
        """Shows a failure of any thread, as soon as the window's thread comes to it."""
        self._arrived.emit(failure, True)

    def report_quietly(self, failure: Failure) -> None:
        """Lists a failure of any thread, as soon as the window's thread comes to it."""
        self._arrived.emit(failure, False)

    @Slot(object, bool)
    def _take(self, failure: Failure, shown: bool) -> None:
        self._keep(failure, shown)

    def _keep(self, failure: Failure, shown: bool) -> None:
        known = next((row for row, old in enumerate(self.problems) if _same(old, failure)), None)
        if known is not None:
            old = self.problems.pop(known)
            self.problems.append(replace(old, times=old.times + 1))
        else:
            self.problems.append(
                Problem(failure.what, failure.remedy, failure.details, time.strftime("%H:%M:%S"))
            )
            del self.problems[:-MOST_PROBLEMS]

        self.changed.emit()
        if not shown:
            return

        if self._dialog is not None:
            self._dialog.add_another(self.problems[-1])
        elif known is None or not _is_repeating(self.problems[-1]):
            self._show(self.problems[-1])

    def _show(self, problem: Problem) -> None:
        self._dialog = ProblemDialog(problem, self._theme, self._window)
        self._dialog.finished.connect(self._forget)
        self._dialog.open()

    def _forget(self, _: int) -> None:
        self._dialog = None

    def show_list(self) -> None:
        """Opens the list of all failures since the start."""
        ProblemList(self.problems, self._theme, self._window).open()

    def close(self) -> None:
        if self._dialog is not None:
            self._dialog.close()


def _same(problem: Problem, failure: Failure) -> bool:
    """Returns whether it is the same failure again: the same words from the same place."""
    return problem.what == failure.what and problem.details[-400:] == failure.details[-400:]


def _is_repeating(problem: Problem) -> bool:
    """Returns whether a failure comes again and again, and so is shown once only.

    One that a person causes is shown every time.
    """
    return problem.what.startswith("Something unexpected")


class ProblemDialog(QDialog):
    """One failure: what, what to try, details on demand, and Copy."""

    def __init__(self, problem: Problem, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("problem.dialog")
        self.setWindowTitle("Netwright")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._texts = [problem.text()]
        self._theme = theme
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.px(20)] * 4)
        column.setSpacing(theme.px(10))
        self.what = Label(problem.what)
        self.remedy = Label(problem.remedy)
        style(self.what, "tile-title")
        style(self.remedy, "lead")

        for label in (self.what, self.remedy):
            label.setWordWrap(True)
            label.setMinimumWidth(theme.px(440))
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)

        self.remedy.setVisible(bool(problem.remedy))
        self._more = Label()
        style(self._more, "secondary")
        self._more.hide()
        column.addWidget(self._more)
        self.details = _text_field(problem.details, theme)
        self.details.hide()
        column.addWidget(self.details, 1)
        row = QHBoxLayout()
        self.toggle = _button("Show details", "problem.details", "Shows the technical details.")
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(self._show_details)
        copy = _button("Copy", "problem.copy", "Copies this message and its details.")
        copy.clicked.connect(self._copy)
        close = _button("Close", "problem.close", "Closes this message.")
        style(close, "primary")
        close.setDefault(True)
        close.setFocus()
        close.clicked.connect(self.accept)
        row.addWidget(self.toggle)
        row.addWidget(copy)
        row.addStretch(1)
        row.addWidget(close)
        column.addLayout(row)

    def add_another(self, problem: Problem) -> None:
        """Counts another failure that came while this one is open."""
        self._texts.append(problem.text())
        count = len(self._texts) - 1
        self._more.setText(
            f"And {count} more since; the details show {'it' if count == 1 else 'them'}."
        )
        self._more.show()
        self.details.setPlainText("\n\n".join(self._texts))

    def _show_details(self, shown: bool) -> None:
        self.toggle.setText("Hide details" if shown else "Show details")
        self.details.setVisible(shown)
        self.adjustSize()

    def _copy(self) -> None:
        QApplication.clipboard().setText("\n\n".join(self._texts))


class ProblemList(QDialog):
    """All problems since the start, newest last, as text to be copied."""

    def __init__(self, problems: list[Problem], theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("problem.list")
        self.setWindowTitle("Problems since the start")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(theme.px(640), theme.px(420))
        column = QVBoxLayout(self)
        text = (
            "\n\n".join(problem.text() for problem in problems)
            or "Nothing went wrong since the start."
        )

        field = _text_field(text, theme)
        column.addWidget(field, 1)
        row = QHBoxLayout()
        copy = _button("Copy", "problem.list.copy", "Copies the list.")
        copy.clicked.connect(lambda: QApplication.clipboard().setText(text))
        close = _button("Close", "problem.list.close", "Closes the list.")
        close.clicked.connect(self.accept)
        row.addStretch(1)
        row.addWidget(copy)
        row.addWidget(close)
        column.addLayout(row)


def _text_field(text: str, theme: Theme) -> QPlainTextEdit:
    field = QPlainTextEdit(text)
    field.setReadOnly(True)
    field.setMaximumBlockCount(5000)
    field.setMinimumHeight(theme.px(180))
    field.setAccessibleName("Details")

    return field


def _button(text: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tooltip(tip))
    button.setAccessibleName(text)

    return button
