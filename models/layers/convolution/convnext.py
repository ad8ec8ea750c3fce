"""ConvNeXt block: a large depthwise filter, then a linear bottleneck (Liu et al. 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, image_shape
from models.layers.layer import Layer
from models.receptive_field import ReceptiveField, filter_field
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape

FIRST_SCALE = 0.1
"""How much of a branch is added at first."""


@BLOCKS.register
class ConvNeXt(Block):
    """ConvNeXt block: (C, H, W) -> (C, H, W) (Liu et al. 2022, arXiv:2201.03545, figure 4)."""

    kind: ClassVar[str] = "convnext"
    label: ClassVar[str] = "ConvNeXt block"
    summary: ClassVar[str] = (
        "A large filter per channel looks around, then two linear layers mix the channels at each "
        "place; the result is added to what came in."
    )

    kernel_size: int = setting(
        7, label="Filter size", unit="pixels", ge=3, le=15, step=2, help="How far it looks around."
    )
    expansion: int = setting(
        4,
        label="Expansion",
        unit="times the width",
        ge=1,
        le=8,
        advanced=True,
        help="How much wider the inner layer is.",
    )
    stochastic_depth: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Share of examples for which the block is skipped while training.",
    )

    def title(self) -> str:
        return f"ConvNeXt block {self.kernel_size}×{self.kernel_size}"

    def shape(self, *inputs: Shape) -> Shape:
        return image_shape(inputs[0], self.label)

    def module(self, *inputs: Shape) -> nn.Module:
        return ConvNeXtModule(inputs[0][0], self.kernel_size, self.expansion, self.stochastic_depth)

    def multiply_adds(self, *inputs: Shape) -> int:
        channels, height, width = inputs[0]
        per_place = channels * self.kernel_size**2 + 2 * self.expansion * channels**2
        return height * width * per_place

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return filter_field(self.kernel_size)


class ConvNeXtModule(Layer):
    """A depthwise filter, then a linear bottleneck: (B, C, H, W) -> (B, C, H, W).

    x + scale * linear(gelu(linear(norm(depthwise(x))))). Norm and linear layers work with the
    channels last. stochastic_depth: the share of examples for which the whole branch is left out in
    training (Huang et al. 2016, arXiv:1603.09382).
    """

    undecayed: ClassVar[tuple[str, ...]] = ("scale",)

    def __init__(
        self, width: int, kernel_size: int, expansion: int, stochastic_depth: float
    ) -> None:
        super().__init__()
        half = kernel_size // 2

        self.depthwise: nn.Module
        if kernel_size % 2:
            self.depthwise = nn.Conv2d(width, width, kernel_size, padding=half, groups=width)
        else:
            self.depthwise = nn.Sequential(
                nn.ZeroPad2d((half - 1, half, half - 1, half)),
                nn.Conv2d(width, width, kernel_size, groups=width),
            )

        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, expansion * width)
        self.contract = nn.Linear(expansion * width, width)
        self.scale = nn.Parameter(torch.full((width,), FIRST_SCALE))
        self.stochastic_depth = stochastic_depth

    def initialise(self, generator: torch.Generator) -> None:  # noqa: ARG002 - of all modules
        nn.init.constant_(self.scale, FIRST_SCALE)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # (B, C, H, W) -> (B, H, W, C)
        branch: torch.Tensor = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        branch = self.scale * self.contract(functional.gelu(self.expand(branch)))

        if self.stochastic_depth and self.training:
            survival = 1 - self.stochastic_depth
            keep = torch.full(
                (x.shape[0], 1, 1, 1), survival, device=x.device, dtype=x.dtype
            ).bernoulli()
            branch = branch * (keep / survival)

        branch = branch.permute(0, 3, 1, 2)
        return x + branch
