"""Layers with members: many small networks that share their weights, and answer together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn
from torch.nn import functional

from models.layers.block import BLOCKS
from models.layers.layer import Layer
from models.layers.linear.members import MembersBlock, mean_of_members

if TYPE_CHECKING:
    from models.shape import Shape


@BLOCKS.register
class MemberLayers(MembersBlock):
    """TabM: k networks (D,) -> (outputs,) with common weights (Gorishniy et al. 2025).

    In training each example of a batch goes through one member, so that the loss of a batch is the
    mean of the members' own losses (arXiv:2410.24210, with training batches that members do not
    share). Outside of training all members answer, and the answer is their mean.
    """

    kind: ClassVar[str] = "member-layers"
    label: ClassVar[str] = "Members with shared weights"
    summary: ClassVar[str] = (
        "Many networks in one: they share their weights but for a few numbers of each, and the "
        "mean of their answers is better than any of them."
    )

    def title(self) -> str:
        return f"{self.members} members · {self.depth} × {self.width}"

    def module(self, *inputs: Shape) -> nn.Module:
        return MemberLayersModule(self.widths(*inputs), self.members, self.dropout, self.mean)


class MemberLinear(Layer):
    """A linear layer that members share.

    It is that of BatchEnsemble (Wen et al. 2020, arXiv:2002.06715): member m computes weight (x *
    inner[m]) * outer[m] + offsets[m], of which only `weight` is common. inner: (members, inputs).
    outer, offsets: (members, outputs). place: "first" begins with random signs in inner, which make
    the members differ, and others with ones; "last" begins near 0, so that at first all members
    answer about alike.
    """

    undecayed: ClassVar[tuple[str, ...]] = ("inner", "outer", "offsets")

    def __init__(self, inputs: int, outputs: int, members: int, place: str) -> None:
        super().__init__()
        self.place = place
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.inner = nn.Parameter(torch.ones(members, inputs))
        self.outer = nn.Parameter(torch.ones(members, outputs))
        self.offsets = nn.Parameter(torch.zeros(members, outputs))
        nn.init.uniform_(self.weight, -(inputs**-0.5), inputs**-0.5)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Draws weights and offsets by the number of inputs, and the signs."""
        bound = 1e-3 if self.place == "last" else self.weight.shape[1] ** -0.5
        self.weight.uniform_(-bound, bound, generator=generator)
        self.offsets.uniform_(-bound, bound, generator=generator)
        self.outer.fill_(1.0)
        self.inner.fill_(1.0)
        if self.place == "first":
            self.inner.bernoulli_(0.5, generator=generator).mul_(2).sub_(1)

    def forward(self, x: torch.Tensor, member: torch.Tensor | None) -> torch.Tensor:
        """Returns (N, inputs) -> (N, outputs), each row by one member.

        member: (N,) int64, who that is; None for rows (members, N, inputs), by all of them.
        """
        inner, outer, offsets = (
            table[:, None] if member is None else functional.embedding(member, table)
            for table in (self.inner, self.outer, self.offsets)
        )
        return functional.linear(x * inner, self.weight) * outer + offsets


class MemberLayersModule(Layer):
    """Members with shared weights: (B, D) -> (B, outputs).

    widths: of the input, of each layer, and of the answer. mean: what is averaged, "values",
    "classes" or "tags".
    """

    def __init__(self, widths: list[int], members: int, dropout: float, mean: str) -> None:
        super().__init__()
        self.members = members
        self.mean = mean
        self.layers = nn.ModuleList(
            MemberLinear(widths[place], widths[place + 1], members, where)
            for place, where in enumerate(["first", *["inner"] * (len(widths) - 3), "last"])
        )
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return mean_of_members(self.member_outputs(x), self.mean)

        member = torch.arange(x.shape[0], device=x.device) % self.members
        if x.shape[0] < self.members:
            # A random member begins, so that small batches reach all of them in turn.
            first = torch.randint(self.members, (1,), device=x.device)
            member = (member + first) % self.members

        return self.through(x, member)

    def through(self, x: torch.Tensor, member: torch.Tensor | None) -> torch.Tensor:
        """Returns what members answer: (N, D) -> (N, outputs), see MemberLinear."""
        for layer in self.layers[:-1]:
            x = self.dropout(functional.relu(layer(x, member)))

        outputs: torch.Tensor = self.layers[-1](x, member)
        return outputs

    def member_outputs(self, x: torch.Tensor) -> torch.Tensor:
        """Returns what every member answers: (B, D) -> (members, B, outputs)."""
        return self.through(x[None], None)
