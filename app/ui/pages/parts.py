"""What a page is: how it is declared, what it is made with, and the base of its class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.ui.state.action import Action
    from app.ui.state.background import Background
    from app.ui.state.beside.queue_state import QueueState
    from app.ui.state.document import Document
    from app.ui.state.exports.exporter import Exporter
    from app.ui.state.exports.predictions import Predictions
    from app.ui.state.network_measurer import NetworkMeasurer
    from app.ui.state.preferences import Preferences
    from app.ui.state.searches.search_list import SearchList
    from app.ui.state.session import Session
    from app.ui.style.theme import Theme


@dataclass(frozen=True)
class Parts:
    """The live objects of one window.

    background: a thread for what takes a moment. measuring: one for what may take minutes.

    `go(page name)` shows a page; `open(path)` opens data, an experiment or a run; `do(action)` does
    what the menu does.
    """

    document: Document
    session: Session
    theme: Theme
    background: Background
    measuring: Background
    exporter: Exporter
    network_measurer: NetworkMeasurer
    preferences: Preferences
    runs_folder: Path
    go: Callable[[str], None]
    open: Callable[[str], None]
    do: Callable[[Action], None]
    queue: QueueState
    searches: SearchList
    predictions: Predictions


@dataclass(frozen=True)
class GuideCard:
    """One card of the Guide: what this means, or a finding with a remedy that one click applies."""

    title: str
    text: str
    level: Literal["info", "good", "warning", "problem"] = "info"
    button: str = ""
    action: Callable[[], None] | None = None
    name: str = ""
    """objectName of the button, where tests or tools press it."""


class Page(QWidget):
    """Base of the pages: one step of the way, with something to say in the Guide.

    A page takes Parts in its constructor, listens to document and session, and updates only while
    visible (it catches up in showEvent). It never calls another page.
    """

    guide_changed = Signal()

    def guide(self) -> list[GuideCard]:
        """Returns what the Guide shows while this page is in front."""
        return []

    def ready(self) -> tuple[bool, str]:
        """Returns whether this step is done, and what is missing if not (shown in the rail)."""
        return True, ""

    def dressed(self) -> list[QWidget]:
        """Returns the parts that take the style sheet each by itself; they hold all that is seen.

        A page of many views that are hidden most of the time names them one by one (see
        style.dresser.parts_of), so that a change of colours need not go through all at once.
        """
        return [self]

    def busy(self) -> bool:
        """Returns whether something of this step is under way (a dot in the rail)."""
        return False


@dataclass(frozen=True)
class PageInfo:
    """The declaration of a page, from which rail, menu and window make what they show of it."""

    name: str
    """The page's folder. Its button is `rail.NAME`, its action `action.go.NAME`."""
    title: str
    order: int
    """Its place among the pages. The built-in ones leave gaps for others."""
    make: Callable[[Parts], Page]
    """Builds the page. It imports the page's class, which takes time, when it is called."""
    beside: str = ""
    """The sign in the rail of a place beside the way. Steps on the way are numbered instead."""
    in_menu: bool = True
    """Whether the menu "Go to" lists it, with the next free of Ctrl+1 to Ctrl+9."""
