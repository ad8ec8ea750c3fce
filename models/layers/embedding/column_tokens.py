"""Column tokens: every column of a table row becomes a token, as in the FT-Transformer."""

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


@BLOCKS.register
class ColumnTokens(Block):
    """A row (F,) -> tokens (F, width): the feature tokenizer of Gorishniy et al. 2021.

    A numeric column j with the value x becomes x * W_j + b_j, a category the vector of its value
    plus b_j (arXiv:2106.11959, section 3.3).
    """

    kind: ClassVar[str] = "column-tokens"
    label: ClassVar[str] = "Column tokens"
    summary: ClassVar[str] = (
        "Every column becomes a token: amounts stretch a learned arrow, categories are looked up."
    )

    width: int = setting(
        64, label="Width", unit="numbers", ge=1, le=4096, step=8, help="Numbers per token."
    )
    categories: Categories = setting([], label="Values per category", help=CATEGORIES_HELP)

    def title(self) -> str:
        return f"Column tokens · {self.width}"

    def shape(self, *inputs: Shape) -> Shape:
        numeric_columns(inputs[0], self.categories, self.label)
        return inputs[0][0], self.width

    def module(self, *inputs: Shape) -> nn.Module:
        return ColumnTokensModule(inputs[0][0], self.width, self.categories)


class ColumnTokensModule(Layer):
    """Makes a token of every column: (B, F) -> (B, F, width).

    `directions` (numeric columns, width) are W of the paper, `begins` (F, width) its b.
    """

    undecayed: ClassVar[tuple[str, ...]] = ("directions", "begins")

    def __init__(self, columns: int, width: int, categories: list[int]) -> None:
        super().__init__()
        self.numeric = columns - len(categories)
        self.lookup = CategoryTables(categories, [width] * len(categories)) if categories else None
        self.directions = nn.Parameter(torch.empty(self.numeric, width)) if self.numeric else None
        self.begins = nn.Parameter(torch.empty(columns, width))

        for parameter in (self.directions, self.begins):
            if parameter is not None:
                nn.init.uniform_(parameter, -(width**-0.5), width**-0.5)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Draws uniform values in +-1 / sqrt(width), as the paper's code does."""
        bound = self.begins.shape[1] ** -0.5
        for parameter in (self.directions, self.begins):
            if parameter is not None:
                parameter.uniform_(-bound, bound, generator=generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = []
        if self.directions is not None:
            tokens.append(x[:, : self.numeric, None] * self.directions)
        if self.lookup is not None:
            tokens.append(torch.stack(self.lookup(x[:, self.numeric :]), dim=1))

        if len(tokens) == 1:
            return tokens[0] + self.begins

        return torch.cat(tokens, dim=1) + self.begins
