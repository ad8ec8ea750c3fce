"""From margins to a score of how suspicious a label is.

The area under the margin (AUM, Pleiss et al. 2020, arXiv:2001.10528) decides. Forgetting events
(Toneva et al. 2019, arXiv:1812.05159) and the loss of the last epoch order what is as good as equal
by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from app.engine.runs.margins.margin_files import MarginSums

TIE_SHARE = 0.05
"""What forgetting and loss may add, as a share of the usual size of an area."""

USUAL_ERRORS = 4.0
"""An amount that is off by so many times the usual error has the score 0.5."""


def label_scores(sums: MarginSums, is_amount: bool) -> np.ndarray:
    """Returns how suspicious each label is: (n,) float32, 0 to 1.

    Above 0.5 the network has spoken against the label more than for it; an amount is then off by
    more than USUAL_ERRORS times the usual error.

    is_amount: whether the margins are those of amounts, minus a squared error.
    """
    area = sums.area.astype(float)
    if is_amount:
        error = np.sqrt(np.maximum(0.0, -area))
        usual = float(np.median(error)) or float(error.mean()) or 1.0
        return _sigmoid(error / usual - USUAL_ERRORS)

    size = float(np.median(np.abs(area))) or 1.0
    ties = _share(sums.forgotten) + _share(sums.loss)
    return _sigmoid(-area / size + TIE_SHARE * (ties - 1) * (area > -size))


def _share(values: np.ndarray) -> np.ndarray:
    """Returns values of 0 and more as shares of the largest: (n,) 0 to 1."""
    values = np.nan_to_num(values.astype(float), posinf=0.0)
    largest = float(values.max(initial=0.0))
    return values / largest if largest > 0 else np.zeros(len(values))


def _sigmoid(values: np.ndarray) -> np.ndarray:
    bounded = np.clip(values, -60, 60)
    scores: np.ndarray = (1 / (1 + np.exp(-bounded))).astype(np.float32)
    return scores
