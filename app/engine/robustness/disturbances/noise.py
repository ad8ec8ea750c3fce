"""Noise on pictures, signals and numbers of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.robustness.disturbance import Disturbance

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from models.shape import InputKind


class Noise(Disturbance):
    """Normal noise; its deviation is a share of the one that the values had in training."""

    kind: ClassVar[str] = "noise"
    label: ClassVar[str] = "Noise"
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "signal", "row")
    unit: ClassVar[str] = "of the deviation in training"
    levels: ClassVar[tuple[float, ...]] = (0.1, 0.25, 0.5, 1.0, 2.0)
    order: ClassVar[int] = 10

    @override
    def unfit(self, preparation: Preparation) -> str:
        if isinstance(preparation, RowPreparation) and not preparation.amounts:
            return "The rows have no numbers."

        return ""

    @override
    def apply(
        self,
        examples: np.ndarray,
        preparation: Preparation,
        level: float,
        generator: np.random.Generator,
    ) -> np.ndarray:
        noise = generator.normal(scale=level, size=examples.shape).astype(np.float32)
        if isinstance(preparation, ImagePreparation):
            white = np.iinfo(examples.dtype).max
            deviation = np.array(preparation.std, np.float32).reshape(1, -1, 1, 1) * white
            tones: np.ndarray = (examples + noise * deviation).round().clip(0, white)
            return tones.astype(examples.dtype)

        if isinstance(preparation, RowPreparation):
            noisy = examples.copy()
            stds = np.array([column.std for column in preparation.amounts], np.float32)
            noisy[:, : len(stds)] += noise[:, : len(stds)] * stds
            return noisy

        assert isinstance(preparation, SignalPreparation)
        deviations = np.array(preparation.std, np.float32).reshape(1, -1, 1)
        values: np.ndarray = examples + noise * deviations
        return values.astype(np.float32)


DISTURBANCE = Noise()
