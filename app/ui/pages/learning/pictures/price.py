"""The price of an answer over the probability that it gave to what is true: cross-entropy, for one
or for each tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.text import number_text
from app.ui.pages.learning.pictures.base import LossPicture, Told
from app.ui.plots.curves.penalty import PenaltyPlot

if TYPE_CHECKING:
    from app.engine.learning.loss import Loss
    from app.ui.style.theme import Theme


class PricePicture(LossPicture):
    """The curve; on it, as dots, what the run that is shown gave to the truth of its followed
    examples.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.plot = PenaltyPlot(theme)
        self.plot.setAccessibleName(
            "The price of an answer over the probability it gave to the truth"
        )
        self.column.addWidget(self.plot)
        self.finish()

    def show_loss(self, loss: Loss, told: Told) -> None:
        self.plot.setFixedHeight(self.theme.px(190))
        given = truths(told)
        tags = (
            told.targets is not None and told.targets.ndim == 2
        )  # each is a question of its own: yes or no
        self.plot.show_loss(loss, 2 if tags else max(2, told.outputs), given)

        text = "The price of one answer, over the probability that it gave to what is true."
        if len(given):
            text += f" The dots are {len(given):,} answers of the run that is shown."

        price = by_frequency(told)
        if price is not None:
            text += f" Always answering with how frequent each is in your data would cost {number_text(price, 2)}."

        self.below.setText(text)


def truths(told: Told) -> np.ndarray:
    """(n,) the probabilities that the last run gave to what is true; none where it answers
    otherwise.
    """
    predictions = told.predictions
    targets = told.targets_text

    classes = len(told.description.classes) if told.description is not None else 0
    if (
        predictions is None
        or targets is None
        or predictions.ndim != 2
        or not classes
        or predictions.shape[1] != classes
    ):
        return np.zeros(0)
    if targets.ndim == 2:
        return np.where(targets > 0, predictions, 1 - predictions).ravel()

    return predictions[np.arange(len(predictions)), targets.astype(int)]


def by_frequency(told: Told) -> float | None:
    """The mean price, in nats, of giving each class or tag the share that it has in the targets;
    None without them.
    """
    targets = told.targets
    description = told.description
    if targets is None or description is None or not description.classes or not len(targets):
        return None

    if targets.ndim == 2:
        share = np.clip(targets.mean(axis=0), 1e-9, 1 - 1e-9)
        return float(-(share * np.log(share) + (1 - share) * np.log(1 - share)).mean())

    share = np.bincount(targets.astype(int), minlength=len(description.classes)) / len(targets)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum())


PICTURE = PricePicture
