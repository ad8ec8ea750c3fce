"""Table rows: amounts and categories become numbers or tokens that a network can work with.

A row is (F,) float: its amounts first, then one number per category that says which value it has, 0
being one that was never seen in training. A number outside the known values counts as unseen.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, Impossible
from models.shape import Shape, words
from models.spec import setting

_CATEGORIES = (
    "How many values each category has, the unseen one included; the other columns are amounts."
)


def embedding_width(values: int) -> int:
    """Numbers that stand for a category of so many values: grows slowly, 16 at most."""
    return min(16, max(2, round(1.6 * values**0.56 / 2)))


class Lookup(nn.Module):
    """Category numbers (B, K) as floats -> a list of K tensors (B, width): a table for each
    category.

    Numbers are read with rounding and kept within the table, so that no row can break a prediction.
    """

    def __init__(self, categories: list[int], widths: list[int]) -> None:
        super().__init__()
        self.tables = nn.ModuleList(
            nn.Embedding(*size) for size in zip(categories, widths, strict=True)
        )

    def forward(self, numbers: torch.Tensor) -> list[torch.Tensor]:
        known = numbers.float().round().long()
        found = []
        for place, table in enumerate(self.tables):
            one = known[:, place]
            assert isinstance(table, nn.Embedding)
            found.append(
                table(one.where((one >= 0) & (one < table.num_embeddings), torch.zeros_like(one)))
            )

        return found


@BLOCKS.register
class Columns(Block):
    """(F,) -> (F',): the amounts as they are, and for each category the numbers that it learned for
    the value.
    """

    kind: ClassVar[str] = "columns"
    label: ClassVar[str] = "Columns"
    summary: ClassVar[str] = (
        "Passes amounts on as they are and looks up a short list of numbers for each category."
    )

    categories: list[int] = setting([], label="Values per category", help=_CATEGORIES)

    def title(self) -> str:
        count = len(self.categories)
        return (
            f"Columns · {count} {'category' if count == 1 else 'categories'}"
            if count
            else "Columns"
        )

    def shape(self, *inputs: Shape) -> Shape:
        numbers = _row(inputs[0], self.categories, self.label)
        return (numbers + sum(embedding_width(values) for values in self.categories),)

    def module(self, *inputs: Shape) -> nn.Module:
        return ColumnsModule(self.categories) if self.categories else nn.Identity()


class ColumnsModule(nn.Module):
    """(B, F) -> (B, F')."""

    def __init__(self, categories: list[int]) -> None:
        super().__init__()
        self.count = len(categories)
        self.lookup = Lookup(categories, [embedding_width(values) for values in categories])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x[:, : -self.count], *self.lookup(x[:, -self.count :])], dim=1)


@BLOCKS.register
class FeatureTokens(Block):
    """(F,) -> (F, width): column j with amount x becomes x * W_j + b_j, a category what it learned
    for the value plus b_j (Gorishniy et al. 2021, arXiv:2106.11959).
    """

    kind: ClassVar[str] = "feature-tokens"
    label: ClassVar[str] = "Columns as tokens"
    summary: ClassVar[str] = (
        "Every column becomes a token: amounts stretch a learned arrow, categories are looked up."
    )

    width: int = setting(
        64, label="Width", unit="numbers", ge=1, le=4096, step=8, help="Numbers per token."
    )
    categories: list[int] = setting([], label="Values per category", help=_CATEGORIES)

    def title(self) -> str:
        return f"Columns as tokens · {self.width}"

    def shape(self, *inputs: Shape) -> Shape:
        _row(inputs[0], self.categories, self.label)
        return inputs[0][0], self.width

    def module(self, *inputs: Shape) -> nn.Module:
        return FeatureTokensModule(inputs[0][0], self.width, self.categories)


class FeatureTokensModule(nn.Module):
    """(B, F) -> (B, F, width)."""

    undecayed: ClassVar[tuple[str, ...]] = ("directions", "begins")

    def __init__(self, columns: int, width: int, categories: list[int]) -> None:
        super().__init__()
        self.numbers = columns - len(categories)
        self.lookup = Lookup(categories, [width] * len(categories)) if categories else None
        self.directions = nn.Parameter(torch.zeros(self.numbers, width)) if self.numbers else None
        self.begins = nn.Parameter(torch.zeros(columns, width))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Uniform in +-1 / sqrt(width), as in the paper's code."""
        bound = self.begins.shape[1] ** -0.5
        for parameter in (self.directions, self.begins):
            if parameter is not None:
                parameter.uniform_(-bound, bound, generator=generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = []
        if self.directions is not None:
            parts.append(x[:, : self.numbers, None] * self.directions)
        if self.lookup is not None:
            parts.append(torch.stack(self.lookup(x[:, self.numbers :]), dim=1))

        return torch.cat(parts, dim=1) + self.begins if len(parts) > 1 else parts[0] + self.begins


def _row(shape: Shape, categories: list[int], label: str) -> int:
    """How many of the columns are amounts. Raises Impossible."""
    if len(shape) != 1:
        raise Impossible(
            f"{label} needs a table row; it is given {words(shape)}.", "Let it read the row itself."
        )
    if len(categories) > shape[0] or any(values < 1 for values in categories):
        raise Impossible(
            f"{len(categories)} categories do not fit a row of {words(shape)}.",
            "Say how many values each one has.",
        )

    return shape[0] - len(categories)
