"""Darker and lighter pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.robustness.disturbance import Disturbance

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from models.shape import InputKind


class Brightness(Disturbance):
    """Every tone is multiplied; what gets brighter than white is white."""

    kind: ClassVar[str] = "brightness"
    label: ClassVar[str] = "Brightness"
    reads: ClassVar[tuple[InputKind, ...]] = ("image",)
    unit: ClassVar[str] = "times as bright"
    levels: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.5, 2.0, 3.0)
    neutral: ClassVar[float] = 1.0
    order: ClassVar[int] = 30

    @override
    def apply(
        self,
        examples: np.ndarray,
        preparation: Preparation,
        level: float,
        generator: np.random.Generator,
    ) -> np.ndarray:
        white = np.iinfo(examples.dtype).max
        brighter = examples.astype(np.float32) * level
        return brighter.round().clip(0, white).astype(examples.dtype)


DISTURBANCE = Brightness()
