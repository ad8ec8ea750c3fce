"""What was kept of the network after one epoch: blocks, points and weights, a card each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from app.engine.text import count_text
from app.ui.pages.results.epochs.spread_view import SpreadView
from app.ui.plots.distributions.scatter import ScatterPlot
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.outputs.large_view import LargeView
from app.ui.widgets.settings.number_box import DropDown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.runs.looks.epoch_looks import EpochLook
    from app.ui.state.insight.run_looks import RunLooks
    from app.ui.style.theme import Theme

GROUPS_OF_AMOUNTS = 5
"""Groups of equal size in which amounts are shown."""


class LookCards(QWidget):
    """Shows one look of a run; which block and layer is chosen stays when the epoch moves."""

    def __init__(self, theme: Theme, looks: RunLooks, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._looks = looks
        self._look: EpochLook | None = None
        self._classes: Sequence[str] = ()
        self.block = self._choice(f"{name}.block", "Block")
        self.maps = LargeView(theme)
        self.figures = Label()
        self.figures.setWordWrap(True)
        style(self.figures, "secondary")
        blocks = self._card("What comes out", "for the example that is followed", self.block)
        blocks.body.addWidget(self.figures)
        blocks.body.addWidget(self.maps)
        blocks.body.addStretch(1)
        self.points = ScatterPlot(theme, axes=False)
        self.points.setObjectName(f"{name}.points")
        self.points.setAccessibleName("Examples as the last block gets them")
        self.points.tell = lambda point: (self._point_words(point), None)
        space = self._card("How it tells them apart", "each point is an example")
        self.space_words = Label()
        self.space_words.setWordWrap(True)
        style(self.space_words, "secondary")
        space.body.addWidget(self.points, 1)
        space.body.addWidget(self.space_words)
        self.layer = self._choice(f"{name}.layer", "Layer")
        self.spread = SpreadView(theme)
        weights = self._card("Weights", "how they spread, on one axis for all epochs", self.layer)
        self.weight_words = Label()
        self.weight_words.setWordWrap(True)
        style(self.weight_words, "secondary")
        weights.body.addWidget(self.spread)
        weights.body.addWidget(self.weight_words)
        weights.body.addStretch(1)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(12)
        for card in (blocks, space, weights):
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._row.addWidget(card, 1)

        theme.changed.connect(self._measure)
        self._measure()

    def _card(self, title: str, why: str, choice: DropDown | None = None) -> Card:
        card = Card(title, why)
        if choice is not None:
            card.body.addWidget(choice)

        return card

    def _choice(self, name: str, spoken: str) -> DropDown:
        choice = DropDown()
        choice.setObjectName(name)
        choice.setAccessibleName(spoken)
        choice.setMinimumContentsLength(8)
        choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        choice.activated.connect(lambda _row: self._show())
        return choice

    def _measure(self) -> None:
        self.points.setMinimumHeight(self._theme.px(180))

    def arrange(self, wide: bool) -> None:
        """Puts the cards side by side where there is room, else one below the other."""
        self._row.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )

    def show_look(self, look: EpochLook, classes: Sequence[str]) -> None:
        """Shows what was kept after an epoch. classes: the names of the labels, () of amounts."""
        self._classes = classes
        first = self._look is None
        self._look = look
        _offer(self.block, list(look.pictures))
        if first and self.block.count():
            self.block.setCurrentIndex(min(1, self.block.count() - 1))  # the first is the example

        _offer(self.layer, list(look.weights))
        self._show()

    def _show(self) -> None:
        look = self._look
        if look is None:
            return

        self._show_block(look)
        self._show_points(look)
        name = self.layer.currentText()
        known = [each.weights[name] for each in self._looks.looks.values() if name in each.weights]
        low = min((spread.low for spread in known), default=0.0)
        high = max((spread.high for spread in known), default=1.0)
        self.spread.show_spread(look.weights.get(name), low, high)
        counted = look.weights.get(name)
        self.weight_words.setText(
            f"{count_text(int(counted.counts.sum()), 'weight')} of the layer were counted."
            if counted is not None
            else "There is no layer with weights."
        )

    def _show_block(self, look: EpochLook) -> None:
        name = self.block.currentText()
        picture = look.pictures.get(name)
        self.maps.show_pictures([picture] if picture is not None else [])
        place = list(look.pictures).index(name) if picture is not None else -1
        if place >= 0:
            dead, units = look.dead[place].tolist()
            share = f"{dead:,} of {count_text(units, 'unit')}" if dead else "no unit"
            over = count_text(len(look.rows), "example")
            self.figures.setText(f"Dead, that is 0 everywhere for {over}: {share}.")

    def _show_points(self, look: EpochLook) -> None:
        flat = self._looks.flat.get(look.epoch)
        if flat is None:
            return

        labels = look.labels
        groups = np.nan_to_num(labels).astype(np.int64)
        words = "The colours are the classes."
        if np.isnan(labels).all():
            words = "They have no classes to be coloured by."
        elif not self._classes:
            ends = np.nanquantile(labels, np.linspace(0, 1, GROUPS_OF_AMOUNTS + 1)[1:-1])
            groups = np.searchsorted(ends, labels)
            words = "The colours are five groups, from the smallest to the largest amounts."

        self.points.show_points(flat[:, 0], flat[:, 1], groups)
        self.space_words.setText(
            f"{count_text(len(flat), 'validation example')}, from the side that shows most. {words}"
        )

    def _point_words(self, point: int) -> str:
        look = self._look
        if look is None or point >= len(look.labels):
            return ""

        label = look.labels[point]
        if np.isnan(label):
            return f"example {look.rows[point]:,}"
        if self._classes and int(label) < len(self._classes):
            return self._classes[int(label)]

        return f"{label:g}"


def _offer(choice: DropDown, names: list[str]) -> None:
    """Offers names; the chosen one stays chosen."""
    before = choice.currentText()
    if [choice.itemText(row) for row in range(choice.count())] == names:
        return

    choice.clear()
    choice.addItems(names)
    if before in names:
        choice.setCurrentText(before)
