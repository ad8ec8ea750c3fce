"""The template gallery: a card for each template, with its picture, meaning and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QGridLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from app.ui.pages.model.drawings import SIZE, draw
from app.ui.style.theme import BODY, SMALL, Theme, style
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.spec import Registry
    from models.template import Template

# Sizes in pixels at 100 %.
NARROWEST = 118
"""Least width of a card."""

GAP = 12

PADDING = 12

RADIUS = 10

WITH_REASON = 190
"""Least width of a card with a reason."""

LEAST_REASONS = 150
"""Least height of the cards with a reason."""

MOST = 60
"""Columns of the grid, of which a card takes as many as its row leaves it."""

ROWS = 60
"""Rows of the grid."""

WRAP = int(Qt.TextFlag.TextWordWrap)
STEPS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}


class TemplateCard(QAbstractButton):
    """One template, to be chosen.

    It is painted as a card; without room its summary moves into the tooltip.
    """

    def __init__(self, template: type[Template], theme: Theme) -> None:
        super().__init__()
        self.template = template
        self._theme = theme
        self.reason = ""
        self.parameters = ""
        self.compact = False
        self.setObjectName(f"model.template.{template.kind}")
        self.setText(template.label)
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
        self.setAccessibleName(f"Template {self.template.label}")
        self.setAccessibleDescription(words)
        self.update()

    def needed(self, width: int, compact: bool) -> int:
        """Returns the height that the card needs at this width."""
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
    def _words(self) -> str:
        return self.reason or self.template.summary

    def sizeHint(self) -> QSize:
        width = self._theme.px(150)
        return QSize(width, self.needed(width, self.compact))

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
        inside = self.rect().adjusted(*(theme.px(PADDING) * sign for sign in (1, 1, -1, -1)))
        picture = QRectF(inside.x(), inside.y(), theme.px(SIZE[0]), theme.px(SIZE[1]))
        draw(painter, picture, self.template.kind, self.template.family, theme, enabled)
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

        if not self.compact:
            painter.setFont(small)
            painter.setPen(theme.color("secondary" if enabled else "disabled"))
            painter.drawText(
                below.adjusted(0, metrics.height() + theme.px(2), 0, 0), WRAP, self._words
            )

            if self.parameters and enabled:
                last = f"{self.parameters} parameters"
                painter.drawText(
                    below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, last
                )


class TemplateGallery(QWidget):
    """Templates as cards in rows: what fits is in front, the rest greyed behind a button.

    `chosen(kind)`: the person took one. The arrow keys go from card to card.
    """

    chosen = Signal(str)

    def __init__(self, registry: Registry[Template], theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._tallest = 0
        self.setObjectName("model.template")
        self.setAccessibleName("Template")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._group = QButtonGroup(self)

        self.cards: dict[str, TemplateCard] = {}
        for template in registry.all():
            card = TemplateCard(template, theme)
            card.setParent(self)
            self.cards[template.kind] = card
            self._group.addButton(card)
            card.clicked.connect(lambda _=False, kind=template.kind: self.chosen.emit(kind))

        self.others = QPushButton(self)
        self.others.setObjectName("model.template.others")
        self.others.setToolTip("Shows the templates that cannot be used with these data, and why.")
        self.others.setCheckable(True)
        style(self.others, "link")
        self.others.toggled.connect(self._arrange)
        self._inside = QWidget()
        self._reasons = QGridLayout(self._inside)
        self._reasons.setContentsMargins(0, 0, theme.px(GAP), 0)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        style(self._scroll, "plain")
        self._scroll.setWidget(self._inside)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._arrange)

    def show_choice(self, kind: str) -> None:
        """Outlines this template; none for a network of one's own."""
        if kind in self.cards:
            self.cards[kind].setChecked(True)
        elif (chosen := self._group.checkedButton()) is not None:
            self._group.setExclusive(False)
            chosen.setChecked(False)
            self._group.setExclusive(True)

    def describe(self, parameters: Mapping[str, str], reasons: Mapping[str, str]) -> None:
        """Shows what is known of each template, by kind."""
        for kind, card in self.cards.items():
            card.describe(parameters.get(kind, ""), reasons.get(kind, ""))

        self._arrange()

    def set_tallest(self, height: int) -> None:
        """Limits the height in pixels; with less than the summaries need the cards are compact."""
        if height != self._tallest:
            self._tallest = height
            self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        cards = [card for card in self.cards.values() if card.isEnabled()]
        focused = next((index for index, card in enumerate(cards) if card.hasFocus()), None)

        step = STEPS.get(Qt.Key(event.key()))
        if step is None or focused is None:
            super().keyPressEvent(event)
        else:
            cards[(focused + step) % len(cards)].setFocus()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._arrange()

    def _arrange(self, *_: object) -> None:
        fitting = [card for card in self.cards.values() if not card.reason]
        others = [card for card in self.cards.values() if card.reason]
        unfolded = self.others.isChecked() or not fitting
        gap = self._theme.px(GAP)
        self.others.setVisible(bool(fitting and others))
        many = "does" if len(others) == 1 else "do"
        self.others.setText(
            "Hide what does not fit"
            if unfolded
            else f"{len(others)} more {many} not fit these data: why?"
        )

        line = self.others.sizeHint().height() + gap if fitting and others else 0
        height = self._place(self._grid, fitting, NARROWEST, line)

        if line:
            self._grid.addWidget(self.others, ROWS, 0, 1, MOST, Qt.AlignmentFlag.AlignLeft)

        self._scroll.setVisible(unfolded and bool(others))
        needed = self._place(
            self._reasons, others, WITH_REASON, None
        )  # folded too: they may have fitted before
        if unfolded and others:
            shown = min(needed, max(self._theme.px(LEAST_REASONS), self._tallest))
            self._scroll.setFixedHeight(shown)
            self._grid.addWidget(self._scroll, ROWS + 1, 0, 1, MOST)
            line += shown + (gap if fitting else 0)

        self.setFixedHeight(height + line)

    def _place(
        self, grid: QGridLayout, cards: list[TemplateCard], narrowest: int, beside: int | None
    ) -> int:
        """Puts the cards into rows of a grid, as equal as can be, and returns their height.

        beside: pixels of the room that something else takes; None where there is room for all
        words.
        """
        gap = self._theme.px(GAP)
        grid.setSpacing(gap)
        if not cards:
            return 0

        widest = max(1, min(MOST, (self.width() + gap) // (self._theme.px(narrowest) + gap)))
        rows = -(-len(cards) // widest)
        columns = -(-len(cards) // rows)
        width = (self.width() - (columns - 1) * gap) // columns - (gap if beside is None else 0)
        tall = max(card.needed(width, False) for card in cards)
        compact = beside is not None and rows * tall + (rows - 1) * gap + beside > self._tallest
        height = max(card.needed(width, compact) for card in cards)

        span = MOST // columns
        for index, card in enumerate(cards):
            card.compact = compact
            card.setFixedHeight(height)
            grid.addWidget(card, index // columns, index % columns * span, 1, span)
            card.show()
            card.update()

        for column in range(MOST):
            grid.setColumnStretch(column, 1)

        return rows * height + (rows - 1) * gap
