"""The template gallery: a card for each template, with its picture, meaning and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from app.ui.pages.model.gallery.card import EMPTY, KEPT, Offer, TemplateCard
from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from models.own_network import OwnNetwork
    from models.spec import Registry
    from models.template import Template

# Sizes in pixels at 100 %.
NARROWEST = 118
"""Least width of a card."""

GAP = 12

WITH_REASON = 190
"""Least width of a card with a reason."""

LEAST_REASONS = 150
"""Least height of the cards with a reason."""

SLIM_ABOVE = 1.4
"""Times its share of the page that the gallery may need before only names are left."""

MOST = 60
"""Columns of the grid, of which a card takes as many as its row leaves it."""

ROWS = 60
"""Rows of the grid."""

STEPS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}


class TemplateGallery(QWidget):
    """Templates as cards in rows: what fits is in front, the rest greyed behind a button.

    Behind them stand an empty network and those that the person kept. `chosen(kind)`: a template
    was taken. `empty_chosen()`, `network_chosen(name)`: the empty network was, or a kept one.
    `removal_asked(name)`: it shall be taken out. The arrow keys go from card to card.
    """

    chosen = Signal(str)
    empty_chosen = Signal()
    network_chosen = Signal(str)
    removal_asked = Signal(str)

    def __init__(self, registry: Registry[Template], theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._tallest = 0
        self._described: tuple[object, ...] = ()
        self.setObjectName("model.template")
        self.setAccessibleName("Template")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._group = QButtonGroup(self)

        self.cards: dict[str, TemplateCard] = {}
        for template in registry.all():
            self._add(Offer.of_template(template))

        self._add(Offer.of_empty())
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

    def _add(self, offer: Offer) -> TemplateCard:
        card = TemplateCard(offer, self._theme)
        card.setParent(self)
        self.cards[offer.kind] = card
        self._group.addButton(card)
        card.clicked.connect(lambda: self._choose(offer.kind))
        return card

    def _choose(self, kind: str) -> None:
        if kind.startswith(KEPT):
            self.network_chosen.emit(kind.removeprefix(KEPT))
        elif kind == EMPTY:
            self.empty_chosen.emit()
        else:
            self.chosen.emit(kind)

    def show_networks(self, networks: Mapping[str, OwnNetwork]) -> None:
        """Shows these networks of the person behind the templates."""
        offers = {
            offer.kind: offer
            for offer in (Offer.of_network(name, each) for name, each in networks.items())
        }
        for kind, card in list(self.cards.items()):
            if card.template.kept and offers.get(kind) != card.template:
                self._group.removeButton(card)
                card.hide()
                card.deleteLater()
                del self.cards[kind]

        self._described = ()  # cards that are new know nothing yet
        for kind, offer in offers.items():
            if kind not in self.cards:
                card = self._add(offer)
                card.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
                card.customContextMenuRequested.connect(
                    lambda place, card=card: self._open_menu(card).popup(card.mapToGlobal(place))
                )

        self._arrange()

    def _open_menu(self, card: TemplateCard) -> QMenu:
        """Makes the menu of a kept network."""
        menu = QMenu(card)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        name = card.template.label
        remove = menu.addAction(button_text(f"Take '{name}' out of the gallery"))
        remove.setObjectName("model.template.remove")
        remove.triggered.connect(lambda: self.removal_asked.emit(name))
        return menu

    def show_choice(self, kind: str) -> None:
        """Outlines this card; none where there is none of that kind."""
        if kind in self.cards:
            self.cards[kind].setChecked(True)
        elif (chosen := self._group.checkedButton()) is not None:
            self._group.setExclusive(False)
            chosen.setChecked(False)
            self._group.setExclusive(True)

    def describe(self, parameters: Mapping[str, str], reasons: Mapping[str, str]) -> None:
        """Shows what is known of each template, by kind; the page tells it after every change."""
        described = (dict(parameters), dict(reasons))
        if described == self._described:
            return

        self._described = described
        for kind, card in self.cards.items():
            card.describe(parameters.get(kind, ""), reasons.get(kind, ""))

        self._arrange()

    def set_tallest(self, height: int) -> None:
        """Limits the height in pixels; with less than the summaries need the cards are compact.

        Where several rows of such cards need more too, only their names are left.
        """
        if height != self._tallest:
            self._tallest = height
            self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        cards = [card for card in self.cards.values() if card.isEnabled()]
        focused = next((index for index, card in enumerate(cards) if card.hasFocus()), None)

        if event.key() == Qt.Key.Key_Delete and focused is not None:
            card = cards[focused]
            if card.template.kept:
                self.removal_asked.emit(card.template.label)

            return

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
        needed = rows * (height + gap) + (beside or 0)
        slim = compact and rows > 1 and needed > SLIM_ABOVE * self._tallest
        if slim:
            height = max(card.slim_height for card in cards)

        span = MOST // columns
        for index, card in enumerate(cards):
            card.compact = compact
            card.slim = slim
            card.setFixedHeight(height)
            grid.addWidget(card, index // columns, index % columns * span, 1, span)
            card.show()
            card.update()

        for column in range(MOST):
            grid.setColumnStretch(column, 1)

        return rows * height + (rows - 1) * gap
