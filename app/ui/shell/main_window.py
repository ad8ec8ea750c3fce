"""The window: header, rail, page, Guide and bottom bar.

It is painted before anything else is loaded.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.ui.shell.bottom_bar import BottomBar
from app.ui.shell.guide_panel import GuidePanel
from app.ui.shell.header import Header
from app.ui.shell.rail import Rail
from app.ui.style.theme import Theme, style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent, QResizeEvent

    from app.ui.pages.parts import Page
    from app.ui.state.preferences import Preferences

SIZE = (1280, 760)
LEAST = (900, 600)
WIDE = 1200
ROOMY = 1000
"""Pixels at 100 %: below the first the Guide is a drawer, below the second the rail shows markers
only.
"""

REFRESH_MS = 60


class MainWindow(QMainWindow):
    """painted(): it is on the screen for the first time. dropped(path): something was dropped on
    it.

    asked_to_close(): the person wants to leave; whoever listens calls `leave` when that may be.
    """

    painted = Signal()
    dropped = Signal(str)
    asked_to_close = Signal()
    visibility_changed = Signal(bool)

    def __init__(self, theme: Theme, preferences: Preferences) -> None:
        super().__init__()
        self._theme = theme
        self._preferences = preferences
        self._make: Callable[[str], Page] | None = None
        self._pages: dict[str, Page] = {}
        self._unbuilt: list[str] = []
        self.page = ""
        self._painted = self._leaving = False
        self._drawer_open = False
        self.setWindowTitle("Netwright")
        self.setObjectName("window")
        self.setAcceptDrops(True)
        self.header = Header(theme)
        self.rail = Rail(theme)
        self.guide = GuidePanel(theme)
        self.bottom = BottomBar(theme)
        self._stack = QStackedWidget()
        self._stack.addWidget(_starting())
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
        self.setMinimumSize(*LEAST)
        self._restore_geometry()
        self._arrange()

    # --- pages

    def fill(
        self, make: Callable[[str], Page], names: list[str], first: str, built: Callable[[], None]
    ) -> None:
        """Put the pages in: `first` at once, the others one by one while the window lives; `built`
        when all are.
        """
        self._make = make
        self._built = built
        self._unbuilt = [name for name in names if name != first]
        self.go(first)
        self._builder.start(0)

    def go(self, name: str) -> None:
        """Show a page."""
        if self._make is None:
            return

        if name != self.page:
            page = self._page(name)
            self.page = name
            self._stack.setCurrentWidget(page)
            self.rail.set_current(name)

            if not self._wide():
                self._drawer_open = False
                self._arrange()

        self.refresh_soon()

    def _page(self, name: str) -> Page:
        if name not in self._pages:
            assert self._make is not None

            page = self._make(name)
            page.setObjectName(f"page.{name}")
            page.guide_changed.connect(self.refresh_soon)
            self._pages[name] = page
            self._stack.addWidget(page)

            if name in self._unbuilt:
                self._unbuilt.remove(name)
        return self._pages[name]

    def _build_next(self) -> None:
        if self._unbuilt:
            self._page(self._unbuilt[0])
            self._builder.start(0)
        else:
            self.refresh_soon()
            self._built()

    @property
    def pages(self) -> Mapping[str, Page]:
        return self._pages

    # --- rail and Guide

    def refresh_soon(self, *_: object) -> None:
        """Bring rail and Guide up to date; many changes at once are one."""
        if not self._later.isActive():
            self._later.start()

    def _refresh(self) -> None:
        if self.page in self._pages:
            self.guide.show_cards(self._pages[self.page].guide())
        for name, step in self.rail.steps.items():
            page = self._pages.get(name)
            if page is not None and name not in ("runs", "welcome"):
                done, missing = page.ready()
                step.show_state(done, missing, self._busy(name))

    def _busy(self, name: str) -> bool:
        return name == "training" and self.bottom.stop.isVisibleTo(self.bottom)

    def toggle_guide(self) -> None:
        if self._wide():
            self._preferences.set("guide", not self._preferences.get("guide", True))
        else:
            self._drawer_open = not self._drawer_open
        self._arrange()

    # --- sizes

    def _wide(self) -> bool:
        return self.width() >= self._theme.px(WIDE)

    def _arrange(self) -> None:
        """Guide beside the page, or as a drawer above it; rail with names or without."""
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
        kept = self._preferences.get("geometry", "")
        try:
            restored = bool(kept) and self.restoreGeometry(
                QByteArray(base64.b64decode(kept.encode()))
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

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                event.acceptProposedAction()
                self.dropped.emit(url.toLocalFile())
                return

    def leave(self) -> None:
        """Close without asking: nothing runs any more."""
        self._leaving = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._leaving or self._make is None:
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
        """Let the pages go while the application still lives: plots must not outlive it."""
        self._later.stop()
        self._builder.stop()

        for page in self._pages.values():
            page.hide()
            page.deleteLater()

        self._pages = {}


def _starting() -> QWidget:
    """What stands in the window for the moment until it is filled."""
    page = QWidget()
    style(page, "page")
    label = QLabel("Starting")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    style(label, "secondary")
    QVBoxLayout(page).addWidget(label)

    return page
