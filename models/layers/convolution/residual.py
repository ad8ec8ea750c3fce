"""Residual block: convolutions whose output is added to their input (He et al. 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block, BlockError, image_shape
from models.layers.convolution.dirac import DiracConv2d
from models.layers.layer import Layer
from models.layers.normalisation.batch_norm import BatchNorm
from models.receptive_field import ReceptiveField, filter_field
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape


HALVING = {"last": "Last", "before-norm": "Before the norm", "first": "First"}
"""The names on screen, by the values of the setting `halving`."""

FIRST_WEIGHTS = {"random": "At random", "identity": "Channels passed on"}
"""The names on screen, by the values of the setting `first_weights`."""


@BLOCKS.register
class Residual(Block):
    """Residual block (He et al. 2016, arXiv:1512.03385): (C, H, W) -> (channels, H, W).

    With `downsample` the output is (channels, H // 2, W // 2).
    """

    kind: ClassVar[str] = "residual"
    label: ClassVar[str] = "Residual block"
    summary: ClassVar[str] = (
        "Convolutions with a bypass that adds their input to their result, so that depth does not "
        "hurt. When it halves the size, the next block sees twice as far."
    )

    channels: int = setting(
        64, label="Channels", ge=1, le=4096, step=8, help="How many patterns it looks for."
    )
    downsample: bool = setting(
        False, label="Halves the size", help="Keeps the strongest answer of every 2 × 2 places."
    )
    halving: Literal["last", "before-norm", "first"] = setting(
        "last",
        label="Where it halves",
        choices=HALVING,
        advanced=True,
        help="Behind the first convolution, norm and ReLU; before the norm, which then has a "
        "quarter of the places; or before the convolution, which costs a quarter and sees less "
        "detail.",
    )
    first_weights: Literal["random", "identity"] = setting(
        "random",
        label="First weights",
        choices=FIRST_WEIGHTS,
        advanced=True,
        help="How the first convolution begins: with all filters at random; or with a filter for "
        "each channel that passes it on, and the others at random, which learns sooner.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Share of channels that is set to zero while training.",
    )

    def title(self) -> str:
        return f"Residual block · {self.channels}{', halves' if self.downsample else ''}"

    def shape(self, *inputs: Shape) -> Shape:
        _, height, width = image_shape(inputs[0], self.label)
        if not self.downsample:
            return self.channels, height, width
        if min(height, width) < 2:
            raise BlockError(
                f"A picture of {height} × {width} cannot be halved again.",
                "Take fewer blocks, or larger pictures.",
            )

        return self.channels, height // 2, width // 2

    def module(self, *inputs: Shape) -> nn.Module:
        halving = self.halving if self.downsample else None
        passes_on = self.first_weights == "identity"
        return ResidualModule(inputs[0][0], self.channels, halving, self.dropout, passes_on)

    def multiply_adds(self, *inputs: Shape) -> int:
        inputs_each, height, width = inputs[0]
        _, height_after, width_after = self.shape(*inputs)
        places_after = height_after * width_after
        places = places_after if self._pools_first else height * width
        return 9 * self.channels * (places * inputs_each + places_after * self.channels)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        convolution, pool = filter_field(3), filter_field(2, 2)
        if not self.downsample:
            return convolution.then(convolution)

        first = pool.then(convolution) if self._pools_first else convolution.then(pool)
        return first.then(convolution)

    @property
    def _pools_first(self) -> bool:
        return self.downsample and self.halving == "first"


class ResidualModule(Layer):
    """Two convolutions with a bypass: (B, C, H, W) -> (B, channels, H', W').

    With f = relu(batch norm(convolution(.))): where width or size change, y = pool(f(x)) and then
    y + f(y), so that the bypass needs no weights of its own (the layout of D. Page's ResNet-9,
    2018); elsewhere x + f(f(x)).

    halving: where the pool stands that halves the size: "last", which is behind f, "before-norm" or
    "first"; None for none. passes_on: whether the first convolution begins by passing channels on.
    """

    def __init__(
        self,
        inputs: int,
        channels: int,
        halving: str | None,
        dropout: float,
        passes_on: bool = False,
    ) -> None:
        super().__init__()
        convolution = DiracConv2d if passes_on else nn.Conv2d
        first: list[nn.Module] = [
            convolution(inputs, channels, 3, padding=1, bias=False),
            BatchNorm(channels),
            nn.ReLU(inplace=True),
        ]
        if halving is not None:
            place = {"first": 0, "before-norm": 1, "last": 3}[halving]
            first.insert(place, nn.MaxPool2d(2))

        self.first = nn.Sequential(*first)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            BatchNorm(channels),
            nn.ReLU(inplace=True),
        )
        self.dropout = nn.Dropout2d(dropout)
        self.changes_shape = halving is not None or inputs != channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.first(x)
        bypass = first if self.changes_shape else x
        branch: torch.Tensor = self.dropout(self.second(first))
        return bypass + branch
