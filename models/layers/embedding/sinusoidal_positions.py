"""Sinusoidal positions: fixed waves that tell each token where it stands (Vaswani et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch

from models.layers.block import BLOCKS, Block, BlockError, token_shape
from models.layers.embedding.position_embedding import sinusoidal_positions
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    from torch import nn

    from models.shape import Shape


@BLOCKS.register
class SinusoidalPositions(Block):
    """Adds sines and cosines of its position to each token: (N, D) -> (N, D).

    They are not learned (arXiv:1706.03762, section 3.5). `position-embedding` begins with the same.
    """

    kind: ClassVar[str] = "sinusoidal-positions"
    label: ClassVar[str] = "Sinusoidal positions"
    summary: ClassVar[str] = (
        "Adds fixed sine waves to each token that tell where it stands; nothing of them is learned."
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
        help="How large they are; of a text less, as its tokens begin small.",
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
        count, width = inputs[0]
        return SinusoidalPositionsModule(count // self.columns, self.columns, width, self.scale)


class SinusoidalPositionsModule(Layer):
    """Adds fixed waves to each token: (B, N, D) -> (B, N, D).

    The tokens stand row by row: N = rows * columns.
    """

    positions: torch.Tensor

    def __init__(self, rows: int, columns: int, width: int, scale: float = 1.0) -> None:
        super().__init__()
        self.rows = rows
        self.columns = columns
        self.scale = scale
        self.register_buffer("positions", scale * sinusoidal_positions(rows, columns, width))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:  # noqa: ARG002 - of all modules
        width = self.positions.shape[-1]
        waves = sinusoidal_positions(self.rows, self.columns, width, self.positions.device)
        self.positions.copy_(self.scale * waves)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.positions
