"""The line at the top of the Search page: which search is shown, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from app.ui.pages.search.words import title_of
from app.ui.style.assets import icon
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import DropDown

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.state.searches.search_list import Listed
    from app.ui.style.theme import Theme

ACTIONS = (
    ("open", "Open this run", "Shows the chosen run in Training and Results."),
    ("folder", "Open its folder", "Shows the folder of the search with all of its runs."),
    ("remove", "Move to the trash", "Moves the search with all of its runs to the trash."),
)


class Head(QWidget):
    """requested(what): "new", "stop", "go on", "take" or one of ACTIONS. shown(Path): another."""

    requested = Signal(str)
    shown = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        heading = Label("Search")
        style(heading, "heading")
        self.which = DropDown()
        self.which.setObjectName("search.which")
        self.which.setAccessibleName("Which search is shown")
        self.which.setToolTip("All searches, the newest first.")
        self.which.setMinimumContentsLength(14)
        self.which.activated.connect(lambda row: self.shown.emit(self.which.itemData(row)))
        self.new = self._button("New search", "search.new", "Sets up another search.", "new")
        self._toggles = "stop"
        self.toggle = self._button("Stop", "search.toggle", "", "")
        self.toggle.clicked.connect(lambda: self.requested.emit(self._toggles))
        self.take = self._button("Take these settings", "search.take", "", "take")
        style(self.take, "primary")
        self.more = self._build_more()
        row.addWidget(heading)
        row.addWidget(self.which, 1)
        for button in (self.new, self.toggle, self.take, self.more):
            row.addWidget(button)

        theme.changed.connect(self._restyle)
        self._restyle()

    def _build_more(self) -> QToolButton:
        more = QToolButton()
        more.setText("More")
        more.setObjectName("search.more")
        more.setAccessibleName("More actions for this search")
        more.setToolTip("Open a run or the folder, or move the search to the trash.")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        more.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow behind the word
        self.menu = QMenu(self)
        self.menu.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.menu.setToolTipsVisible(True)
        for name, text, tip in ACTIONS:
            action = self.menu.addAction(text)
            action.setObjectName(f"search.{name}")
            action.setToolTip(tooltip(tip))
            action.triggered.connect(lambda _=False, name=name: self.requested.emit(name))

        more.setMenu(self.menu)
        return more

    def _button(self, text: str, name: str, tip: str, what: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(tooltip(tip))
        if what:
            button.clicked.connect(lambda: self.requested.emit(what))

        return button

    def show_searches(self, searches: tuple[Listed, ...], current: Listed | None) -> None:
        """Lists all searches, and what can be done with the one that is shown."""
        titles = [(title_of(one), one.path) for one in searches]
        known: list[tuple[str, Path]] = [
            (self.which.itemText(row), self.which.itemData(row))
            for row in range(self.which.count())
        ]
        if titles != known:
            self.which.clear()
            for text, path in titles:
                self.which.addItem(text, path)

        if current is not None:
            paths = [one.path for one in searches]
            self.which.setCurrentIndex(paths.index(current.path))

        self._show_toggle(current)

    def _show_toggle(self, current: Listed | None) -> None:
        progress = current.progress if current is not None else None
        working = current is not None and current.working
        stopping = progress is not None and working and progress.folder.stop_requested
        self._toggles = "stop" if working else "go on"
        begin = "Go on" if progress is not None and progress.begun else "Start"
        self.toggle.setText("Stopping…" if stopping else "Stop" if working else begin)
        self.toggle.setAccessibleName(self.toggle.text())
        self.toggle.setVisible(progress is not None and (working or not progress.over))
        self.toggle.setEnabled(not stopping)
        self.toggle.setToolTip(
            "Ends the runs under way; they are made again when the search goes on."
            if working
            else "Makes the runs that are left, in processes that go on without this window."
        )

    def show_chosen(self, words: str, has_run: bool, usable: bool, working: bool) -> None:
        """Says what can be done with the chosen run. words: its settings, "" for none."""
        self.take.setEnabled(usable)
        self.take.setToolTip(
            tooltip(f"Takes {words} into the open experiment; Undo brings the others back.")
            if usable
            else "Choose a run that has come to a figure."
        )
        for action in self.menu.actions():
            name = action.objectName()
            action.setEnabled(has_run if name == "search.open" else True)
            if name == "search.remove":
                action.setEnabled(not working)
                why_not = "It is under way; stop it first." if working else ""
                action.setToolTip(tooltip(why_not or ACTIONS[2][2]))

    def _restyle(self) -> None:
        self.more.setIcon(icon(self._theme, "less", "secondary"))
        self.more.setIconSize(QSize(self._theme.px(16), self._theme.px(16)))
