"""The price of an answer over the probability that it gave to what is true: cross-entropy, for one or for each tag."""

from __future__ import annotations

from app.engine.learning.choices import Loss
from app.ui.pages.learning.pictures.base import LossPicture, Told
from app.ui.plots.penalty import PenaltyPlot
from app.ui.theme import Theme


class PricePicture(LossPicture):
    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.plot = PenaltyPlot(theme)
        self.plot.setAccessibleName("The price of an answer over the probability it gave to the truth")
        self.column.addWidget(self.plot)
        self.below.setText("The price of one answer, over the probability that it gave to what is true.")
        self.finish()

    def show_loss(self, loss: Loss, told: Told) -> None:
        self.plot.setFixedHeight(self.theme.px(190))
        self.plot.show_loss(loss, max(2, told.outputs))


PICTURE = PricePicture
