"""The menu of a setting: try several values in a search, and back to the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from app.ui.text.literal import tooltip
from app.ui.widgets.settings.number_box import NumberBox

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint

TRY = "Try several values…"
TIP = "Trains the experiment with several values of this setting, and shows which are good."


class FieldMenu(QObject):
    """Opens a menu on a field and its editor. tried(): several values are to be tried.

    An editor of text keeps its own entries (copy, paste) above these.
    """

    tried = Signal()

    def __init__(self, field: QWidget, editor: QWidget) -> None:
        super().__init__(field)
        self._editor = editor
        # An event filter would do it too, but each event of each setting would pass through Python.
        for widget in {field, editor}:
            widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            widget.customContextMenuRequested.connect(
                lambda at, widget=widget: self.popup(widget.mapToGlobal(at))
            )

    def popup(self, where: QPoint) -> None:
        """Shows the menu at a place of the screen."""
        menu = self.make()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)

    def make(self) -> QMenu:
        """Returns the menu."""
        editor = self._editor
        line = editor.lineEdit() if isinstance(editor, NumberBox) else editor
        menu = line.createStandardContextMenu() if isinstance(line, QLineEdit) else QMenu(editor)
        if menu.actions():
            menu.addSeparator()

        menu.setToolTipsVisible(True)
        action = menu.addAction(TRY)
        action.setObjectName("field.try")
        action.setToolTip(tooltip(TIP))
        action.triggered.connect(lambda: self.tried.emit())
        return menu
