"""What a block must tell of itself, and where blocks are found.

A block is a frozen choice like any other (kind, label, settings); `shape` says what it makes of its
inputs and refuses what cannot be, `module` builds the torch module. A kind of block is added by
adding a class to a file here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from models.shape import Shape
from models.shape import words as in_words
from models.spec import Choice, Registry

if TYPE_CHECKING:
    from torch import nn


class Impossible(ValueError):
    """This block cannot be here. `what` says why, `remedy` what to change."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what} {remedy}")


class Block(Choice):
    """Base of all blocks.

    `summary` says what it does, for a person; `arity` is how many inputs it reads.
    """

    arity: ClassVar[tuple[int, int]] = (1, 1)

    def title(self) -> str:
        """A few words with the settings that matter: "Convolution 3×3 · 32"."""
        return self.label

    def shape(self, *inputs: Shape) -> Shape:
        """Shape of one example that it makes of these. Raises Impossible."""
        raise NotImplementedError

    def module(self, *inputs: Shape) -> nn.Module:
        """The block for inputs of these shapes; its forward takes (B, *shape) tensors.

        Call `shape` before.
        """
        raise NotImplementedError


BLOCKS: Registry[Block] = Registry("block", "models.layers")


def picture(shape: Shape, label: str) -> tuple[int, int, int]:
    """The shape as (channels, height, width). Raises Impossible when it is none."""
    if len(shape) != 3:
        raise Impossible(
            f"{label} needs channels of height × width; it is given {in_words(shape)}.",
            "Move it before the pooling.",
        )

    return shape[0], shape[1], shape[2]


def tokens(shape: Shape, label: str) -> tuple[int, int]:
    """The shape as (number of tokens, width of a token). Raises Impossible when it is none."""
    if len(shape) != 2:
        raise Impossible(
            f"{label} needs tokens; it is given {in_words(shape)}.",
            "Put 'Patches', 'Token embedding' or 'Turn' before it.",
        )

    return shape[0], shape[1]


def marks(count: int, masks: tuple[Shape, ...], label: str) -> None:
    """Raises Impossible unless each mask has one mark a token."""
    for mask in masks:
        if mask != (count,):
            raise Impossible(
                f"{label} needs one mark for each of {count} tokens; it is given {in_words(mask)}.",
                "Connect a padding mask, or visible patches, of the same tokens.",
            )
