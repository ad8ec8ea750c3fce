"""The line at the top of the Runs page: how many runs there are, and their actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from app.ui.pages.runs.entries import MORE_EPOCHS, Entry
from app.ui.state.exports.run_exports import NO_WEIGHTS
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

ACTIONS = (
    ("again", "Run again"),
    ("duplicate", "Duplicate"),
    ("branch", "Branch from here"),
    ("compare", "Compare"),
    ("repeat", "Repeat with other seeds…"),
    ("parts", "What does each part bring?…"),
    ("predict", "Predict many…"),
    ("export", "Export…"),
    ("report", "Report…"),
    ("", ""),
    ("rename", "Rename\tF2"),
    ("note", "Write a note"),
    ("folder", "Open its folder"),
    ("delete", "Move to the trash\tDel"),
)
MOST_REPEATED = 5
"""Runs that are compared over seeds: more are hard to tell apart."""

TIPS = {
    "runs.again": "Trains it once more in a new run: the same seed, settings and changes.",
    "runs.duplicate": "Makes a copy with curves, weights and note.",
    "runs.branch": "Goes on with a copy; this run stays as it is.",
    "runs.repeat": "Mean and spread over several seeds, and whether the chosen runs really differ.",
    "runs.parts": "Trains it with one part left out at a time, and shows what is missed.",
    "runs.predict": "Answers a folder, files or a table, and saves the answers beside them.",
    "runs.export": "Writes its network as a file for other programs, and proves it.",
    "runs.report": "Writes one HTML file on the chosen runs, to keep, print or send.",
}


class Head(QWidget):
    """The buttons of the list.

    requested(what): "open", "resume" or the first word of one of ACTIONS.
    """

    requested = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        heading = Label("Runs")
        self._about = ElidedLabel(least=4)
        style(heading, "heading")
        style(self._about, "why")
        self.open = self._button(
            "Open", "runs.open", "Shows this run in Training and Results.", "open"
        )
        self.go_on = self._button("Resume", "runs.resume", "", "resume")
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setObjectName("runs.more")
        self.more.setAccessibleName("More actions for the chosen run")
        self.more.setToolTip("Run again, branch, compare, predict, export, note, delete and more.")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        for name, text in ACTIONS:
            if not name:
                self._menu.addSeparator()
                continue

            action = self._menu.addAction(text)
            action.setObjectName(f"runs.{name}")
            action.triggered.connect(lambda _=False, name=name: self.requested.emit(name))

        self.more.setMenu(self._menu)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow behind the word
        # A menu takes the direction of its button, unless it has its own.
        self._menu.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        row.addWidget(heading)
        row.addWidget(self._about, 1)
        row.addStretch(1)

        for button in (self.open, self.go_on, self.more):
            row.addWidget(button)

        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.more.setIcon(icon(self._theme, "less", "secondary"))
        self.more.setIconSize(QSize(self._theme.px(16), self._theme.px(16)))

    def _button(self, text: str, name: str, tip: str, what: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tooltip(tip))
        button.setAccessibleName(text)
        button.clicked.connect(lambda: self.requested.emit(what))

        return button

    def popup(self, where: QPoint) -> None:
        """Shows the same actions at the mouse."""
        self._menu.popup(where)

    def show_count(self, count: int, folder: Path) -> None:
        self._about.setText(f"{count} in {_short(folder)}" if count else "")

    def show_chosen(self, chosen: Sequence[Entry], busy: bool, other: str = "") -> None:
        """Enables what can be done with these runs.

        busy: another run is under way. other: the run that one is compared with, "" without one.
        """
        entry = chosen[0] if len(chosen) == 1 else None
        self.open.setEnabled(entry is not None)
        self.more.setEnabled(bool(chosen))

        for action in self._menu.actions():
            name = action.objectName()
            why_not = _why_not_in_menu(name, chosen, busy, other)
            action.setEnabled(not why_not)
            action.setToolTip(tooltip(why_not or TIPS.get(name, "")))
            if name == "runs.compare":
                words = f"Compare with '{other}'" if entry is not None and other else "Compare"
                action.setText(button_text(words))

        longer = entry is not None and entry.status == "completed"
        self.go_on.setText(f"Train {MORE_EPOCHS} more epochs" if longer else "Resume")
        self.go_on.setAccessibleName(self.go_on.text())
        why_not = _why_not(entry, busy)
        self.go_on.setEnabled(not why_not)

        if longer:
            tip = "Goes on from the last checkpoint, with the same data."
        else:
            tip = (
                "Goes on from the last checkpoint to the epochs planned, "
                "as if it had never stopped."
            )

        self.go_on.setToolTip(tooltip(why_not or tip))
        style(
            self.go_on, "primary" if entry and entry.status == "interrupted" and not why_not else ""
        )


def _why_not(entry: Entry | None, busy: bool) -> str:
    """Returns why the run cannot go on; "" if it can."""
    if entry is None:
        return "Choose one run."
    if busy:
        return "A training is under way; stop it first."
    if entry.status == "running":
        return "It is running."
    if entry.status == "diverged":
        return "A run that diverged would diverge again."

    return "" if entry.can_go_on else "There is no checkpoint to go on from."


def _why_not_in_menu(name: str, chosen: Sequence[Entry], busy: bool, other: str) -> str:
    """Returns why an action of the menu cannot be done; "" if it can."""
    entry = chosen[0] if len(chosen) == 1 else None
    if name in ("runs.delete", "runs.report"):
        return "" if chosen else "Choose a run."
    if name == "runs.compare" and chosen:
        return "" if len(chosen) > 1 or other else "There is no other run."
    if name == "runs.repeat" and chosen:
        return _why_no_study(chosen)
    if entry is None:
        return "Choose one run."
    if name in ("runs.again", "runs.branch") and busy:
        return "A training is under way; stop it first."
    if name in ("runs.duplicate", "runs.branch") and entry.status == "running":
        return "It is running."
    if name == "runs.parts":
        return _why_no_study(chosen)
    if name in ("runs.export", "runs.predict") and not entry.usable:
        return NO_WEIGHTS
    if name == "runs.branch" and not entry.can_go_on:
        return "There is nothing to go on from."

    return ""


def _why_no_study(chosen: Sequence[Entry]) -> str:
    """Returns why these runs cannot be repeated; "" if they can."""
    if len(chosen) > MOST_REPEATED:
        return f"Choose {MOST_REPEATED} runs at most."
    if any(entry.epochs is None for entry in chosen):
        return "It never came to its first step."

    return ""


def _short(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home())}"
    except ValueError:
        return str(path)
