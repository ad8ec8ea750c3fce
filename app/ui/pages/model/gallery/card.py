"""One card of the gallery: what it offers, with its picture, meaning and size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from app.engine.text import count_text
from app.ui.pages.model.gallery.drawings import SIZE, draw
from app.ui.pages.model.gallery.graph_picture import draw_graph
from app.ui.style.theme import BODY, SMALL, Theme
from app.ui.text.literal import button_text, tooltip
from models.graph import Graph, Node

if TYPE_CHECKING:
    from models.own_network import OwnNetwork
    from models.template import Template

# Sizes in pixels at 100 %.
PADDING = 12

SLIM_PADDING = 7
"""Above and below the name of a card that shows nothing else."""

RADIUS = 10

WRAP = int(Qt.TextFlag.TextWordWrap)

KEPT = "kept:"
"""Before the name of a kept network in the kind of its card."""

EMPTY = "empty"
"""The kind of the card of the empty network."""


@dataclass(frozen=True)
class Offer:
    """What a card offers. graph: what is drawn of it; None for the picture of a template."""

    kind: str
    label: str
    summary: str
    family: str
    graph: Graph | None = None

    @classmethod
    def of_template(cls, template: type[Template]) -> Offer:
        return cls(template.kind, template.label, template.summary, template.family)

    @classmethod
    def of_empty(cls) -> Offer:
        graph = Graph((Node("answer", "output"),))
        return cls(EMPTY, "Empty", "Only the answer: draw the rest yourself.", "Own", graph)

    @property
    def kept(self) -> bool:
        """Whether it is a network that the person kept."""
        return self.kind.startswith(KEPT)

    @classmethod
    def of_network(cls, name: str, network: OwnNetwork) -> Offer:
        count = count_text(len(network.blocks.nodes), "block")
        origin = network.origin
        came = f", changed from {origin.label}" if origin is not None else ""
        summary = f"Your own: {count}{came}."
        return cls(f"{KEPT}{name}", name, summary, network.family, network.blocks)


class TemplateCard(QAbstractButton):
    """One template, or one network that was kept, to be chosen.

    It is painted as a card; without room its summary moves into the tooltip, and with still less
    only its name is left.
    """

    def __init__(self, template: Offer, theme: Theme) -> None:
        super().__init__()
        self.template = template
        self._theme = theme
        self.reason = ""
        self.parameters = ""
        self.compact = False
        self.slim = False
        self.setObjectName(f"model.template.{template.kind}")
        self.setText(button_text(template.label))
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.describe("", "")

    def describe(self, parameters: str, reason: str) -> None:
        """Shows how large the template is, or why it cannot be taken.

        parameters: how many, "" while unknown. reason: "" if it can be taken.
        """
        self.parameters = parameters
        self.reason = reason
        self.setEnabled(not reason)
        size = f"{parameters} parameters." if parameters else ""
        words = f"{self.template.summary} {reason or size}".strip()
        self.setToolTip(tooltip(words))
        what = "Your network" if self.template.kept else "Template"
        self.setAccessibleName(f"{what} {self.template.label}")
        self.setAccessibleDescription(words)
        self.update()

    def needed(self, width: int, compact: bool) -> int:
        """Returns the height that the card needs at this width; `slim_height` where it is slim."""
        theme = self._theme
        height = 2 * theme.px(PADDING) + theme.px(SIZE[1]) + theme.px(6)
        height += QFontMetrics(theme.font(BODY, bold=True)).height()

        if not compact:
            room = QRect(0, 0, width - 2 * theme.px(PADDING), 10_000)
            small = QFontMetrics(theme.font(SMALL))
            height += (
                small.boundingRect(room, WRAP, self._words).height() + small.height() + theme.px(3)
            )

        return height

    @property
    def slim_height(self) -> int:
        """The height of the name alone."""
        name = QFontMetrics(self._theme.font(BODY, bold=True)).height()
        return name + 2 * self._theme.px(SLIM_PADDING)

    @property
    def _words(self) -> str:
        return self.reason or self.template.summary

    def sizeHint(self) -> QSize:
        width = self._theme.px(150)
        return QSize(width, self.slim_height if self.slim else self.needed(width, self.compact))

    def enterEvent(self, _event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, _event: QEvent) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        enabled = self.isEnabled()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_card(painter)
        if self.slim:
            side, high = theme.px(PADDING), theme.px(SLIM_PADDING)
            self._paint_words(painter, self.rect().adjusted(side, high, -side, -high))
            return

        inside = self.rect().adjusted(*(theme.px(PADDING) * sign for sign in (1, 1, -1, -1)))
        picture = QRectF(inside.x(), inside.y(), theme.px(SIZE[0]), theme.px(SIZE[1]))
        offer = self.template
        if offer.graph is not None:
            draw_graph(painter, picture, offer.graph, theme, enabled)
        else:
            draw(painter, picture, offer.kind, offer.family, theme, enabled)

        small = theme.font(SMALL)

        room = inside.width() - picture.width() - theme.px(4)
        if self.compact and QFontMetrics(small).horizontalAdvance(self.parameters) <= room:
            painter.setFont(small)
            painter.setPen(theme.color("secondary"))
            painter.drawText(
                inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, self.parameters
            )

        self._paint_words(painter, inside.adjusted(0, theme.px(SIZE[1]) + theme.px(6), 0, 0))

    def _paint_card(self, painter: QPainter) -> None:
        """Paints ground and edge: a tint where it is chosen, a frame within for the focus."""
        theme = self._theme
        chosen = self.isChecked()
        ground = "surface" if self.isEnabled() else "background"
        if self.isEnabled() and self.underMouse():
            ground = "accent_hover_tint" if chosen else "hover"
        elif chosen:
            ground = "accent_tint"

        thickness = 2 if chosen else 1
        painter.setPen(QPen(theme.color("accent" if chosen else "border"), thickness))
        painter.setBrush(theme.color(ground))
        half = thickness / 2
        card = QRectF(self.rect()).adjusted(half, half, -half, -half)
        painter.drawRoundedRect(card, theme.px(RADIUS), theme.px(RADIUS))

        if self.hasFocus():
            painter.setPen(QPen(theme.color("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(card.adjusted(3, 3, -3, -3), theme.px(RADIUS), theme.px(RADIUS))

    def _paint_words(self, painter: QPainter, below: QRect) -> None:
        theme = self._theme
        enabled = self.isEnabled()
        small = theme.font(SMALL)
        bold = theme.font(BODY, bold=True)
        painter.setFont(bold)
        painter.setPen(theme.color("text" if enabled else "disabled"))
        metrics = QFontMetrics(bold)
        title = metrics.elidedText(self.template.label, Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)

        if not self.compact and not self.slim:
            painter.setFont(small)
            painter.setPen(theme.color("secondary" if enabled else "disabled"))
            painter.drawText(
                below.adjusted(0, metrics.height() + theme.px(2), 0, 0), WRAP, self._words
            )

            if self.parameters and enabled:
                last = f"{self.parameters} parameters"
                if QFontMetrics(small).horizontalAdvance(last) > below.width():
                    last = self.parameters  # as on a compact card; the tooltip has the word

                painter.drawText(
                    below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, last
                )
