"""Receptive fields: how much of the example a position of a block's output can see.

Araujo, Norris & Sim 2019, doi:10.23915/distill.00021. This module does not import torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.shape import Input


@dataclass(frozen=True)
class Window:
    """Positions that one position looks at: `size` a side, `stride` from one to the next.

    Both are counted in positions of what is looked at, and are fractions where a position is a part
    of one there, as behind a block that upsamples.
    """

    size: Fraction
    stride: Fraction

    @property
    def is_whole(self) -> bool:
        return self.size.denominator == self.stride.denominator == 1


@dataclass(frozen=True)
class ReceptiveField:
    """What one position sees of the example, or of the inputs of a block.

    windows: from the example on, each looks at the positions of the one before it. Where height and
    width differ, they are those of the larger field. channels_first: the positions of a matrix are
    its columns, as in a signal; else its rows, as in tokens.
    """

    windows: tuple[Window, ...]
    channels_first: bool = False

    @classmethod
    def of(cls, size: float | Fraction, stride: float | Fraction) -> ReceptiveField:
        """Returns the field of one window."""
        return cls((Window(Fraction(size), Fraction(stride)),))

    @property
    def positions(self) -> int:
        """How many positions a side are seen, at the most."""
        count = 1
        for window in reversed(self.windows):
            count = math.ceil(window.size + (count - 1) * window.stride)

        return count

    @property
    def stride(self) -> Fraction:
        """How far apart the fields of two neighbouring positions lie, on average."""
        return math.prod((window.stride for window in self.windows), start=Fraction(1))

    def then(self, after: ReceptiveField) -> ReceptiveField:
        """Returns the field of a block with the field `after` whose input has this one."""
        windows = list(self.windows)
        for window in after.windows:
            # A part of a position sees all of it. So one window is made of two only where the
            # second one looks at whole positions.
            if window.is_whole:
                last = windows[-1]
                size = last.size + (window.size - 1) * last.stride
                windows[-1] = Window(size, last.stride * window.stride)
            else:
                windows.append(window)

        return replace(after, windows=tuple(windows))


ONE_POSITION = ReceptiveField.of(1, 1)
"""The field of a block that looks at each position by itself."""


def filter_field(kernel_size: int, stride: int = 1, dilation: int = 1) -> ReceptiveField:
    """Returns the field of a filter or a pooling of this size."""
    return ReceptiveField.of((kernel_size - 1) * dilation + 1, stride)


def upsampling_field(before: int, after: int) -> ReceptiveField:
    """Returns the field of a block that repeats `before` positions so that they are `after`."""
    return ReceptiveField.of(1, Fraction(before, after))


def of_example(example: Input) -> ReceptiveField | None:
    """Returns the field of an example itself; None for a table row, which has no positions."""
    if example.kind == "row":
        return None

    return replace(ONE_POSITION, channels_first=example.kind == "signal")


def merged(fields: Sequence[ReceptiveField | None]) -> ReceptiveField | None:
    """Returns what a position sees that stands for the same position of several inputs.

    None where one of them sees all. Where their positions do not lie equally far apart, it is the
    most that can be seen.
    """
    known = [field for field in fields if field is not None]
    if len(known) < len(fields):
        return None

    if len(known) == 1:
        return known[0]

    largest = max(known, key=lambda field: field.positions)
    stride = max(field.stride for field in known)
    if stride == largest.stride:
        return largest

    return replace(
        ReceptiveField.of(largest.positions, stride), channels_first=largest.channels_first
    )
