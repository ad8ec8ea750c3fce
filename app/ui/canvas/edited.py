"""The drawn network with one who changes it: where sentences are told, and what is dragged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.canvas.drops import drop_at, words_of
from app.ui.canvas.gestures import reach_of_wire
from app.ui.canvas.overlays.bubble import Bubble
from app.ui.canvas.palette import KIND
from app.ui.canvas.surface import Surface

if TYPE_CHECKING:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent

    from app.ui.canvas.editor import Drop, Editor
    from app.ui.style.theme import Theme


class EditedSurface(Surface):
    """Hands what is dropped to its editor; without one the network is only looked at."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.editor: Editor | None = None
        self.message = Bubble(theme, self)
        self.viewport().setAcceptDrops(True)

    def set_editor(self, editor: Editor | None) -> None:
        """Lets the network be changed by gestures, or only be looked at."""
        self.editor = editor
        self.content.show_ports(editor is not None)

    def tell(self, sentence: str, at: QPointF | None = None) -> None:
        """Shows a sentence where something happened: at a point of the scene, or what is chosen."""
        if not sentence:
            self.message.hide()
            return

        if at is None:
            item = self.content.blocks.get(self.chosen)
            at = item.rect.center() if item is not None else self.seen.center()

        self.message.say(sentence, self.viewport().mapToParent(self.mapFromScene(at)))

    # --- what is dragged in

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.editor is not None and event.mimeData().hasFormat(KIND):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self.editor is None or not event.mimeData().hasFormat(KIND):
            event.ignore()
            return

        drop = self._drop(event.position())
        self._show_drop(drop)
        self.tell(words_of(self, drop), self.scene_point(event.position()))
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_drop(None)
        self.message.hide()
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        drop = self._drop(event.position())
        self._show_drop(None)
        if self.editor is not None:
            kind = bytes(event.mimeData().data(KIND).data()).decode()
            self.tell(self.editor.insert(kind, drop), self.scene_point(event.position()))
            event.acceptProposedAction()

    def _drop(self, point: QPointF) -> Drop:
        return drop_at(self, self.scene_point(point), 2 * reach_of_wire(self))

    def _show_drop(self, drop: Drop | None) -> None:
        """Marks what a drop would change."""
        self.content.wires.light(drop.wire if drop is not None else None)
        for name, item in self.content.blocks.items():
            item.set_marked(drop is not None and drop.instead == name)
