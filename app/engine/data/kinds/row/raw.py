"""Rows outside of this program: one input a column, numbers with NaN for gaps, categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.preparation import RawInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from app.engine.data.kinds.row.column import RowColumn


def raw_inputs_of(columns: Sequence[RowColumn]) -> tuple[RawInput, ...]:
    """Returns an input for each column, in the order of the table; dates are numbers of days."""
    return tuple(
        RawInput(column.name, "int64", words=column.categories)
        if column.role == "category"
        else RawInput(column.name, "float32", unit="days" if column.date else column.unit)
        for column in columns
    )


def rows_to_raw(columns: Sequence[RowColumn], rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Returns (B,) of each column, in the order of the table. rows: (B, F) as a Dataset has them.

    See RowPreparation for the order of the F numbers.
    """
    numbers = [column.name for column in columns if column.role == "number"]
    categories = [column.name for column in columns if column.role == "category"]
    first_category = rows.shape[1] - len(categories)

    return tuple(
        rows[:, first_category + categories.index(column.name)].astype(np.int64)
        if column.role == "category"
        else np.ascontiguousarray(rows[:, numbers.index(column.name)], np.float32)
        for column in columns
    )


def rows_of_raw(columns: Sequence[RowColumn], raw: Sequence[torch.Tensor]) -> torch.Tensor:
    """Returns rows (B, F) as a Dataset has them. raw: (B,) of each column."""
    import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

    pairs = list(zip(columns, raw, strict=True))
    numbers = [values.float() for column, values in pairs if column.role == "number"]
    flags = [
        torch.isnan(values).float()
        for column, values in pairs
        if column.role == "number" and column.flagged
    ]
    categories = [values.float() for column, values in pairs if column.role == "category"]

    return torch.stack([*numbers, *flags, *categories], dim=1)
