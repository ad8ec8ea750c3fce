"""Rows with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.robustness.disturbance import Disturbance

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from models.shape import InputKind


class MissingColumns(Disturbance):
    """In every row a random share of the columns, rounded up, has no value."""

    kind: ClassVar[str] = "missing-columns"
    label: ClassVar[str] = "Missing values"
    reads: ClassVar[tuple[InputKind, ...]] = ("row",)
    unit: ClassVar[str] = "of the columns"
    levels: ClassVar[tuple[float, ...]] = (0.1, 0.25, 0.5, 0.75)
    order: ClassVar[int] = 40

    @override
    def apply(
        self,
        examples: np.ndarray,
        preparation: Preparation,
        level: float,
        generator: np.random.Generator,
    ) -> np.ndarray:
        assert isinstance(preparation, RowPreparation)
        amounts, categories = len(preparation.amounts), len(preparation.categories)
        count = amounts + categories
        gaps = generator.random((len(examples), count)).argsort(1) < np.ceil(level * count)

        disturbed = examples.copy()
        disturbed[:, :amounts][gaps[:, :amounts]] = np.nan
        disturbed[:, examples.shape[1] - categories :][gaps[:, amounts:]] = 0
        flagged = [place for place, column in enumerate(preparation.amounts) if column.flagged]
        for flag, place in enumerate(flagged):
            disturbed[gaps[:, place], amounts + flag] = 1

        return disturbed


DISTURBANCE = MissingColumns()
