"""The chip that names the run a page shows, and says what Train would do instead of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMenu, QWidget

from app.engine.text import count_text
from app.ui.pages import run_actions
from app.ui.state.run_identity import RunIdentity, open_title, other_settings
from app.ui.style.theme import style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.elided import ElidedButton
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QResizeEvent

    from app.engine.experiment.differences import SettingRow
    from app.ui.pages.parts import Parts

MOST_ROWS = 12
"""Settings that the list shows; more are another experiment altogether."""

ACTIONS = (
    ("settings", "Use its settings", "Opens the settings of this run, to change and train them."),
    (
        "again",
        "Run again",
        "Trains it once more in a new run: the same seed, settings and changes while it trained, "
        "so the same weights on the same data. Epochs that were added later are left out.",
    ),
    ("branch", "Branch from here", "Goes on with a copy; this run stays as it is."),
    ("repeat", "Repeat with other seeds…", "Mean and spread over several seeds: what is chance?"),
    ("parts", "What does each part bring?…", "Trains it with one part left out at a time."),
    ("export", "Export…", "Writes its network as a file for other programs, and proves it."),
    ("report", "Report…", "Writes one HTML file on it, to keep, print or send."),
)


class RunChip(QWidget):
    """Names a run and offers what can be done with it. Its widgets are called NAME.run and so on.

    Beside it stands what the next run would have otherwise: on a click, as a list.
    """

    def __init__(self, parts: Parts, name: str) -> None:
        super().__init__()
        self._parts = parts
        self._identity: RunIdentity | None = None
        self._rows: tuple[SettingRow, ...] = ()
        self._words = ("", "")
        """What the note says where there is room, and where there is little."""
        self._popup: QFrame | None = None
        self.button = ElidedButton(least=6)
        self.button.setObjectName(f"{name}.chip")
        style(self.button, "run-chip")
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self._enable)
        self.actions_of_run: dict[str, QAction] = {}
        for key, text, _ in ACTIONS:
            action = self.menu.addAction(text)
            action.setObjectName(f"{name}.chip.{key}")
            action.triggered.connect(partial(self._do, key))
            self.actions_of_run[key] = action

        self.button.setMenu(self.menu)
        self.note = ElidedButton(least=100)  # it is short enough to be read, or hidden
        self.note.setObjectName(f"{name}.chip.changes")
        self.note.clicked.connect(self._list)
        style(self.note, "link-small")

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.button)
        row.addWidget(self.note)
        row.addStretch(1)
        document = parts.document
        for changed in (document.changed, document.data_changed, parts.session.state_changed):
            changed.connect(self._compare)

        self.show_run(None)

    def show_run(self, identity: RunIdentity | None) -> None:
        """Names this run; hides itself where there is none."""
        self.setVisible(identity is not None)
        if identity is None or identity == self._identity:
            self._identity = identity
            return

        self._identity = identity
        self.button.setText(button_text(identity.title))
        self.button.setAccessibleName(f"Run shown: {identity.title}")
        self.button.setToolTip(tooltip(f"{identity.title}\n{identity.path or ''}".strip()))
        self._compare()

    # --- what the next run would be

    def _compare(self, *_: object) -> None:
        """Says in what the open settings are other ones than those of the run."""
        identity = self._identity
        document = self._parts.document
        self._rows = ()
        if identity is not None and identity.requested and document.experiment.data.source:
            self._rows = other_settings(identity, document)

        self._words = self._next_run() if self._rows else ("", "")
        self.note.setAccessibleName(self._words[0])
        self._fit()

    def _next_run(self) -> tuple[str, str]:
        """Returns what the next run would have otherwise, in a sentence and in a few words."""
        session = self._parts.session
        count = len(self._rows)
        if session.active and self._identity == RunIdentity.of_record(session.live_record):
            return (f"{count_text(count, 'change')} for the next run", count_text(count, "change"))

        differ = f"{count_text(count, 'setting')} {'differs' if count == 1 else 'differ'}"
        return f"Train would start {open_title(self._parts.document)}: {differ}", differ

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return self.button.minimumSizeHint()

    def _fit(self) -> None:
        """Shortens the note before the name of the run, and leaves it out where nothing fits."""
        long, short = self._words
        metrics = self.note.fontMetrics()
        room = self.width() - self.button.sizeHint().width() - 16
        fits = metrics.horizontalAdvance(long) < room
        least = self.width() - self.button.minimumSizeHint().width() - 16
        self.note.setVisible(bool(short) and metrics.horizontalAdvance(short) < least)
        self.note.setText(button_text(long if fits else short))
        self.note.setToolTip(tooltip(f"{long}. A click lists them." if long else ""))

    def _list(self) -> None:
        """Opens the list of the settings that are other ones."""
        theme = self._parts.theme
        popup = QFrame(self.window(), Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setObjectName("run.changes")
        style(popup, "card")
        grid = QGridLayout(popup)
        grid.setContentsMargins(14, 12, 14, 12)
        grid.setHorizontalSpacing(theme.px(16))
        heads = ("Setting", "This run", "Next run")
        lines = [(row.label, *row.texts) for row in self._rows[:MOST_ROWS]]
        for number, texts in enumerate((heads, *lines)):
            for column, text in enumerate(texts):
                label = Label(text)
                label.setWordWrap(column > 0)
                label.setMaximumWidth(theme.px(220))
                style(label, "secondary" if not number else "row-strong" if column == 2 else "row")
                grid.addWidget(label, number, column, Qt.AlignmentFlag.AlignTop)

        more = len(self._rows) - MOST_ROWS
        if more > 0:
            label = Label(f"and {count_text(more, 'setting')} more")
            style(label, "secondary")
            grid.addWidget(label, grid.rowCount(), 0, 1, 3)

        theme.dress(popup)
        popup.adjustSize()
        popup.move(self.note.mapToGlobal(QPoint(0, self.note.height() + 4)))
        popup.show()
        self._popup = popup

    # --- what can be done

    def _enable(self) -> None:
        """Greys what cannot be done now, and says why."""
        identity = self._identity
        path = identity.path if identity is not None else None
        busy = run_actions.BUSY if self._parts.session.active else ""
        why_not = {
            "settings": "" if self._rows else "These are the settings that are open.",
            "again": busy,
            "branch": busy or (run_actions.why_no_branch(path) if path is not None else ""),
            "repeat": run_actions.why_no_study(path) if path is not None else "",
            "parts": run_actions.why_no_study(path) if path is not None else "",
            "export": run_actions.why_no_export(path) if path is not None else "",
            "report": "",
        }
        for key, _, tip in ACTIONS:
            action = self.actions_of_run[key]
            action.setEnabled(path is not None and not why_not[key])
            action.setToolTip(tooltip(why_not[key] or tip))

    def _do(self, key: str, *_: object) -> None:
        identity = self._identity
        if identity is None or identity.path is None:
            return

        if key == "settings":
            run_actions.use_settings(self._parts, identity.requested)
        elif key == "again":
            run_actions.run_again(self._parts, identity.path)
        elif key == "branch":
            run_actions.branch(self._parts, identity.path)
        elif key in ("repeat", "parts"):
            run_actions.study(self._parts, key, [identity.path], self.window())
        elif key == "report":
            run_actions.report(self._parts, [identity.path], self.window())
        else:
            run_actions.export(self._parts, identity.path, self.window())
