"""What blocks of several members have in common: their settings, and the mean of their answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from torch.nn import functional

from models.layers.block import Block, BlockError
from models.shape import words
from models.spec import setting

if TYPE_CHECKING:
    import torch

    from models.shape import Shape

MEANS = {
    "values": "Mean of the answers",
    "classes": "Mean of the probabilities of classes",
    "tags": "Mean of the probabilities of each answer",
}
"""The names on screen, by the values of the setting `mean`."""


class MembersBlock(Block):
    """Base class of blocks whose members are networks (D,) -> (outputs,) of equal form."""

    outputs: int = setting(
        10, label="Outputs", ge=1, le=100_000, help="How many numbers the network answers with."
    )
    members: int = setting(32, label="Members", ge=1, le=256, help="How many networks there are.")
    depth: int = setting(
        2, label="Depth", unit="layers", ge=1, le=16, help="Layers before the one that answers."
    )
    width: int = setting(
        128,
        label="Width",
        unit="numbers",
        ge=4,
        le=4096,
        step=8,
        help="How many things a layer can look for.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Share of the numbers behind each layer that is set to zero while training.",
    )
    mean: Literal["values", "classes", "tags"] = setting(
        "values", label="Answer", choices=MEANS, help="What is averaged over the members."
    )

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise BlockError(
                f"Its members read one list of values; they are given {words(inputs[0])}.",
                "Put a global pooling before it.",
            )

        return (self.outputs,)

    def widths(self, *inputs: Shape) -> list[int]:
        """Returns how many numbers go into a member, come out of each layer, and are its answer."""
        return [inputs[0][0], *[self.width] * self.depth, self.outputs]

    def multiply_adds(self, *inputs: Shape) -> int:
        """Returns those of an answer, which all members give together."""
        inner = (self.depth - 1) * self.width**2
        return self.members * ((math.prod(inputs[0]) + self.outputs) * self.width + inner)


def mean_of_members(outputs: torch.Tensor, mean: str) -> torch.Tensor:
    """Returns the common answer (B, outputs) of members (members, B, outputs).

    mean: what is averaged, "values", "classes" or "tags". Probabilities are averaged, and given as
    the outputs that they come from.
    """
    outputs = outputs.float()
    if mean == "classes":
        return outputs.log_softmax(dim=-1).logsumexp(dim=0) - math.log(len(outputs))
    if mean == "tags":
        yes, no = functional.logsigmoid(outputs), functional.logsigmoid(-outputs)
        return yes.logsumexp(dim=0) - no.logsumexp(dim=0)

    return outputs.mean(dim=0)
