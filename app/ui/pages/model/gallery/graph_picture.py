"""A small picture of a whole network: its blocks from left to right, and who reads whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from models.arrangement import Sizes, arrange
from models.graph import INPUT, OTHER

if TYPE_CHECKING:
    from app.ui.style.theme import Theme
    from models.graph import Graph

SIZES = Sizes(width=26, row_gap=8, column_gap=12, lane=9)
"""Distances on the drawing, before it is brought to the size of its box."""

HEIGHT = 12
"""Of a block on the drawing, from left to right."""

LARGEST = 1.4
"""Times that a small network is drawn larger, at most."""


def draw_graph(painter: QPainter, box: QRectF, graph: Graph, theme: Theme, enabled: bool) -> None:
    """Paints a network into a box, as large as there is room for."""
    inputs = {
        node.name: [each for each in node.inputs if each not in (INPUT, OTHER)]
        for node in graph.nodes
    }
    arrangement = arrange(inputs, dict.fromkeys(inputs, float(HEIGHT)), SIZES)

    # It is arranged from top to bottom, and turned here.
    boxes = [QRectF(b.y, b.x, b.height, b.width) for b in arrangement.boxes.values()]
    lines = [[QPointF(y, x) for x, y in corners] for corners in arrangement.lines.values()]
    whole = QRectF()
    for each in boxes:
        whole = whole.united(each)
    for corner in (corner for corners in lines for corner in corners):
        whole = whole.united(QRectF(corner, corner).adjusted(0, 0, 0.1, 0.1))

    scale = min(LARGEST, box.width() / whole.width(), box.height() / whole.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(
        box.left() - whole.left() * scale,
        box.center().y() - whole.center().y() * scale,
    )
    painter.scale(scale, scale)
    pen = QPen(theme.color("training" if enabled else "disabled"), 1.2)
    pen.setCosmetic(True)
    painter.setPen(pen)
    for corners in lines:
        painter.drawPolyline(corners)

    painter.setBrush(theme.color("accent_tint" if enabled else "track"))
    for each in boxes:
        painter.drawRoundedRect(each, 2, 2)

    painter.restore()
