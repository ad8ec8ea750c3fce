"""The hand of a person on the drawn network: mouse and keys as events, at places of blocks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from app.ui.canvas.palette import KIND

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.ui.canvas.view import NetworkView

STEPS = 6
"""Moves of the mouse from one place to another."""

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Places:
    """Where on the scene a person finds what is drawn."""

    def __init__(self, view: NetworkView) -> None:
        self.view = view

    def middle(self, name: str) -> QPointF:
        """Returns the middle of a block's left half, where nothing else lies."""
        rect = self.view.item(name).rect
        return QPointF(rect.x() + rect.width() / 4, rect.center().y())

    def port(self, name: str) -> QPointF:
        return self.view.item(name).port

    def end(self, source: str, target: str) -> QPointF:
        """Returns a point on a wire, a little before its end."""
        (x1, y1), (x2, y2) = self.view.content.wires.lines[source, target][-2:]
        far = abs(x2 - x1) + abs(y2 - y1)
        return QPointF(x2 - 3 * (x2 - x1) / far, y2 - 3 * (y2 - y1) / far)

    def on_wire(self, source: str, target: str) -> QPointF:
        """Returns a point of the wire's longest part."""
        corners = self.view.content.wires.lines[source, target]
        parts = itertools.pairwise(corners)
        (x1, y1), (x2, y2) = max(
            parts, key=lambda part: abs(part[0][0] - part[1][0]) + abs(part[0][1] - part[1][1])
        )
        return QPointF((x1 + x2) / 2, (y1 + y2) / 2)

    def beside(self) -> QPointF:
        """Returns a free place on the left of everything, in sight."""
        return self.view.mapToScene(QPoint(6, self.view.viewport().height() // 2))


class Hand(Places):
    """Does what a person does; places are points of the scene."""

    def __init__(self, qtbot: QtBot, view: NetworkView) -> None:
        super().__init__(view)
        self.qtbot = qtbot
        view.setFocus()

    # --- mouse

    def drag(self, start: QPointF, end: QPointF, modifier: Qt.KeyboardModifier = NONE) -> None:
        self.press(start, modifier)
        self.move(start, end, modifier)
        self.release(end, modifier)

    def press(self, point: QPointF, modifier: Qt.KeyboardModifier = NONE) -> None:
        self.qtbot.mousePress(self.view.viewport(), LEFT, modifier, self._at(point))

    def move(self, start: QPointF, end: QPointF, modifier: Qt.KeyboardModifier = NONE) -> None:
        viewport = self.view.viewport()
        for step in range(1, STEPS + 1):
            at = QPointF(self._at(start + (end - start) * (step / STEPS)))
            event = QMouseEvent(
                QEvent.Type.MouseMove, at, viewport.mapToGlobal(at), LEFT, LEFT, modifier
            )
            QApplication.sendEvent(viewport, event)

    def release(self, point: QPointF, modifier: Qt.KeyboardModifier = NONE) -> None:
        self.qtbot.mouseRelease(self.view.viewport(), LEFT, modifier, self._at(point))

    def click(self, point: QPointF, modifier: Qt.KeyboardModifier = NONE) -> None:
        self.qtbot.mouseClick(self.view.viewport(), LEFT, modifier, self._at(point))

    def double_click(self, point: QPointF) -> None:
        self.qtbot.mouseDClick(self.view.viewport(), LEFT, NONE, self._at(point))

    def drop(self, kind: str, point: QPointF) -> None:
        """Drags a kind of block in from elsewhere and lets it fall."""
        data = QMimeData()
        data.setData(KIND, kind.encode())
        at = QPointF(self._at(point))
        copy = Qt.DropAction.CopyAction
        viewport = self.view.viewport()
        enter = QDragEnterEvent(at.toPoint(), copy, data, LEFT, NONE)
        QApplication.sendEvent(viewport, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(viewport, QDragMoveEvent(at.toPoint(), copy, data, LEFT, NONE))
        QApplication.sendEvent(viewport, QDropEvent(at, copy, data, LEFT, NONE))

    # --- keys

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        self.qtbot.keyClick(self.view, key, modifier)

    def _at(self, point: QPointF) -> QPoint:
        return self.view.mapFromScene(point)
