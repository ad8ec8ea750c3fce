"""The network as a picture that is shown, chosen from, scrolled and zoomed."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGraphicsItem, QGraphicsView, QStyle

from app.engine.experiment.drawing import Drawing
from app.ui.canvas.look import Look
from app.ui.canvas.scene import EDGE, NetworkScene

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.ui.canvas.block_view import BlockView
    from app.ui.canvas.items import BlockItem
    from app.ui.style.theme import Theme

# Sizes in pixels at 100 %.
WIDTH = 420
"""Most width of a block in a network of one column."""

NARROWEST = 160
"""Least width of a block in a network of one column."""

BRANCHED = 330
"""Most width of a block in a network that branches."""

LEAST_BRANCHED = 220
"""Least width of such a block; below it there would be no room for a title and its numbers."""

SMALLEST_ZOOM = 0.05

LARGEST_ZOOM = 3.0

MOST_BYTES = 64 << 20
"""Of pictures of cards; those that are not in sight go first."""


class Surface(QGraphicsView):
    """Draws blocks and who feeds whom, and knows which are chosen.

    block_chosen(name): another block was chosen, or several. block_opened(name): the person wants
    to change this one.
    """

    block_chosen = Signal(str)
    block_opened = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.look = Look(theme)
        self.drawing = Drawing()
        self._blocks: tuple[BlockView, ...] = ()
        self._chosen: tuple[str, ...] = ()
        self._anchor = ""
        """The block from which Shift chooses all up to another."""
        self._width = 0.0
        self._changing = False
        self.content = NetworkScene(self.look, self)
        self.setScene(self.content)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setDragMode(QGraphicsView.DragMode.NoDrag)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(theme.px(160), theme.px(120))
        self.setAccessibleName("The network")
        self.content.selectionChanged.connect(self._selection_changed)
        self._redraw = QTimer(self, singleShot=True, interval=0)
        self._redraw.timeout.connect(self._draw)
        self.content.resized.connect(self._redraw.start)
        self._sharpen = QTimer(self, singleShot=True, interval=0)
        self._sharpen.timeout.connect(self.viewport().update)
        theme.changed.connect(self._restyle)
        self._restyle()

    # --- what is shown

    @property
    def blocks(self) -> tuple[BlockView, ...]:
        return self._blocks

    @property
    def chosen(self) -> str:
        """Returns the name of the selected block, of several the first, "" for none."""
        return self._chosen[0] if self._chosen else ""

    @property
    def all_chosen(self) -> tuple[str, ...]:
        """Returns the names of all selected blocks, in the order of the network."""
        return self._chosen

    @property
    def chosen_notes(self) -> tuple[int, ...]:
        """Returns the numbers of the selected notes."""
        return tuple(note.number for note in self.content.notes if note.isSelected())

    def show_blocks(self, blocks: Sequence[BlockView], drawing: Drawing | None = None) -> None:
        """Draws these blocks, which are in topological order.

        drawing: where some stand, and the notes; None leaves these as they are. The selected block
        stays selected if it is still there.
        """
        blocks = tuple(blocks)
        drawing = self.drawing if drawing is None else drawing
        if blocks != self._blocks or drawing != self.drawing:
            self._blocks = blocks
            self.drawing = drawing
            self._draw()

    def choose(self, *names: str) -> None:
        """Selects blocks and brings the last of them into sight."""
        items = [self.content.blocks[name] for name in names if name in self.content.blocks]
        if items:
            self.select(items)
            self.show_block(names[-1])

    def select(self, items: Sequence[QGraphicsItem]) -> None:
        """Selects these items and no others."""
        with self._quiet():
            self.content.wires.light(None)
            self.content.clearSelection()
            for item in items:
                item.setSelected(True)

        self._selection_changed()

    def choose_up_to(self, name: str) -> None:
        """Selects all blocks from the one that was chosen by itself up to this one."""
        order = [block.name for block in self._blocks if not block.source]
        if name not in order or self._anchor not in order:
            self.choose(name)
            return

        anchor = self._anchor
        first, last = sorted((order.index(anchor), order.index(name)))
        between = order[first : last + 1]
        self.choose(*(between if between[-1] == name else reversed(between)))
        self._anchor = anchor

    def show_block(self, name: str) -> None:
        """Brings a block into sight."""
        if item := self.content.blocks.get(name):
            self.ensureVisible(item, 8, 24)

    def item(self, name: str) -> BlockItem:
        """Returns the drawn block. Raises KeyError."""
        return self.content.blocks[name]

    # --- zoom

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def zoom_by(self, factor: float) -> None:
        wanted = min(LARGEST_ZOOM, max(SMALLEST_ZOOM, self.zoom * factor))
        self.scale(wanted / self.zoom, wanted / self.zoom)

    def zoom_to_actual(self) -> None:
        self.resetTransform()
        self._wait_for_redraw()

    def zoom_to_fit(self) -> None:
        """Shows the whole network; it is never drawn larger than its own size."""
        place = self.content.sceneRect()
        room = self.viewport().size()
        if place.isEmpty():
            return

        factor = min(1.0, room.width() / place.width(), room.height() / place.height())
        self.resetTransform()
        self.scale(max(SMALLEST_ZOOM, factor), max(SMALLEST_ZOOM, factor))

    @property
    def seen(self) -> QRectF:
        """The part of the scene that is in sight."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def scene_point(self, position: QPointF) -> QPointF:
        """Returns the point of the scene at a point of the viewport."""
        return self.mapToScene(position.toPoint())

    # --- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        self.look.begin_frame(self.viewport().devicePixelRatioF())
        super().paintEvent(event)
        self.look.end_frame()
        if self.look.postponed:
            self._sharpen.start()
        else:
            self._forget_cards()

    def _forget_cards(self) -> None:
        """Lets go of pictures of cards out of sight where all take too much memory."""
        items = self.content.blocks.values()
        if sum(item.card_bytes for item in items) > MOST_BYTES:
            seen = self.seen
            for item in items:
                if not seen.intersects(item.rect):
                    item.forget_card()

    def _draw(self) -> None:
        self._redraw.stop()
        self._width = self._block_width()
        place = self.verticalScrollBar().value()

        with self._quiet():
            self.content.show_network(self._blocks, self.drawing, self.look, self._width)

        self.verticalScrollBar().setValue(place)
        self._selection_changed()
        self._describe()

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Emits nothing while the program selects.

        To block the signals of the scene would hide its size too.
        """
        self._changing = True
        yield
        self._changing = False

    def _block_width(self) -> float:
        """Returns the width of the blocks.

        It is that of the view where the network is one column, and less where it branches, so that
        all columns are seen. Where blocks were put by hand it is fixed, for so are their distances.
        """
        theme = self.theme
        if self.drawing.positions:
            return float(theme.px(BRANCHED))
        if _branches(self._blocks):
            fits = int(self.content.width_for(self._blocks, self._room))
            return float(min(theme.px(BRANCHED), max(theme.px(LEAST_BRANCHED), fits)))

        room = self._room - 2 * EDGE
        return float(min(theme.px(WIDTH), max(theme.px(NARROWEST), room)))

    @property
    def _room(self) -> int:
        """The width that is seen beside a scroll bar, whether one is there or not.

        Qt decides by the width of the style's own bars whether one is needed below; those that are
        shown may have another.
        """
        metric = QStyle.PixelMetric.PM_ScrollBarExtent
        bar = self.style().pixelMetric(metric, None, self)
        widest = max(bar, self.verticalScrollBar().sizeHint().width())
        return self.maximumViewportSize().width() - widest

    def _selection_changed(self) -> None:
        if self._changing:
            return

        chosen = tuple(name for name, item in self.content.blocks.items() if item.isSelected())
        if chosen != self._chosen:
            self._chosen = chosen
            if len(chosen) == 1:
                self._anchor = chosen[0]

            self._describe()
            self.block_chosen.emit(self.chosen)

    def _describe(self) -> None:
        words = [block.words() for block in self._blocks if block.name in self._chosen]
        chosen = f" Selected: {'; '.join(words)}." if words else ""
        self.setAccessibleDescription(f"{len(self._blocks)} blocks.{chosen}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._wait_for_redraw()

    def _wait_for_redraw(self) -> None:
        """Draws from the event loop: drawing inside a resize could resize again."""
        if self._blocks and self._block_width() != self._width:
            self._redraw.start()

    def _restyle(self) -> None:
        self.look = Look(self.theme)
        self.setBackgroundBrush(self.theme.color("surface"))
        self._draw()


def _branches(blocks: Sequence[BlockView]) -> bool:
    """Returns whether any block reads something else than the block before it."""
    return any(
        block.inputs not in ((), (before.name,)) for before, block in itertools.pairwise(blocks)
    )
