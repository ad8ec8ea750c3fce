"""Column ablation: what the answer loses where a column has its typical value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from typing_extensions import override

from app.engine.explain.method import Method
from app.engine.explain.parts import RowParts

if TYPE_CHECKING:
    import numpy as np

    from app.engine.explain.example import Example
    from models.shape import InputKind


class ColumnAblation(Method):
    """One column after the other is replaced by what a gap in it would be read as.

    That is the typical number of the training rows, or a category that was never seen. A feature
    gets what the support of the answer lost; "missing" belongs to its column.
    """

    kind: ClassVar[str] = "column-ablation"
    label: ClassVar[str] = "Leaving out columns"
    summary: ClassVar[str] = (
        "Long bars are columns whose value makes the answer surer, or the amount larger; blue ones "
        "do the opposite."
    )
    caution: ClassVar[str] = (
        "Columns that say the same can stand in for each other, so that none of them seems to "
        "matter."
    )
    reads: ClassVar[tuple[InputKind, ...]] = ("row",)
    order: ClassVar[int] = 10

    @override
    def relevance(self, example: Example, half: int) -> np.ndarray:
        parts = RowParts(example, half)
        given = example.inputs[half]
        changed = parts.without(torch.eye(parts.count, dtype=torch.bool))
        lost = example.support_without(half, given) - example.support_without(half, changed)
        return parts.to_map(lost).numpy()


METHOD = ColumnAblation()
