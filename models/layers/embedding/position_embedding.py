"""Position embedding: a learned vector for each position, added to the token that stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, token_shape
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class PositionEmbedding(Block):
    """Adds a learned vector for its position to each token: (N, D) -> (N, D)."""

    kind: ClassVar[str] = "position-embedding"
    label: ClassVar[str] = "Position embedding"
    summary: ClassVar[str] = (
        "Adds to each token where it stands; attention by itself would see a bag of patches."
    )

    columns: int = setting(
        1,
        label="Tokens per row",
        ge=1,
        le=4096,
        help="Where the next row of the picture begins; 1 for a sequence.",
    )
    scale: float = setting(
        1.0,
        label="Strength",
        gt=0.0,
        le=10.0,
        step=0.1,
        advanced=True,
        help="How large they are at first; for a text less, as its tokens begin small.",
    )

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        if count % self.columns:
            raise BlockError(
                f"{count} tokens do not make rows of {self.columns}.",
                f"Set 'Tokens per row' to a number that divides {count}.",
            )

        return count, width

    def module(self, *inputs: Shape) -> nn.Module:
        count, width = token_shape(inputs[0], self.label)
        return PositionEmbeddingModule(count // self.columns, self.columns, width, self.scale)


class PositionEmbeddingModule(Layer):
    """Adds a learned vector to each token: (B, N, D) -> (B, N, D).

    N is rows * columns. The vectors begin as sines and cosines of row and column and are learned
    from there.
    """

    undecayed: ClassVar[tuple[str, ...]] = ("positions",)

    def __init__(self, rows: int, columns: int, width: int, scale: float = 1.0) -> None:
        super().__init__()
        self.rows = rows
        self.columns = columns
        self.scale = scale
        self.positions = nn.Parameter(scale * sinusoidal_positions(rows, columns, width))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:  # noqa: ARG002 - of all modules
        width = self.positions.shape[-1]
        start = sinusoidal_positions(self.rows, self.columns, width, self.positions.device)
        self.positions.copy_(self.scale * start)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.positions


def sinusoidal_positions(
    rows: int, columns: int, width: int, device: torch.device | None = None
) -> torch.Tensor:
    """Returns sines and cosines of row and column: (1, rows * columns, D).

    Their wavelengths grow; each of the four takes a quarter of the width D. Neighbours get similar
    vectors, so that attention knows what is near from the start (Vaswani et al. 2017, section 3.5;
    in two dimensions as in Beyer et al. 2022, arXiv:2205.01580).
    """
    quarter = -(-width // 4)
    frequencies = 10_000.0 ** -(torch.arange(quarter, device=device) / max(1, quarter))
    row = torch.arange(rows, device=device)[:, None, None] * frequencies
    column = torch.arange(columns, device=device)[None, :, None] * frequencies

    waves = [
        wave.expand(rows, columns, quarter)
        for wave in (row.sin(), row.cos(), column.sin(), column.cos())
    ]

    return torch.cat(waves, 2)[:, :, :width].reshape(1, rows * columns, width)
