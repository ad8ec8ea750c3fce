"""The window: header, rail, page, Guide and bottom bar.

It is painted before anything else is loaded.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.ui.shell.bottom_bar import BottomBar
from app.ui.shell.guide_panel import GuidePanel
from app.ui.shell.header import Header
from app.ui.shell.rail import Rail
from app.ui.style.theme import Theme, style
from app.ui.widgets.drops import DropOverlay, local_paths, name_of, take_copy
from app.ui.widgets.label import Label
from app.ui.widgets.toast import Toast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtCore import QChildEvent
    from PySide6.QtGui import (
        QCloseEvent,
        QDragEnterEvent,
        QDropEvent,
        QPaintEvent,
        QResizeEvent,
    )

    from app.ui.pages.parts import Page, PageInfo, Parts
    from app.ui.state.preferences import Preferences

SIZE = (1280, 760)
"""Size of the window at the first start."""

SMALLEST_SIZE = (900, 600)

WIDE = 1200
"""Pixels at 100 % below which the Guide is a drawer above the page."""

ROOMY = 1000
"""Pixels at 100 % below which the rail shows markers only."""

REFRESH_MS = 60
"""Time within which changes of rail and Guide become one."""


class MainWindow(QMainWindow):
    """The frame of the window and its pages.

    painted(): the window is on the screen for the first time.
    dropped(path): something was dropped on it.
    asked_to_close(): the person wants to leave; whoever listens calls `leave` when that may be.
    """

    painted = Signal()
    dropped = Signal(str)
    asked_to_close = Signal()
    visibility_changed = Signal(bool)

    def __init__(self, theme: Theme, preferences: Preferences, infos: Sequence[PageInfo]) -> None:
        super().__init__()
        self._theme = theme
        self._preferences = preferences
        self._infos = {info.name: info for info in infos}
        self._parts: Parts | None = None
        self._pages: dict[str, Page] = {}
        self.page = ""
        self._painted = self._leaving = False
        self._drawer_open = self._projector = False
        self.setWindowTitle("Netwright")
        self.setObjectName("window")
        self.setAcceptDrops(True)
        self.header = Header(theme)
        self.rail = Rail(theme, infos)
        self.guide = GuidePanel(theme)
        self.bottom = BottomBar(theme)
        self._stack = QStackedWidget()
        starting = _starting()
        self._stack.addWidget(starting)
        self._middle = QWidget()
        self._row = QHBoxLayout(self._middle)
        whole = QWidget()

        column = QVBoxLayout(whole)
        for layout in (self._row, column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)

        for across in (self.rail, self._stack, self.guide):
            self._row.addWidget(across, 1 if across is self._stack else 0)

        for down in (self.header, self._middle, self.bottom):
            column.addWidget(down, 1 if down is self._middle else 0)

        self.setCentralWidget(whole)
        self._overlay = DropOverlay(theme, self)
        self.toast = Toast(theme, self, self.bottom)
        frame = (self.header, self.rail, self.guide, self.bottom)
        for part in (*frame, self._overlay, self.toast, starting):
            theme.dress(part)

        self.bottom.train.setEnabled(False)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REFRESH_MS)
        self._later.timeout.connect(self._refresh)
        self._builder = QTimer(self)
        self._builder.setSingleShot(True)
        self._builder.timeout.connect(self._build_next)
        self.rail.chosen.connect(self.go)
        self.guide.closed.connect(self.toggle_guide)
        self.header.guide.clicked.connect(self.toggle_guide)
        theme.changed.connect(self._arrange)
        self.setMinimumSize(*SMALLEST_SIZE)
        self._restore_geometry()
        self._arrange()

    # --- pages

    def fill(self, parts: Parts, first: str, built: Callable[[], None]) -> None:
        """Puts the pages in: `first` at once, the others one by one while the window lives.

        built: called when all of them are there.
        """
        self._parts = parts
        self._built = built
        self.go(first)
        self._builder.start(0)

    def go(self, name: str) -> None:
        """Shows a page."""
        if self._parts is None:
            return

        if name != self.page:
            is_new = name not in self._pages
            page = self._page(name, self._parts)
            for part in page.dressed():
                if part.isVisibleTo(page) or part is page:
                    self._theme.dress(part)
                elif is_new:  # it may be shown at any time, as a page that is in front fills
                    self._theme.dress_later(part)

            self.page = name
            self._stack.setCurrentWidget(page)
            self.rail.set_current(name)

            if not self._wide():
                self._drawer_open = False
                self._arrange()

        self.refresh_soon()

    def _page(self, name: str, parts: Parts) -> Page:
        if name not in self._pages:
            page = self._infos[name].make(parts)
            page.setObjectName(f"page.{name}")
            page.guide_changed.connect(self.refresh_soon)
            self._pages[name] = page
            self._stack.addWidget(page)

        return self._pages[name]

    def _build_next(self) -> None:
        unbuilt = next((name for name in self._infos if name not in self._pages), None)
        if unbuilt is not None and self._parts is not None:
            for part in self._page(unbuilt, self._parts).dressed():
                self._theme.dress_later(part)

            self._builder.start(0)
        else:
            self.refresh_soon()
            self._built()

    @property
    def pages(self) -> Mapping[str, Page]:
        """The pages that are built, by name."""
        return self._pages

    @property
    def filled(self) -> bool:
        """Whether every page is built."""
        return len(self._pages) == len(self._infos)

    # --- rail and Guide

    def refresh_soon(self, *_: object) -> None:
        """Brings rail and Guide up to date, once for many changes at a time."""
        if not self._later.isActive():
            self._later.start()

    def _refresh(self) -> None:
        if self.page in self._pages:
            self.guide.show_cards(self._pages[self.page].guide())
        for name, page in self._pages.items():
            if not self._infos[name].beside:
                done, missing = page.ready()
                self.rail.steps[name].show_state(done, missing, page.busy())

    def toggle_guide(self) -> None:
        if self._wide():
            self._preferences.set("guide", not self._preferences.get("guide", True))
        else:
            self._drawer_open = not self._drawer_open
        self._arrange()

    # --- sizes

    def set_projector(self, projector: bool) -> None:
        """Takes rail and Guide away, or brings them back; the Guide can still be opened."""
        self._projector = projector
        self._drawer_open = False
        self.rail.setVisible(not projector)
        self.header.projector.setVisible(projector)
        self._arrange()

    def _wide(self) -> bool:
        return not self._projector and self.width() >= self._theme.px(WIDE)

    def _arrange(self) -> None:
        """Puts the Guide beside the page or above it, and the rail with names or without."""
        wide = self._wide()
        roomy = self.width() >= self._theme.px(ROOMY)
        self.rail.set_compact(not roomy)
        self.header.set_narrow(not roomy)
        self.bottom.set_narrow(not roomy)

        if wide:
            if self._row.indexOf(self.guide) < 0:
                self._row.addWidget(self.guide)
            self.guide.setVisible(self._preferences.get("guide", True))
            return

        self._row.removeWidget(self.guide)
        self.guide.setParent(self._middle)
        self.guide.setVisible(self._drawer_open)
        self._place_drawer()

    def _place_drawer(self) -> None:
        if not self._wide():
            width = self.guide.width()
            self.guide.setGeometry(self._middle.width() - width, 0, width, self._middle.height())
            self.guide.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        QTimer.singleShot(0, self, self._place_drawer)

    def _restore_geometry(self) -> None:
        geometry = self._preferences.get("geometry", "")
        try:
            restored = bool(geometry) and self.restoreGeometry(
                QByteArray(base64.b64decode(geometry.encode()))
            )
        except ValueError:
            restored = False

        if not restored:
            self.resize(*SIZE)

    # --- what happens to the window

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.visibility_changed.emit(not self.isMinimized())

    def childEvent(self, event: QChildEvent) -> None:
        """Dresses what opens in front of the window, just before it is shown for the first time."""
        super().childEvent(event)
        if not event.polished():
            return  # asking for the child takes 3 ms for each class that Python has not met yet

        child = event.child()
        if isinstance(child, QWidget) and child.isWindow():
            self._theme.dress(child)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        paths = local_paths(event.mimeData())
        if paths:
            take_copy(event)
            self._overlay.announce(
                f"Drop to open {name_of(paths)}",
                "It is read where it is; nothing is moved. Undo brings back what is open now.",
            )

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := local_paths(event.mimeData()):
            take_copy(event)
            self.dropped.emit(str(paths[0]))

    def leave(self) -> None:
        """Closes without a question, because nothing runs any more."""
        self._leaving = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._leaving or self._parts is None:
            self._preferences.set("geometry", base64.b64encode(self.saveGeometry().data()).decode())
            event.accept()
        else:
            event.ignore()
            self.asked_to_close.emit()

    def to_front(self) -> None:
        if self.isMinimized():
            self.showNormal()
        self.raise_()
        self.activateWindow()

    def dismantle(self) -> None:
        """Lets the pages go while the application still lives: plots must not outlive it."""
        self._later.stop()
        self._builder.stop()

        for page in self._pages.values():
            page.hide()
            page.deleteLater()

        self._pages = {}


def _starting() -> QWidget:
    """Returns what stands in the window for the moment until it is filled."""
    page = QWidget()
    style(page, "page")
    label = Label("Starting")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    style(label, "secondary")
    QVBoxLayout(page).addWidget(label)

    return page
