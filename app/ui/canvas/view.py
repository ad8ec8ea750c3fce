"""The drawn network that is edited: mouse, keys, what is dragged in, and what lies over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
    QWheelEvent,
)

from app.ui.canvas.commands import CanvasCommands, named
from app.ui.canvas.edited import EditedSurface
from app.ui.canvas.gestures import Band, DrawWire, Gesture, Move, Pan, port_at, reach_of_wire
from app.ui.canvas.look import PLAIN_BELOW
from app.ui.canvas.notes import WIDTH as NOTE_WIDTH
from app.ui.canvas.overlays.find_bar import FindBar
from app.ui.canvas.overlays.mini_map import MiniMap
from app.ui.canvas.overlays.note_editor import NoteEditor
from app.ui.canvas.steps import along_wires

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

ZOOM_STEP = 1.15

PORT_SIDE = 6
"""Pixels below the edge of a block that belong to its dot, where a wire ends near it."""

NOTE_HEIGHT = 90
"""Height of the field for a note, in pixels at 100 %."""


class NetworkView(EditedSurface):
    """Draws a network and takes gestures, each of which is one call of the editor.

    Ctrl + wheel, + and - zoom; the middle button, or Space with the left one, moves the picture.
    Other keys and the menu stand in `commands`. add_asked(), repeat_asked(), group_asked(): the
    person wants the list of blocks, or to say how often, or what the new block is called.
    large_asked(): the drawing shall have the room of what is above it, or give that back.
    """

    add_asked = Signal()
    repeat_asked = Signal()
    group_asked = Signal()
    large_asked = Signal()

    _gesture: Gesture | None = None
    _space = False
    _map: MiniMap | None = None

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.find_bar = FindBar(self)
        self.note = NoteEditor(self)
        self._map = MiniMap(self)
        self.commands = CanvasCommands(
            self,
            {
                "open": lambda: self.block_opened.emit(self.chosen),
                "add": self.add_asked.emit,
                "repeat": self.repeat_asked.emit,
                "group": self.group_asked.emit,
                "large": self.large_asked.emit,
                "note": self._add_note,
                "find": self.find_bar.open,
                "map": self._toggle_map,
            },
        )

    @property
    def mini_map(self) -> MiniMap:
        assert self._map is not None
        return self._map

    # --- keyboard

    def event(self, event: QEvent) -> bool:
        # What the table holds is meant for the drawing while it has the focus.
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and named(_keys(event)):
            event.accept()
            return True

        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key is Qt.Key.Key_Escape and self._gesture is not None:
            self._gesture.cancel()
            self._gesture = None
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Right):
            self._step(key, extends)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and self.blocks:
            self.choose(self.blocks[0 if key == Qt.Key.Key_Home else -1].name)
        elif key is Qt.Key.Key_Space:
            self._space = True
        elif event.text() in ("+", "-"):
            self.zoom_by(ZOOM_STEP if event.text() == "+" else 1 / ZOOM_STEP)
        elif command := named(_keys(event)):
            self.commands.do(command)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False

        super().keyReleaseEvent(event)

    def _step(self, key: Qt.Key, extends: bool) -> None:
        """Goes along the wires; with Shift it chooses all between, in the order of the network."""
        if not self.blocks:
            return
        if not extends:
            self.choose(along_wires(self.content, self.blocks, self.chosen, key))
            return

        names = [block.name for block in self.blocks]
        ends = self.all_chosen[:1] + self.all_chosen[-1:]
        here = next((name for name in reversed(ends) if name != self._anchor), self.chosen)
        by = -1 if key in (Qt.Key.Key_Up, Qt.Key.Key_Left) else 1
        index = names.index(here) + by if here in names else 0
        self.choose_up_to(names[min(len(names) - 1, max(0, index))])

    # --- mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(ZOOM_STEP ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        left = event.button() is Qt.MouseButton.LeftButton
        self.message.hide()
        if event.button() is Qt.MouseButton.MiddleButton or (left and self._space):
            self._gesture = Pan(self, point)
        elif left:
            self._press(event)
        else:
            super().mousePressEvent(event)
            return

        event.accept()

    def _press(self, event: QMouseEvent) -> None:
        """Begins what the left button does here."""
        point = event.position()
        here = self.scene_point(point)
        wires = self.content.wires
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        begins = self._wire_at(point) if self.editor is not None else None
        if self.editor is not None and begins is not None:
            self._gesture = DrawWire(self, self.editor, self.tell, point, *begins)
            return

        item = self.content.block_at(here)
        if extends and item is not None:
            self.choose_up_to(item.view.name)
            return
        if item is not None or self.content.note_at(here) is not None:
            wires.light(None)
            super().mousePressEvent(event)
            if self.editor is not None:
                self._gesture = Move(self, self.editor, self.tell, point)
            return

        wire = wires.at(here, reach_of_wire(self)) if self.editor is not None else None
        if wire is not None:
            self.select([])
            wires.light(wire)
            return

        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        self._gesture = Band(self, point, extends or ctrl)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None:
            self._gesture.move(event.position())
            event.accept()
            return

        super().mouseMoveEvent(event)
        if self.editor is not None and not event.buttons():
            point = event.position()
            begins = self._wire_at(point) is not None
            shape = Qt.CursorShape.CrossCursor if begins else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)

    def _wire_at(self, point: QPointF) -> tuple[str, tuple[str, str] | None] | None:
        """Returns where a wire begins that is drawn from here, and the wire if it is there already.

        None where none begins.
        """
        if self.zoom < PLAIN_BELOW:
            return None

        here = self.scene_point(point)
        source = port_at(self, point)
        end = self.content.wires.end_at(here, reach_of_wire(self))
        if source and (end is None or here.y() <= self.item(source).port.y() + PORT_SIDE):
            return source, None
        if end is not None and self.content.block_at(here) is None:
            return end[0], end

        return None

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._space = False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is None:
            super().mouseReleaseEvent(event)
            return

        if isinstance(gesture, Move):
            super().mouseReleaseEvent(event)  # a click on one of several chooses it alone

        gesture.release(event.position())
        if isinstance(gesture, DrawWire) and not gesture.begun:
            self._click_wire(gesture)

        event.accept()

    def _click_wire(self, gesture: DrawWire) -> None:
        """Chooses what a click without a move was on: a wire, or the block of a dot."""
        if gesture.wire is None:
            self.choose(gesture.source)
        else:
            self.select([])
            self.content.wires.light(gesture.wire)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        here = self.scene_point(event.position())
        block, note = self.content.block_at(here), self.content.note_at(here)
        if note is not None and self.editor is not None:
            self._write_note(note.number, note.text, note.pos())
        elif block is not None:
            self.choose(block.view.name)
            self.block_opened.emit(block.view.name)

        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        item = self.content.block_at(self.mapToScene(event.pos()))
        if item is not None and not item.isSelected():
            self.choose(item.view.name)

        menu = self.commands.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    # --- notes and the mini-map

    def _add_note(self) -> None:
        item = self.content.blocks.get(self.chosen)
        at = item.rect.topRight() + QPointF(20, 0) if item is not None else self.seen.center()
        self._write_note(None, "", at)

    def _write_note(self, number: int | None, text: str, at: QPointF) -> None:
        """Lets the person write a note; number: None for a new one."""
        corner = self.viewport().mapToParent(self.mapFromScene(at))
        px = self.theme.px
        corner = QPoint(
            max(4, min(corner.x(), self.width() - px(NOTE_WIDTH) - 4)),
            max(4, min(corner.y(), self.height() - px(NOTE_HEIGHT) - 4)),
        )
        place = self.content.place_at(at)

        def take(written: str) -> None:
            if self.editor is None:
                return
            if number is not None:
                self.tell(self.editor.change_note(number, written))
            elif written:
                self.tell(self.editor.add_note(written, place))

        self.note.write(text, QRect(corner.x(), corner.y(), px(NOTE_WIDTH), px(NOTE_HEIGHT)), take)

    def _toggle_map(self) -> None:
        self.mini_map.wanted = not self.mini_map.wanted
        self.mini_map.renew()

    # --- sizes

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._renew_overlays()

    def zoom_by(self, factor: float) -> None:
        super().zoom_by(factor)
        self._renew_overlays()

    def zoom_to_fit(self) -> None:
        super().zoom_to_fit()
        self._renew_overlays()

    def zoom_to_actual(self) -> None:
        super().zoom_to_actual()
        self._renew_overlays()

    def _draw(self) -> None:
        super()._draw()
        self._renew_overlays()

    def _renew_overlays(self) -> None:
        if self._map is not None:
            self._map.renew()
            if self.find_bar.isVisible():
                self.find_bar.place()
            if self.message.isVisible():
                self.message.place()


def _keys(event: QKeyEvent) -> str:
    return QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText)
