"""Texts of which only the beginning is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.robustness.disturbance import Disturbance

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from models.shape import InputKind


class CutTexts(Disturbance):
    """Of every text only a share of its tokens is read, at least one."""

    kind: ClassVar[str] = "cut-texts"
    label: ClassVar[str] = "Cut off"
    reads: ClassVar[tuple[InputKind, ...]] = ("text",)
    unit: ClassVar[str] = "of the text cut off"
    levels: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 0.9)
    order: ClassVar[int] = 60

    @override
    def apply(
        self,
        examples: np.ndarray,
        preparation: Preparation,
        level: float,
        generator: np.random.Generator,
    ) -> np.ndarray:
        lengths = (examples != 0).sum(1)
        kept = np.maximum(1, np.ceil(lengths * (1 - level))).astype(int)
        return np.where(np.arange(examples.shape[1]) < kept[:, None], examples, 0).astype(
            examples.dtype
        )


DISTURBANCE = CutTexts()
