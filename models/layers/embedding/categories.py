"""Embedding tables for the categories of a table row, and checks of rows that blocks share.

A row is (F,) float: its numeric columns first, then for each category the number of its value.
Number 0 stands for a value that was never seen in training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import torch
from pydantic import Field
from torch import nn

from models.layers.block import BlockError
from models.layers.layer import Layer
from models.shape import Shape, words

if TYPE_CHECKING:
    from collections.abc import Sequence

Categories = list[Annotated[int, Field(ge=1, le=1_000_000)]]
"""How many values each category has."""

CATEGORIES_HELP = (
    "How many values each category has, the unseen one included; the other columns are amounts."
)
"""The help text of a block's setting `categories`."""


class CategoryTables(Layer):
    """Looks up categories: numbers (B, K) as floats -> K tensors (B, width).

    Each category has a table of its own. Numbers are rounded, and what lies outside a table counts
    as unseen, so that no row can break a prediction.
    """

    def __init__(self, categories: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        self.categories = tuple(categories)
        self.tables = nn.ModuleList(
            nn.Embedding(values, width) for values, width in zip(categories, widths, strict=True)
        )

    def forward(self, numbers: torch.Tensor) -> list[torch.Tensor]:
        indices = numbers.float().round().long()

        vectors = []
        for column, table in enumerate(self.tables):
            index = indices[:, column]
            known = (index >= 0) & (index < self.categories[column])
            vectors.append(table(index.where(known, torch.zeros_like(index))))

        return vectors


def numeric_columns(shape: Shape, categories: Sequence[int], label: str) -> int:
    """Returns how many columns of a row are numeric.

    Raises BlockError where the shape is no row or the categories do not fit it.
    """
    if len(shape) != 1:
        raise BlockError(
            f"{label} needs a table row; it is given {words(shape)}.", "Let it read the row itself."
        )
    if len(categories) > shape[0] or any(values < 1 for values in categories):
        raise BlockError(
            f"{len(categories)} categories do not fit a row of {words(shape)}.",
            "Say how many values each one has.",
        )

    return shape[0] - len(categories)
