"""The confusion matrix: which class is taken for which.

A click on a cell asks for the pictures behind it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip

from app.ui.pages.results.confusion import paint
from app.ui.pages.results.confusion.counts import Confusion, by_confusion
from app.ui.pages.results.confusion.export import image_of
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

LARGEST_ZOOM = 40.0


class ConfusionMatrix(QAbstractScrollArea):
    """Shows a confusion matrix.

    picked(true, answer): a cell was clicked or Enter pressed. pointed(text): what the cell under
    the mouse, or the current cell, says; "" when there is none. Classes are numbers in the order of
    the data, however they are shown. Keys: arrows walk, Enter shows the pictures, + and - zoom, 0
    shows all.
    """

    picked = Signal(int, int)
    pointed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._confusion: Confusion | None = None
        self._order = np.arange(0)
        self._pictures: dict[float, QImage] = {}
        """The cells by how deep their colours are, see paint.picture; made for painting."""

        self._zoom = 1.0
        self._current: tuple[int, int] | None = None
        self._hover: tuple[int, int] | None = None
        self._chosen_by_key = False
        self.percent = False
        self.sorted = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.setObjectName("results.matrix")
        self.setAccessibleName("Confusion matrix")
        self.setAccessibleDescription("No figures yet.")
        theme.changed.connect(self._restyle)

    # --- what is shown

    def show_confusion(self, confusion: Confusion | None) -> None:
        """Shows other figures. Zoom, order and current cell stay where the classes are the same."""
        if (
            confusion is None
            or self._confusion is None
            or confusion.classes != self._confusion.classes
        ):
            self._zoom = 1.0
            self._current = None
            self._hover = None

        self._confusion = confusion
        self._arrange()
        self._emit_pointed()

    @property
    def confusion(self) -> Confusion | None:
        return self._confusion

    @property
    def current(self) -> tuple[int, int] | None:
        """(true, answer) of the current cell."""
        return self._classes_at(self._current)

    def set_current(self, true: int, answer: int) -> None:
        """Makes a cell current and brings it into view."""
        places = np.argsort(self._order)
        self._go(int(places[true]), int(places[answer]))

    def set_percent(self, percent: bool) -> None:
        """Shows numbers as a share of the row, or as counts."""
        self.percent = percent
        self.viewport().update()

    def set_sorted(self, on: bool) -> None:
        """Puts classes side by side that are taken for one another, or in the order of the data."""
        current = self.current
        self.sorted = on
        self._arrange()

        if current is not None:
            self.set_current(*current)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Makes cells larger or smaller.

        The point `at` stays where it is; else the current cell comes to the middle.
        """
        if self._confusion is None:
            return

        old = self._geometry()
        view = self.viewport()
        point = at or QPointF((view.width() + old.left) / 2, (view.height() + old.top) / 2)
        x = (point.x() - old.left + self.horizontalScrollBar().value()) / old.cell
        y = (point.y() - old.top + self.verticalScrollBar().value()) / old.cell

        if at is None and self._current is not None:
            y = self._current[0] + 0.5
            x = self._current[1] + 0.5
        elif at is None and self._zoom == 1:
            x = y = old.classes / 2

        self._zoom = min(LARGEST_ZOOM, max(1.0, self._zoom * factor))
        self._set_scroll_bars()
        new = self._geometry()
        self.horizontalScrollBar().setValue(round(x * new.cell - (point.x() - new.left)))
        self.verticalScrollBar().setValue(round(y * new.cell - (point.y() - new.top)))
        self.viewport().update()

    def zoom_to_fit(self) -> None:
        """Shows all of the matrix."""
        self._zoom = 1.0
        self._set_scroll_bars()
        self.viewport().update()

    @property
    def zoomed(self) -> float:
        return self._zoom

    def image(self) -> QImage:
        """Returns the matrix as a picture for a file, every name readable up to EXPORT_LIMIT."""
        assert self._confusion is not None
        return image_of(
            self._confusion,
            self._theme,
            lambda geometry: self._drawing(geometry, (0.0, 0.0), False),
        )

    # --- inside

    def _arrange(self) -> None:
        if self._confusion is not None:
            counts = self._confusion.counts
            self._order = by_confusion(counts) if self.sorted else np.arange(len(counts))
            self._pictures = {}
            right = int(np.trace(counts))
            total = int(counts.sum())
            self.setAccessibleDescription(
                f"{len(counts)} classes, {right:,} of {total:,} recognised."
            )

        self._set_scroll_bars()
        self.viewport().update()

    def _restyle(self) -> None:
        self._arrange()
        self.updateGeometry()

    def _geometry(self) -> paint.Geometry:
        assert self._confusion is not None
        room = self.maximumViewportSize()
        return paint.geometry(
            self._confusion, self._theme, room.width() - 2, room.height() - 2, self._zoom
        )

    def _set_scroll_bars(self) -> None:
        if self._confusion is None:
            return

        geometry = self._geometry()
        view = self.viewport().size()
        for bar, size, room in (
            (self.horizontalScrollBar(), geometry.width, view.width()),
            (self.verticalScrollBar(), geometry.height, view.height()),
        ):
            bar.setRange(0, max(0, math.ceil(size - room + 2)) if self._zoom > 1 else 0)
            bar.setPageStep(max(1, room - int(geometry.left)))
            bar.setSingleStep(max(1, int(geometry.cell)))

    def _drawing(
        self, geometry: paint.Geometry, offset: tuple[float, float], live: bool
    ) -> paint.Drawing:
        assert self._confusion is not None
        current = (self._hover or self._current) if live else None
        depth = paint.DEEPEST if geometry.cell >= self._theme.px(8) else 1.0
        if depth not in self._pictures:
            self._pictures[depth] = paint.picture(self._confusion, self._order, self._theme, depth)

        return paint.Drawing(
            self._confusion,
            self._order,
            self._pictures[depth],
            geometry,
            self._theme,
            self.percent,
            offset,
            current,
            live and self.hasFocus() and self._hover is None,
        )

    def _classes_at(self, cell: tuple[int, int] | None) -> tuple[int, int] | None:
        return None if cell is None else (int(self._order[cell[0]]), int(self._order[cell[1]]))

    def _cell_at(self, point: QPointF) -> tuple[int, int] | None:
        if self._confusion is None:
            return None

        geometry = self._geometry()
        x = point.x() - geometry.left
        y = point.y() - geometry.top
        if x < 0 or y < 0:
            return None

        column = int((x + self.horizontalScrollBar().value()) / geometry.cell)
        row = int((y + self.verticalScrollBar().value()) / geometry.cell)
        return (row, column) if row < geometry.classes and column < geometry.classes else None

    def _emit_pointed(self) -> None:
        cell = self._classes_at(self._hover or self._current)
        text = self._confusion.words(*cell) if cell and self._confusion else ""
        self.pointed.emit(text)

        if self._chosen_by_key and text:
            self.setAccessibleDescription(text)
            QAccessible.updateAccessibility(
                QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            )

    def _go(self, row: int, column: int) -> None:
        self._current = (row, column)
        self._hover = None

        geometry = self._geometry()
        view = self.viewport().size()
        for bar, index, start, room in (
            (self.horizontalScrollBar(), column, geometry.left, view.width()),
            (self.verticalScrollBar(), row, geometry.top, view.height()),
        ):
            first = index * geometry.cell
            last = (index + 1) * geometry.cell - (room - start)
            bar.setValue(round(min(max(bar.value(), last), first)))

        self._emit_pointed()
        self.viewport().update()

    # --- Qt

    def sizeHint(self) -> QSize:
        """Returns a small size: it takes the room it gets, but must not make its page scroll."""
        return QSize(self._theme.px(260), self._theme.px(250))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(240), self._theme.px(240))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        view = self.viewport().size()

        if self._confusion is None:
            painter.fillRect(self.viewport().rect(), self._theme.color("surface"))
            return

        offset = (
            float(self.horizontalScrollBar().value()),
            float(self.verticalScrollBar().value()),
        )
        paint.paint(
            painter, self._drawing(self._geometry(), offset, True), view.width(), view.height()
        )

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._set_scroll_bars()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:
            self._hover = None
            self._emit_pointed()
            self.viewport().update()
        return super().viewportEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        if cell == self._hover:
            return

        self._hover = cell
        self._chosen_by_key = False
        self._emit_pointed()

        if cell is None:
            QToolTip.hideText()

        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        if cell is None or event.button() is not Qt.MouseButton.LeftButton:
            return

        self._current = cell
        self.viewport().update()

        classes = self._classes_at(cell)
        if classes is not None:
            self.picked.emit(*classes)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a click, which counts from when it was pressed."""
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms at the mouse with Ctrl held; else scrolls the zoomed matrix, or the page."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1.25 ** (event.angleDelta().y() / 120), event.position())
            event.accept()
        elif self._zoom > 1:
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._confusion is None:
            return super().keyPressEvent(event)

        last = len(self._order) - 1
        row, column = self._current or (0, 0)
        steps = {
            Qt.Key.Key_Left: (row, column - 1),
            Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row - 1, column),
            Qt.Key.Key_Down: (row + 1, column),
            Qt.Key.Key_Home: (row, 0),
            Qt.Key.Key_End: (row, last),
        }

        key = Qt.Key(event.key())
        if key in steps:
            self._chosen_by_key = True
            step = steps[key] if self._current is not None else (0, 0)
            self._go(min(last, max(0, step[0])), min(last, max(0, step[1])))
        elif (
            key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
            and self.current is not None
        ):
            self.picked.emit(*self.current)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1.25)
        elif key is Qt.Key.Key_Minus:
            self.zoom(0.8)
        elif key is Qt.Key.Key_0:
            self.zoom_to_fit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def event(self, event: QEvent) -> bool:
        """Shows what a cell says as a tooltip, too."""
        if event.type() is QEvent.Type.ToolTip and self._confusion is not None:
            where: QPoint = event.globalPos()  # type: ignore[attr-defined]
            cell = self._classes_at(self._cell_at(QPointF(self.viewport().mapFromGlobal(where))))
            QToolTip.showText(where, tooltip(self._confusion.words(*cell) if cell else ""), self)

            return True

        return super().event(event)
