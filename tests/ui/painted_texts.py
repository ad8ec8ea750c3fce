"""Every text that a widget paints, with its rectangle: labels, items of a plot, painted words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QPaintDevice, QPaintEngine, QRegion, QTextItem, QTransform
from PySide6.QtWidgets import QGraphicsView, QWidget

SLACK = 1.0
"""Pixels by which rectangles may touch: the ink of letters ends before their line does."""

UNKNOWN = {
    QPaintDevice.PaintDeviceMetric.PdmDevicePixelRatioScaled: 65536,
    QPaintDevice.PaintDeviceMetric.PdmDepth: 32,
    QPaintDevice.PaintDeviceMetric.PdmNumColors: 1 << 24,
}


@dataclass(frozen=True)
class PaintedText:
    """A text as it was painted.

    rect: in pixels of the widget that was asked about. room: the widget that painted it, likewise.
    """

    text: str
    rect: QRectF
    room: QRectF

    @property
    def cut(self) -> bool:
        inside = self.room.adjusted(-SLACK, -SLACK, SLACK, SLACK)
        return not inside.contains(self.rect)


class _Engine(QPaintEngine):
    """Keeps texts and draws nothing."""

    def __init__(self) -> None:
        super().__init__(QPaintEngine.PaintEngineFeature.AllFeatures)
        self.texts: list[tuple[str, QRectF]] = []
        self._transform = QTransform()

    def begin(self, _device: QPaintDevice) -> bool:
        return True

    def end(self) -> bool:
        return True

    def type(self) -> QPaintEngine.Type:
        return QPaintEngine.Type.User

    def updateState(self, state: Any) -> None:
        if state.state() & QPaintEngine.DirtyFlag.DirtyTransform:
            self._transform = QTransform(state.transform())

    def drawTextItem(self, point: QPointF, item: QTextItem) -> None:
        # Between its ascent and its descent a line is higher than its letters.
        top = point.y() - 0.8 * item.ascent()
        rect = QRectF(point.x(), top, item.width(), 0.8 * item.ascent() + 0.6 * item.descent())
        if item.text().strip():
            self.texts.append((item.text(), self._transform.mapRect(rect)))

    def _nothing(self, *_: object) -> None: ...

    drawPath = drawPixmap = drawImage = drawRects = drawLines = _nothing
    drawPolygon = drawEllipse = drawPoints = drawTiledPixmap = _nothing


class _Device(QPaintDevice):
    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self._widget = widget
        self.engine = _Engine()

    def paintEngine(self) -> QPaintEngine:
        return self.engine

    def metric(self, metric: QPaintDevice.PaintDeviceMetric) -> int:
        kinds = QPaintDevice.PaintDeviceMetric
        sizes = {kinds.PdmWidth: self._widget.width(), kinds.PdmHeight: self._widget.height()}
        dots = (kinds.PdmDpiX, kinds.PdmDpiY, kinds.PdmPhysicalDpiX, kinds.PdmPhysicalDpiY)
        return sizes.get(metric, UNKNOWN.get(metric, 96 if metric in dots else 1))


def painted_texts(widget: QWidget) -> list[PaintedText]:
    """Returns the texts of a widget and of all in it, as they can be seen."""
    found = []
    for part in (widget, *widget.findChildren(QWidget)):
        if not part.isVisibleTo(widget) and part is not widget:
            continue
        view = part.parent()
        if isinstance(view, QGraphicsView) and part is view.viewport():
            continue  # a view is asked itself

        device = _Device(part)
        flags = QWidget.RenderFlag(0)
        if isinstance(part, QGraphicsView):
            QWidget.render(part.viewport(), device, QPoint(), QRegion(), flags)
        else:
            QWidget.render(part, device, QPoint(), QRegion(), flags)

        at = QPointF(part.mapTo(widget, QPoint()))
        room = QRectF(part.rect()).translated(at)
        found += [
            PaintedText(text, rect.translated(at), room) for text, rect in device.engine.texts
        ]

    return found


def overlaps(texts: list[PaintedText]) -> list[tuple[str, str]]:
    """Returns the pairs of texts that lie on each other."""
    return [
        (one.text, other.text)
        for number, one in enumerate(texts)
        for other in texts[number + 1 :]
        if _common(one.rect, other.rect)
    ]


def _common(one: QRectF, other: QRectF) -> bool:
    both = one.intersected(other)
    return both.width() > SLACK and both.height() > SLACK
