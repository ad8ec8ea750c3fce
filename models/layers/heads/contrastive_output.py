"""Contrastive output: the embeddings of both halves of a pair, scaled by a temperature (CLIP)."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS, Block, BlockError, check_halves
from models.layers.layer import Layer
from models.shape import Shape, words

FIRST_LOG_SCALE = math.log(1 / 0.07)
LARGEST_SCALE = 100.0


@BLOCKS.register
class ContrastiveOutput(Block):
    """Embeddings (D,) and (D,) -> (2, D): unit vectors, the first times a learned factor.

    It is the head of CLIP (Radford et al. 2021, arXiv:2103.00020, figure 3). It also takes one
    input in which `concatenate-in-batch` lined both halves up.
    """

    kind: ClassVar[str] = "contrastive-output"
    label: ClassVar[str] = "Contrastive output"
    summary: ClassVar[str] = (
        "Compares directions only: what belongs together should point the same way. A learned "
        "temperature says how sharp the comparison is."
    )
    arity: ClassVar[tuple[int, int]] = (1, 2)

    def shape(self, *inputs: Shape) -> Shape:
        shape = check_halves(inputs, self.label)
        if len(shape) != 1:
            raise BlockError(
                f"{self.label} needs one list of values for each half; it is given {words(shape)}.",
                "Put a global pooling before it.",
            )

        return 2, shape[0]

    def module(self, *inputs: Shape) -> nn.Module:
        return ContrastiveOutputModule(in_batch=len(inputs) == 1)


class ContrastiveOutputModule(Layer):
    """Unit vectors of both halves of pairs: (B, D), (B, D) -> (B, 2, D) float32.

    in_batch: both are in one batch, (2 B, D) -> (B, 2, D). In its output, output[:, 0] @ output[:,
    1].T are the logits of B x B pairs. The factor is exp(log_scale), the inverse of the
    temperature: 1 / 0.07 at first, at most 100 whatever is learned.
    """

    undecayed: ClassVar[tuple[str, ...]] = ("log_scale",)

    def __init__(self, in_batch: bool = False) -> None:
        super().__init__()
        self.in_batch = in_batch
        self.log_scale = nn.Parameter(torch.full((1,), FIRST_LOG_SCALE))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:  # noqa: ARG002 - of all modules
        self.log_scale.fill_(FIRST_LOG_SCALE)

    def forward(self, *halves: torch.Tensor) -> torch.Tensor:
        # Not chunk(2), which asks how large the batch is: an exported network takes any.
        first, second = halves[0].reshape(2, -1, halves[0].shape[1]) if self.in_batch else halves
        scale = self.log_scale.float().clamp(max=math.log(LARGEST_SCALE)).exp()
        return torch.stack([scale * unit_vectors(first), unit_vectors(second)], dim=1)


def unit_vectors(x: torch.Tensor) -> torch.Tensor:
    """Returns the vectors (B, D) as float32 at length 1.

    A vector shorter than `eps` stays shorter: its direction is chance, and its gradient would be
    without bounds.
    """
    return functional.normalize(x.float(), dim=-1, eps=1e-4)
