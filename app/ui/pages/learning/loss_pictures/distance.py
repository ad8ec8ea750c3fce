"""L1 against L2: what an error costs, and which single answer each likes beside an outlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider

from app.engine.learning.loss import LOSSES, Loss
from app.engine.text import number_text
from app.ui.pages.learning.loss_pictures.base import LossContext, LossPicture
from app.ui.pages.learning.loss_pictures.outlier import OutlierStrip
from app.ui.plots.curves.loss_over_error import REACH, ROLES, LossOverErrorPlot

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

STEPS = 200
ADVICE = (
    "Errors matter in proportion: L1. Large errors matter most: L2. Huber is L2 for small errors "
    "and L1 for large."
)


class DistancePicture(LossPicture):
    """The curves in the unit of the target; below, some targets with an outlier to drag."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.plot = LossOverErrorPlot(theme)
        self.strip = OutlierStrip(theme)
        self.plot.setAccessibleName("What an error costs, by loss")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setValue(STEPS * 4 // 5)
        self.slider.setObjectName("learning.outlier")
        self.slider.setAccessibleName("Move the outlier")
        self.slider.setToolTip("Moves the outlier: see which answer follows it.")

        for widget in (self.plot, self.strip, self.slider):
            self.column.addWidget(widget)

        self.finish()
        self._loss: Loss | None = None
        self._values = np.zeros(0)
        self._std = 1.0
        self._unit = ""
        self.slider.valueChanged.connect(lambda _: self._show_answers())
        self.strip.moved.connect(self._dragged)

    def show_loss(self, loss: Loss, context: LossContext) -> None:
        self.plot.setFixedHeight(self.theme.px(150))
        self._loss = loss

        amounts = context.description.amounts if context.description is not None else ()
        if amounts and context.targets is not None and len(context.targets):
            self._values = context.targets[:, 0].astype(float)
            self._std = amounts[0].std
            self._unit = amounts[0].unit
        else:  # a copy is restored: its values have mean 0 and standard deviation 1
            self._values = np.zeros(0)
            self._std = 1.0
            self._unit = ""

        self.strip.setVisible(len(self._values) > 1)
        self.slider.setVisible(len(self._values) > 1)
        errors = np.linspace(-REACH * self._std, REACH * self._std, 241)
        curves = {
            short(loss_): curve
            for loss_ in self._losses()
            if (curve := loss_.curve(errors / self._std)) is not None
        }

        self.plot.show_curves(curves, errors, short(loss), self._unit)
        self._show_answers()

    def _losses(self) -> list[Loss]:
        """Returns all losses of a distance, the chosen one with its settings."""
        assert self._loss is not None
        kinds = [kind for kind in LOSSES.all() if kind.picture == "distance"]
        return [self._loss if kind is type(self._loss) else kind() for kind in kinds][: len(ROLES)]

    def _range(self) -> tuple[float, float]:
        low = float(self._values.min())
        high = float(self._values.max())
        return low, high + 2 * max(high - low, self._std)

    def _dragged(self, value: float) -> None:
        low, high = self._range()
        self.slider.setValue(round((value - low) / max(high - low, 1e-12) * STEPS))

    def _show_answers(self) -> None:
        if self._loss is None or len(self._values) < 2:
            self.below.setText(ADVICE)
            return

        low, high = self._range()
        outlier = low + self.slider.value() / STEPS * (high - low)
        shown = np.sort(self._values)[:: max(1, len(self._values) // 20)]
        with_outlier = np.append(shown, outlier)
        answers = [
            (short(loss), best_answer(loss, with_outlier, self._std), role)
            for loss, role in zip(self._losses(), ROLES, strict=False)
        ]

        self.strip.show_values(shown, outlier, answers, low, high)
        without = {short(loss): best_answer(loss, shown, self._std) for loss in self._losses()}
        pulls = ", ".join(
            f"{name} by {number_text(abs(value - without[name]))}" for name, value, _ in answers
        )
        self.below.setText(
            f"{len(shown)} of your own targets and one outlier (red, drag it). If only one answer "
            "were allowed for all, the outlier would move the best one: "
            f"{pulls}{' ' + self._unit if self._unit else ''}. {ADVICE}"
        )


def short(loss: Loss) -> str:
    """Returns the name of a loss without what stands in brackets: "L1"."""
    return loss.label.split(" (")[0]


def best_answer(loss: Loss, values: np.ndarray, std: float) -> float:
    """Returns the one answer for all of these (n,) values that costs least.

    It is found on ever finer grids.
    """
    low = float(values.min())
    high = float(values.max())

    best = low
    for _ in range(4):
        grid = np.linspace(low, high, 101)
        prices = loss.curve((values[None] - grid[:, None]) / std)

        assert prices is not None

        best = float(grid[int(prices.sum(axis=1).argmin())])
        step = (high - low) / 100
        low = best - step
        high = best + step

    return best


PICTURE = DistancePicture
