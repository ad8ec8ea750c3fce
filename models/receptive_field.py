"""Receptive fields: how much of the example a position of a block's output can see.

Araujo, Norris & Sim 2019, doi:10.23915/distill.00021. This module does not import torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class ReceptiveField:
    """What one position sees: `size` positions a side, `stride` from one position to the next.

    Both are counted in positions of what is looked at. They may be fractions, as a position of a
    block that upsamples is a part of one before it. Where height and width differ, it is the larger
    one.
    """

    size: Fraction
    stride: Fraction

    @property
    def positions(self) -> int:
        """How many whole positions a side are seen, at the most."""
        return math.ceil(self.size)

    def then(self, after: ReceptiveField) -> ReceptiveField:
        """Returns the field of a block of the field `after` that reads positions with this one."""
        return ReceptiveField(
            self.size + (after.size - 1) * self.stride, self.stride * after.stride
        )


ONE_POSITION = ReceptiveField(Fraction(1), Fraction(1))
"""The field of a block that looks at each position by itself."""


def window(size: int, stride: int = 1, dilation: int = 1) -> ReceptiveField:
    """Returns the field of a filter or a pooling of this size."""
    return ReceptiveField(Fraction((size - 1) * dilation + 1), Fraction(stride))


def upsampling(before: int, after: int) -> ReceptiveField:
    """Returns the field of a block that repeats `before` positions so that they are `after`."""
    return ReceptiveField(Fraction(1), Fraction(before, after))
