"""Periodic columns: amounts with waves of themselves, categories one-hot or looked up."""

from __future__ import annotations

import math
import statistics
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
    from collections.abc import Sequence

    from models.shape import Shape

MOST_ONE_HOT = 9
"""Values up to which a category is one-hot; of more it has a vector."""

VECTOR_SPEED = 16.0
"""How many times as far as other weights a step of Adam moves the vectors of categories."""

LIMIT = 3.0
"""What standardised amounts approach, however far out they are."""

BIN_SPEED = 4.0
"""How many times as far as other weights a step of Adam moves what is made of bins."""


@BLOCKS.register
class PeriodicColumns(Block):
    """A row (F,) -> (F',): the first layer of RealMLP (Holzmüller et al. 2024, arXiv:2407.04491).

    An amount x is clipped smoothly, x / sqrt(1 + (x / 3)^2), and stands beside `width` - 1 linear
    sums of its waves cos(2 pi (f x + p)) with learned f and p, and of its bins: of each, how much
    of it lies below x, from 0 to 1 (piecewise linear encoding; both of Gorishniy et al. 2022,
    arXiv:2203.05556). There bins have as many examples each; here they would, if amounts were
    normally distributed. A category of up to 9 values is one-hot, others are vectors of `vector`
    numbers.
    """

    kind: ClassVar[str] = "periodic-columns"
    label: ClassVar[str] = "Periodic columns"
    summary: ClassVar[str] = (
        "Gives each amount some waves and bins of itself, so that steps and bends are easy to "
        "learn; categories are marked or looked up."
    )

    width: int = setting(
        4,
        label="Width",
        unit="numbers an amount",
        ge=1,
        le=256,
        help="How many numbers an amount becomes, itself included; 1 for no waves and bins.",
    )
    waves: int = setting(
        16, label="Waves", unit="an amount", ge=1, le=256, help="Waves of each amount."
    )
    frequency: float = setting(
        0.1,
        label="Frequency",
        unit="waves a deviation",
        gt=0.0,
        le=100.0,
        logarithmic=True,
        help="How fine the waves are at first; finer ones can learn more, also what is chance.",
    )
    bins: int = setting(
        0,
        label="Bins",
        unit="an amount",
        ge=0,
        le=1024,
        help="Into how many pieces the range of an amount is divided: the finer, the sharper can "
        "steps be; 0 for none.",
    )
    vector: int = setting(
        8,
        label="Vector",
        unit="numbers a category",
        ge=1,
        le=256,
        help="How many numbers a category of more than 9 values becomes.",
    )
    categories: Categories = setting([], label="Values per category", help=CATEGORIES_HELP)

    def title(self) -> str:
        return f"{self.label} · {self.width} an amount"

    def shape(self, *inputs: Shape) -> Shape:
        numeric = numeric_columns(inputs[0], self.categories, self.label)
        few, many = parted(self.categories)
        marks = sum(self.categories[index] - 1 for index in few)
        return (numeric * self.width + marks + self.vector * len(many),)

    def module(self, *inputs: Shape) -> nn.Module:
        return PeriodicColumnsModule(
            inputs[0][0],
            self.width,
            self.waves,
            self.frequency,
            self.categories,
            self.bins,
            self.vector,
        )

    def multiply_adds(self, *inputs: Shape) -> int:
        numeric = inputs[0][0] - len(self.categories)
        return numeric * (self.waves + self.bins) * (self.width - 1)


def parted(categories: Sequence[int]) -> tuple[list[int], list[int]]:
    """Returns which categories are one-hot, and which are vectors."""
    few = [index for index, values in enumerate(categories) if values - 1 <= MOST_ONE_HOT]
    return few, [index for index in range(len(categories)) if index not in few]


def edges_of_bins(bins: int) -> list[float]:
    """Returns where bins begin and end: `bins` + 1 numbers, clipped as amounts are.

    A normally distributed amount lies in each bin as often, half as often below or above all.
    """
    normal = statistics.NormalDist()
    ends = [normal.inv_cdf((place + 0.5) / (bins + 1)) for place in range(bins + 1)]
    return [end / math.sqrt(1 + (end / LIMIT) ** 2) for end in ends]


class PeriodicColumnsModule(Layer):
    """Gives amounts waves and bins, categories marks or vectors: (B, F) -> (B, F').

    `frequencies` and `phases` are (columns, waves), `weight` (columns, waves, width - 1),
    `bin_weight` (columns, bins, width - 1), `offsets` (columns, width - 1), `starts` and `lengths`
    (bins,).
    """

    undecayed: ClassVar[tuple[str, ...]] = ("frequencies", "phases", "offsets")
    keeps_more: ClassVar[bool] = True

    starts: torch.Tensor
    lengths: torch.Tensor

    def __init__(
        self,
        columns: int,
        width: int,
        waves: int,
        frequency: float,
        categories: list[int],
        bins: int = 0,
        vector: int = 8,
    ) -> None:
        super().__init__()
        self.numeric = columns - len(categories)
        self.frequency = frequency
        self.categories = tuple(categories)
        self.few, self.many = parted(categories)
        self.lookup = None
        if self.many:
            values = [categories[index] for index in self.many]
            self.lookup = CategoryTables(values, [vector] * len(values))

        self.has_waves = self.numeric > 0 and width > 1
        self.bins = bins if self.has_waves else 0
        if self.bins:
            self.bin_weight = nn.Parameter(torch.empty(self.numeric, bins, width - 1))
            nn.init.uniform_(self.bin_weight, -(bins**-0.5) / BIN_SPEED, bins**-0.5 / BIN_SPEED)
            self.register_buffer("starts", torch.empty(bins))
            self.register_buffer("lengths", torch.empty(bins))
            self._place_bins()

        if self.has_waves:
            self.frequencies = nn.Parameter(torch.empty(self.numeric, waves))
            self.phases = nn.Parameter(torch.empty(self.numeric, waves))
            self.weight = nn.Parameter(torch.empty(self.numeric, waves, width - 1))
            self.offsets = nn.Parameter(torch.empty(self.numeric, width - 1))
            nn.init.normal_(self.frequencies, std=frequency)
            for parameter in (self.phases, self.weight, self.offsets):
                nn.init.uniform_(parameter, -(waves**-0.5), waves**-0.5)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Draws normal frequencies, phases of a whole turn, and sums by the number of waves."""
        if self.has_waves:
            bound = self.frequencies.shape[1] ** -0.5
            self.frequencies.normal_(std=self.frequency, generator=generator)
            self.phases.uniform_(-0.5, 0.5, generator=generator)
            self.weight.uniform_(-bound, bound, generator=generator)
            self.offsets.uniform_(-bound, bound, generator=generator)
        if self.bins:
            bound = self.bins**-0.5 / BIN_SPEED
            self.bin_weight.uniform_(-bound, bound, generator=generator)
            self._place_bins()

    def _place_bins(self) -> None:
        edges = torch.tensor(edges_of_bins(self.bins), device=self.starts.device)
        self.starts.copy_(edges[:-1])
        self.lengths.copy_(edges[1:] - edges[:-1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        amounts = x[:, : self.numeric]
        amounts = amounts * torch.rsqrt(1 + (amounts / LIMIT).square())
        parts = [amounts]
        if self.has_waves:
            turns = amounts[:, :, None] * self.frequencies + self.phases
            waves = torch.cos(2 * math.pi * turns)
            # Column by column a product of matrices: (columns, B, waves) x (columns, waves, sums).
            sums = torch.bmm(waves.transpose(0, 1), self.weight) + self.offsets[:, None]
            if self.bins:
                places = (amounts[:, :, None] - self.starts) / self.lengths
                below = places.clamp(0, 1).transpose(0, 1) - 0.5
                sums = sums + BIN_SPEED * torch.bmm(below, self.bin_weight)

            parts.append(sums.transpose(0, 1).flatten(1))

        codes = x[:, self.numeric :].float().round()
        for index in self.few:
            values = torch.arange(1, self.categories[index], device=x.device)
            parts.append((codes[:, index, None] == values).to(amounts.dtype))

        if self.lookup is not None:
            parts += [VECTOR_SPEED * vector for vector in self.lookup(codes[:, self.many])]

        return torch.cat(parts, dim=1)
