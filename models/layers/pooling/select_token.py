"""Select token: one token of all, such as the class token or the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from models.layers.block import BLOCKS, Block, check_masks, token_shape
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    import torch
    from torch import nn

    from models.receptive_field import ReceptiveField
    from models.shape import Shape

PLACES = {"first": "The first", "last": "The last"}
"""The names on screen, by the values of the setting `which`."""


@BLOCKS.register
class SelectToken(Block):
    """The first or the last token of all: (N, D) -> (D,).

    A second input (N,) says which tokens count, 1 yes and 0 no; then the last one is the last that
    counts. Padding stands only at the end.
    """

    kind: ClassVar[str] = "select-token"
    label: ClassVar[str] = "Select token"
    summary: ClassVar[str] = (
        "Passes one token on and drops the rest: the first, where a class token stands, or the "
        "last, which has seen all others in a network that looks back only."
    )
    arity: ClassVar[tuple[int, int]] = (1, 2)

    which: Literal["first", "last"] = setting(
        "first", label="Takes", choices=PLACES, help="Which token is passed on."
    )

    def title(self) -> str:
        return f"{PLACES[self.which]} token"

    def shape(self, *inputs: Shape) -> Shape:
        count, width = token_shape(inputs[0], self.label)
        check_masks(count, inputs[1:], self.label)
        return (width,)

    def module(self, *inputs: Shape) -> nn.Module:
        if self.which == "last" and len(inputs) > 1:
            return LastTokenModule()

        return SelectTokenModule(0 if self.which == "first" else -1)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return None


class SelectTokenModule(Layer):
    """(B, N, D) -> (B, D): the token at this place."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index

    def forward(self, x: torch.Tensor, *_masks: torch.Tensor) -> torch.Tensor:
        return x[:, self.index]

    def code(self, *inputs: str) -> str:
        """Returns the expression that computes the block."""
        return f"{inputs[0]}[:, {self.index}]"


class LastTokenModule(Layer):
    """Tokens (B, N, D), mask (B, N) of those that count -> (B, D); the first where none counts."""

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        last = (mask.long().sum(1) - 1).clamp(min=0)
        index = last[:, None, None].expand(-1, 1, x.shape[2])
        return x.gather(1, index).squeeze(1)
