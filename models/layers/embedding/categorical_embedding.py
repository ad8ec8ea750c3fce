"""Categorical embedding: the categories of a table row become vectors beside its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block
from models.layers.embedding.categories import (
    CATEGORIES_HELP,
    Categories,
    CategoryTables,
    numeric_columns,
)
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


def embedding_width(values: int) -> int:
    """Returns the width for a category with so many values, from 2 to 16."""
    width: int = round(1.6 * values**0.56 / 2)
    return min(16, max(2, width))


@BLOCKS.register
class CategoricalEmbedding(Block):
    """A row (F,) -> (F',): numeric columns as they are, then the vectors of all categories.

    These are entity embeddings (Guo & Berkhahn 2016, arXiv:1604.06737).
    """

    kind: ClassVar[str] = "categorical-embedding"
    label: ClassVar[str] = "Categorical embedding"
    summary: ClassVar[str] = (
        "Passes amounts on as they are and looks up a short list of numbers for each category."
    )

    categories: Categories = setting([], label="Values per category", help=CATEGORIES_HELP)

    def title(self) -> str:
        count = len(self.categories)
        if not count:
            return self.label

        return f"{self.label} · {count} {'category' if count == 1 else 'categories'}"

    def shape(self, *inputs: Shape) -> Shape:
        numeric = numeric_columns(inputs[0], self.categories, self.label)
        return (numeric + sum(embedding_width(values) for values in self.categories),)

    def module(self, *inputs: Shape) -> nn.Module:  # noqa: ARG002 - of every block
        return CategoricalEmbeddingModule(self.categories) if self.categories else nn.Identity()


class CategoricalEmbeddingModule(Layer):
    """Keeps numbers and looks up a vector for each category: (B, F) -> (B, F')."""

    def __init__(self, categories: list[int]) -> None:
        super().__init__()
        self.count = len(categories)
        self.lookup = CategoryTables(categories, [embedding_width(values) for values in categories])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        numbers = x[:, : -self.count]
        return torch.cat([numbers, *self.lookup(x[:, -self.count :])], dim=1)
