"""The header: menu, name of the experiment, whether it is saved, device, looks and help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.elided import ElidedEdit
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon

HEIGHT = 48
LONGEST_NAME = 320
"""Pixels at 100 %; of a longer name the end is an ellipsis."""

NAME_TIP = "What the experiment and its runs are called."


class Header(QFrame):
    """The line on top of the window.

    renamed(text): the person gave the experiment another name.
    """

    renamed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        style(self, "header")
        self.brand = QPushButton("Netwright")
        self.brand.setObjectName("header.menu")
        self.brand.setToolTip("The menu: open, save, undo, view and help (F10).")
        self.brand.setAccessibleName("Menu")
        self.brand.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        style(self.brand, "brand")
        self.name = ElidedEdit()
        self.name.setAcceptDrops(False)  # the window takes files; a field takes their address
        self.name.setObjectName("header.name")
        self.name.setPlaceholderText("untitled")
        self.name.setToolTip(tooltip(NAME_TIP))
        self.name.setAccessibleName("Name of the experiment")
        self.name.editingFinished.connect(lambda: self.renamed.emit(self.name.text().strip()))
        self.name.returnPressed.connect(self.name.clearFocus)
        self.name.textChanged.connect(self._fit_name)
        self.name.installEventFilter(self)
        style(self.name, "name")
        self.saved = Label()
        self.saved.setObjectName("header.saved")
        style(self.saved, "secondary")
        self.notices = QPushButton()
        self.notices.setObjectName("header.problems")
        self.set_notices(0)
        style(self.notices, "notice")
        self.device = QPushButton("Loading engine")
        self.device.setObjectName("status.device")
        style(self.device, "pill")
        self.projector = QPushButton("Leave projector mode")
        self.projector.setObjectName("header.projector")
        self.projector.setToolTip("Shows rail and Guide again (Escape).")
        self.projector.setAccessibleName("Leave projector mode")
        self.projector.hide()
        style(self.projector, "pill")
        self._popup: QFrame | None = None
        self._why = "The engine is being loaded; it looks for the device then."
        self.device.clicked.connect(self._explain)
        self.set_device("Loading engine", self._why)
        self.guide = self._tool("header.guide", "Guide", "Shows or hides the Guide.")
        self.dark = self._tool("header.dark", "Light or dark", "Changes between light and dark.")
        self.help = self._tool(
            "header.help", "Help and shortcuts", "Shows the keyboard shortcuts (F1)."
        )
        self.guide.setText("☼")
        self.dark.setText("◐")
        self.help.setText("?")

        self._row = QHBoxLayout(self)
        for left in (self.brand, self.name, self.saved):
            self._row.addWidget(left)

        self._row.addStretch(1)
        for right in (self.projector, self.notices, self.device, self.guide, self.dark, self.help):
            self._row.addWidget(right)

        self._size()
        theme.changed.connect(self._size)

    def _tool(self, name: str, label: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setAccessibleName(label)
        button.setToolTip(tooltip(tip))
        style(button, "round")

        return button

    def set_menu(self, menu: QMenu) -> None:
        self.brand.setMenu(menu)

    def set_icons(self, guide: QIcon, dark: QIcon, help_icon: QIcon) -> None:
        for button, icon in ((self.guide, guide), (self.dark, dark), (self.help, help_icon)):
            button.setText("")
            button.setIcon(icon)

    def set_name(self, name: str) -> None:
        if not self.name.hasFocus() and self.name.text() != name:
            self.name.setText(name)
            self.name.setCursorPosition(0)

    def set_saved(self, words: str, tip: str) -> None:
        self.saved.setText(words)
        self.saved.setToolTip(tooltip(tip))

    def set_device(self, text: str, why: str) -> None:
        """Shows the device. why: sentences for its popup and its tooltip."""
        self._why = why
        self.device.setText(text)
        self.device.setToolTip(tooltip(why))
        self.device.setAccessibleName(text)
        self.device.setAccessibleDescription(why)

    def set_notices(self, count: int) -> None:
        self.notices.setText(f"{count} {'notice' if count == 1 else 'notices'}")
        self.notices.setToolTip("What went wrong since the start, as a list that can be copied.")
        self.notices.setAccessibleName(self.notices.text())
        self.notices.setVisible(count > 0)

    def set_narrow(self, narrow: bool) -> None:
        """Leaves the saved state to the tooltip of the name in a narrow window."""
        self.saved.setVisible(not narrow)

    def _explain(self) -> None:
        popup = QFrame(self, Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setObjectName("status.device.why")
        style(popup, "card")
        column = QVBoxLayout(popup)
        column.setContentsMargins(14, 12, 14, 12)

        for role, text in (("title", self.device.text()), ("guide-text", self._why)):
            label = Label(text)
            label.setWordWrap(True)
            label.setFixedWidth(self._theme.px(300))
            style(label, role)
            column.addWidget(label)

        popup.adjustSize()
        corner = self.device.mapToGlobal(
            QPoint(self.device.width() - popup.width(), self.device.height() + 4)
        )
        popup.move(corner)
        popup.show()
        self._popup = popup

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.name and event.type() == QEvent.Type.FontChange:
            self._fit_name()  # the window is dressed a moment after it is built

        return super().eventFilter(watched, event)

    def _fit_name(self) -> None:
        self.name.ensurePolished()
        metrics = self.name.fontMetrics()
        text = self.name.text() or self.name.placeholderText()
        width = metrics.horizontalAdvance(text) + self._theme.px(24)
        self.name.setFixedWidth(min(width, self._theme.px(LONGEST_NAME)))
        tip = f"{self.name.text()}\n{NAME_TIP}" if self.name.cuts else NAME_TIP
        self.name.setToolTip(tooltip(tip))

    def _size(self) -> None:
        px = self._theme.px
        self.setFixedHeight(px(HEIGHT))
        self._row.setContentsMargins(px(12), 0, px(16), 0)
        self._row.setSpacing(px(8))
        self._fit_name()
