"""An ensemble: several networks of equal form, trained together in batched products of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS
from models.layers.layer import Layer
from models.layers.linear.members import MembersBlock, mean_of_members
from models.spec import setting

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class EnsembleLayers(MembersBlock):
    """A deep ensemble of networks (D,) -> (outputs,) (Lakshminarayanan et al. 2017).

    In training every member answers to every example of a batch, (members * B, outputs), member
    after member, and the loss is the mean of theirs: each learns as if it were alone. Outside of
    training the answer is the mean of the members (arXiv:1612.01474).
    """

    kind: ClassVar[str] = "ensemble-layers"
    label: ClassVar[str] = "Ensemble"
    summary: ClassVar[str] = (
        "Several networks that begin differently and learn at the same time; the mean of their "
        "answers is better than any of them."
    )

    members: int = setting(8, label="Members", ge=1, le=256, help="How many networks there are.")
    width: int = setting(
        64,
        label="Width",
        unit="numbers",
        ge=4,
        le=4096,
        step=8,
        help="How many things a layer can look for.",
    )

    def title(self) -> str:
        return f"Ensemble of {self.members} · {self.depth} × {self.width}"

    def module(self, *inputs: Shape) -> nn.Module:
        return EnsembleLayersModule(self.widths(*inputs), self.members, self.dropout, self.mean)


class EnsembleLinear(Layer):
    """A linear layer for each member: (members, B, inputs) -> (members, B, outputs).

    weight: (members, inputs, outputs). offsets: (members, outputs). last: whether it answers; it
    then begins near zero, so that at first every answer is about as likely.
    """

    undecayed: ClassVar[tuple[str, ...]] = ("offsets",)

    def __init__(self, inputs: int, outputs: int, members: int, last: bool) -> None:
        super().__init__()
        self.last = last
        self.weight = nn.Parameter(torch.empty(members, inputs, outputs))
        self.offsets = nn.Parameter(torch.zeros(members, outputs))
        nn.init.uniform_(self.weight, -(inputs**-0.5), inputs**-0.5)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Uniform by the numbers of inputs and outputs (Glorot & Bengio 2010), member by member."""
        _, inputs, outputs = self.weight.shape
        bound = (6 / (inputs + outputs)) ** 0.5
        if self.last:
            self.weight.normal_(std=0.01, generator=generator)
        else:
            self.weight.uniform_(-bound, bound, generator=generator)

        self.offsets.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(self.offsets[:, None], x, self.weight)


class EnsembleLayersModule(Layer):
    """An ensemble: (B, D) -> (B, outputs), in training (members * B, outputs).

    widths: of the input, of each layer, and of the answer. mean: what is averaged, "values",
    "classes" or "tags".
    """

    def __init__(self, widths: list[int], members: int, dropout: float, mean: str) -> None:
        super().__init__()
        self.members = members
        self.mean = mean
        last = len(widths) - 2
        self.layers = nn.ModuleList(
            EnsembleLinear(widths[place], widths[place + 1], members, place == last)
            for place in range(last + 1)
        )
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs = self.member_outputs(x)
        return outputs.flatten(0, 1) if self.training else mean_of_members(outputs, self.mean)

    def member_outputs(self, x: torch.Tensor) -> torch.Tensor:
        """Returns what every member answers: (B, D) -> (members, B, outputs)."""
        x = x.expand(self.members, *x.shape)
        for layer in self.layers[:-1]:
            x = self.dropout(functional.relu(layer(x)))

        outputs: torch.Tensor = self.layers[-1](x)
        return outputs
