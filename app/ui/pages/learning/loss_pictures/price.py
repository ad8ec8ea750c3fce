"""The loss over the probability given to the truth: cross-entropy, for one class or each tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.text import number_text
from app.ui.pages.learning.loss_pictures.base import LossContext, LossPicture
from app.ui.plots.curves.loss_over_probability import LossOverProbabilityPlot
from app.ui.text.words import are_shares

if TYPE_CHECKING:
    from app.engine.learning.loss import Loss
    from app.ui.style.theme import Theme


class PricePicture(LossPicture):
    """The curve; on it, as dots, what the run that is shown gave to the truth of its probe set."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.plot = LossOverProbabilityPlot(theme)
        self.plot.setAccessibleName(
            "The cost of an answer by the probability that it gave to the truth"
        )
        self.column.addWidget(self.plot)
        self.finish()

    def show_loss(self, loss: Loss, context: LossContext) -> None:
        self.plot.setFixedHeight(self.theme.px(190))
        given = truths(context)
        # Each tag is a question of its own: yes or no.
        targets = context.targets
        tags = targets is not None and targets.ndim == 2 and not are_shares(targets)
        self.plot.show_loss(loss, 2 if tags else max(2, context.outputs), given)

        text = "What one answer costs, by the probability that it gave to the truth."
        if len(given):
            text += f" The dots are {len(given):,} answers of the run that is shown."

        price = by_frequency(context)
        if price is not None:
            text += (
                " Always answering with the frequencies in your data would cost "
                f"{number_text(price, 2)}."
            )

        self.below.setText(text)


def truths(context: LossContext) -> np.ndarray:
    """Returns (n,) probabilities that the last run gave to the truth.

    Empty where the network predicts something else.
    """
    predictions = context.predictions
    targets = context.probe_targets

    classes = len(context.description.classes) if context.description is not None else 0
    if (
        predictions is None
        or targets is None
        or predictions.ndim != 2
        or not classes
        or predictions.shape[1] != classes
    ):
        return np.zeros(0)
    if targets.ndim == 2 and are_shares(targets):
        return np.zeros(0)  # there is no one truth
    if targets.ndim == 2:
        return np.where(targets > 0, predictions, 1 - predictions).ravel()

    given: np.ndarray = predictions[np.arange(len(predictions)), targets.astype(int)]
    return given


def by_frequency(context: LossContext) -> float | None:
    """Returns the mean loss, in nats, of giving each class or tag its share in the targets.

    None without targets.
    """
    targets = context.targets
    description = context.description
    if targets is None or description is None or not description.classes or not len(targets):
        return None

    if targets.ndim == 2 and are_shares(targets):
        share = targets.mean(axis=0)
        share = share[share > 0]
        return float(-(share * np.log(share)).sum())

    if targets.ndim == 2:
        share = np.clip(targets.mean(axis=0), 1e-9, 1 - 1e-9)
        return float(-(share * np.log(share) + (1 - share) * np.log(1 - share)).mean())

    share = np.bincount(targets.astype(int), minlength=len(description.classes)) / len(targets)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum())


PICTURE = PricePicture
