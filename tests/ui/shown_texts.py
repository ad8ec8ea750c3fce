"""What a person reads in a window, as Qt shows it: rich text without tags, buttons without keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, Qt
from PySide6.QtGui import QAction, QTextDocumentFragment
from PySide6.QtGui import Qt as QtGui
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QGraphicsTextItem,
    QGraphicsView,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTabBar,
    QWidget,
)

from app.ui.canvas.items import BlockItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    Shown = Iterator[tuple[str, str]]

MOST_ROWS = 80
"""Of a longer table, only the first rows are read."""


def shown_texts(root: QWidget) -> Shown:
    """Yields (where, text) of every text in a widget and below it, in tips and models too.

    What is hidden counts: it may be shown at any time.
    """
    for widget in (root, *root.findChildren(QWidget)):
        name = f"{type(widget).__name__} {widget.objectName()}"
        yield f"{name} tooltip", guessed(widget.toolTip())
        yield f"{name} status tip", widget.statusTip()
        yield f"{name} accessible name", widget.accessibleName()
        yield f"{name} accessible description", widget.accessibleDescription()
        yield f"{name} title", _title(widget.windowTitle())

        for where, text in _own_texts(widget):
            yield f"{name} {where}", text


def guessed(text: str) -> str:
    """Returns a text as Qt shows it where it guesses whether it is rich."""
    return rich(text) if QtGui.mightBeRichText(text) else text


def rich(text: str) -> str:
    return QTextDocumentFragment.fromHtml(text).toPlainText()


def without_keys(text: str) -> str:
    """Returns the text of a button or a menu: & marks the letter of its key, && is a &."""
    return re.sub(r"&(.)", r"\1", text)


def _title(text: str) -> str:
    return text.replace("[*][*]", "\0").replace("[*]", "").replace("\0", "[*]")


def _own_texts(widget: QWidget) -> Shown:
    """Yields the texts that only widgets of this class have."""
    if isinstance(widget, QLabel):
        yield "text", _label(widget)
    if isinstance(widget, QAbstractButton):
        yield "text", without_keys(widget.text())
    if isinstance(widget, QLineEdit):
        yield "text", widget.text()
        yield "placeholder", widget.placeholderText()

    if isinstance(widget, QPlainTextEdit):
        yield "text", widget.toPlainText()

    if isinstance(widget, QTabBar):
        for index in range(widget.count()):
            yield "tab", without_keys(widget.tabText(index))
            yield "tab's tooltip", guessed(widget.tabToolTip(index))

    if isinstance(widget, QMenu):
        yield "title", without_keys(widget.title())
    for action in widget.actions():
        yield from _action(action)

    if isinstance(widget, (QAbstractItemView, QComboBox)):
        yield from _model(widget.model())
    if isinstance(widget, QGraphicsView) and widget.scene() is not None:
        for item in widget.scene().items():
            said = item.view.rich_tooltip() if isinstance(item, BlockItem) else item.toolTip()
            yield "item's tooltip", guessed(said)
            if isinstance(item, QGraphicsTextItem):
                yield "item", item.toPlainText()


def _label(label: QLabel) -> str:
    text = label.text()
    form = label.textFormat()
    if form is Qt.TextFormat.RichText:
        return rich(text)
    if form is Qt.TextFormat.AutoText:
        text = guessed(text)

    return without_keys(text) if label.buddy() is not None else text


def _action(action: QAction) -> Shown:
    yield "action", without_keys(action.text())
    yield "action's tooltip", guessed(action.toolTip())
    yield "action's status tip", action.statusTip()


def _model(model: QAbstractItemModel | None) -> Shown:
    if model is None:
        return

    roles = Qt.ItemDataRole
    rows = min(model.rowCount(), MOST_ROWS)
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
    for orientation, count in (
        (Qt.Orientation.Horizontal, columns),
        (Qt.Orientation.Vertical, rows),
    ):
        for section in range(count):
            head = model.headerData(section, orientation, roles.DisplayRole)
            yield "head", str(head or "")
            tip = model.headerData(section, orientation, roles.ToolTipRole)
            yield "head's tooltip", guessed(str(tip or ""))

    for row in range(rows):
        for column in range(columns):
            index = model.index(row, column)
            yield "cell", str(index.data(roles.DisplayRole) or "")
            yield "cell's tooltip", guessed(str(index.data(roles.ToolTipRole) or ""))
            yield "cell's accessible text", str(index.data(roles.AccessibleTextRole) or "")
