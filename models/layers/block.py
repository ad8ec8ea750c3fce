"""The base class of blocks, their registry, and checks of input shapes that blocks share.

A block is a frozen choice like any other (kind, label, settings). Its `shape` gives the shape of
its output and refuses inputs that do not fit; its `module` builds the torch module, and
`multiply_adds` and `receptive_field` count without it. To add a kind of block, add a file to the
folder of its family.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from models.receptive_field import ONE_POSITION, ReceptiveField, merged
from models.shape import Shape, words
from models.spec import Choice, Registry

if TYPE_CHECKING:
    from torch import nn


MOST_VALUES = 2**31
"""Numbers of one example between two blocks: 8 GB, of which a batch holds many times as much."""


class BlockError(ValueError):
    """A block whose settings or inputs do not fit.

    `what` gives the reason, `remedy` what to change.
    """

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what} {remedy}")


class Block(Choice):
    """Base class of all blocks.

    `summary` explains to a person what the block does. `arity` is the least and the greatest
    number of inputs.
    """

    arity: ClassVar[tuple[int, int]] = (1, 1)

    channels_first: ClassVar[tuple[bool, bool]] = (False, False)
    """Whether a matrix that it reads, and one that it gives, has a position in each column.

    So has a signal. In tokens each row is a position.
    """

    def title(self) -> str:
        """Returns a few words with the settings that matter: "Convolution 3×3 · 32"."""
        return self.label

    def shape(self, *inputs: Shape) -> Shape:
        """Returns the shape of the output for inputs of these shapes, without the batch.

        Raises BlockError where the inputs do not fit.
        """
        raise NotImplementedError

    def output_shape(self, *inputs: Shape) -> Shape:
        """Returns the shape of the output, where the block can stand behind such inputs.

        Raises BlockError where their number or their shapes do not fit, or the output is too large.
        """
        least, most = self.arity
        if not least <= len(inputs) <= most:
            count = len(inputs)
            needs = f"{least} input{'s' if least > 1 else ''}"
            raise BlockError(
                f"{self.label} reads {count} block{'' if count == 1 else 's'}.",
                f"Give it {needs if least == most else f'at least {needs}'}.",
            )

        shape = self.shape(*inputs)
        if math.prod(shape) > MOST_VALUES:
            raise BlockError(
                f"Its output would be {words(shape)} for one example, which no computer holds.",
                "Choose fewer channels or smaller sizes.",
            )

        return shape

    def module(self, *inputs: Shape) -> nn.Module:
        """Builds the torch module for inputs of these shapes; it maps (B, *shape) tensors.

        The shapes must have passed `shape` before.
        """
        raise NotImplementedError

    def multiply_adds(self, *inputs: Shape) -> int:
        """Returns the multiply-adds of a forward pass of one example with inputs of these shapes.

        Convolutions and products of matrices are counted, as torch's FlopCounterMode counts them.
        Norms, activations, pooling and sums are not; a block of such counts as 0. The shapes must
        have passed `shape` before.
        """
        del inputs
        return 0

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        """Returns what a position of the output sees of the inputs; None where it sees all.

        Statistics of norms are left out, as is usual. The shapes must have passed `shape` before.
        """
        del inputs
        return ONE_POSITION

    def seen(
        self, fields: tuple[ReceptiveField | None, ...], *inputs: Shape
    ) -> ReceptiveField | None:
        """Returns what a position of the output sees of the example; None where it sees all.

        fields: what the positions of each input see of it. None also where no position is left, or
        where the block does not work position by position, as on a transposed matrix.
        """
        own = self.receptive_field(*inputs)
        before = merged(fields)
        if own is None or before is None:
            return None

        reads, gives = self.channels_first
        for field, shape in zip(fields, inputs, strict=True):
            if field is not None and len(shape) == 2 and field.channels_first != reads:
                return None

        return replace(before.then(own), channels_first=gives)


BLOCKS: Registry[Block] = Registry("block", "models.layers")


def image_shape(shape: Shape, label: str) -> tuple[int, int, int]:
    """Returns the shape as (channels, height, width).

    Raises BlockError where it has another number of dimensions.
    """
    if len(shape) != 3:
        raise BlockError(
            f"{label} needs channels of height × width; it is given {words(shape)}.",
            "Move it before the pooling.",
        )

    return shape[0], shape[1], shape[2]


def token_shape(shape: Shape, label: str) -> tuple[int, int]:
    """Returns the shape as (number of tokens, width of a token).

    Raises BlockError where it has another number of dimensions.
    """
    if len(shape) != 2:
        raise BlockError(
            f"{label} needs tokens; it is given {words(shape)}.",
            "Put 'Patch embedding', 'Token embedding' or 'Transpose' before it.",
        )

    return shape[0], shape[1]


def text_length(shape: Shape, label: str) -> int:
    """Returns the length of a text (L,); raises BlockError where the shape is another one."""
    if len(shape) != 1:
        raise BlockError(
            f"{label} needs a text; it is given {words(shape)}.", "Let it read the text itself."
        )

    return shape[0]


def check_masks(count: int, masks: tuple[Shape, ...], label: str) -> None:
    """Raises BlockError unless each mask has one mark for each of `count` tokens."""
    for mask in masks:
        if mask != (count,):
            raise BlockError(
                f"{label} needs one mark for each of {count} tokens; it is given {words(mask)}.",
                "Connect a padding mask, or visible patches, of the same tokens.",
            )


def check_halves(inputs: tuple[Shape, ...], label: str) -> Shape:
    """Returns the shape that both halves of a pair have; raises BlockError where they differ."""
    if len(set(inputs)) > 1:
        raise BlockError(
            f"{label} needs two halves of one form; it is given "
            f"{' and '.join(words(shape) for shape in inputs)}.",
            "Bring both to one form first.",
        )

    return inputs[0]
