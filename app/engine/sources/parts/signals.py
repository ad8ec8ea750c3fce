"""Signals as inputs, of one length already.

Mean and spread of each channel are fitted on the training signals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.fingerprints import fingerprints
from app.engine.data.kinds.signal.preparation import SignalPreparation, statistics
from app.engine.errors import UserError
from app.engine.sources.loaded import Part

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation


class SignalPart(Part):
    """Signals that are read and not fitted.

    values: (N, C, L) float32, finite. rate: samples a second, where it is known.
    """

    def __init__(self, values: np.ndarray, rate: float | None = None) -> None:
        self.values = np.ascontiguousarray(values, np.float32)
        self.rate = rate

    def __len__(self) -> int:
        return len(self.values)

    def fit(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        _, channels, length = self.values.shape
        mean, std = statistics(self.values, training)
        return self.values, SignalPreparation(channels, length, self.rate, mean, std)

    def encode(self, preparation: Preparation) -> np.ndarray:
        if not isinstance(preparation, SignalPreparation):
            raise UserError(
                "The network was not trained on signals, but these data are.",
                "Choose other data.",
                "data.source",
            )

        rate = self.rate if self.rate is not None else preparation.rate
        if (
            self.values.shape[1:] == (preparation.channels, preparation.length)
            and rate == preparation.rate
        ):
            return self.values

        try:
            return np.stack([preparation.conform(signal, rate) for signal in self.values])
        except UserError as error:
            raise UserError(error.what, error.remedy, "data.source") from error

    def fingerprints(self) -> np.ndarray:
        return fingerprints(self.values)
