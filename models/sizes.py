"""Rules by which templates fit a network to the size of an example; plain numbers, no torch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.shape import Shape


def stem_stride(shape: Shape) -> int:
    """Returns the stride of the first filters: 1 up to 64 pixels, 2 up to 128, 4 beyond.

    So what follows never works on more than about 64 × 64 positions. It is less where a picture is
    so narrow that fewer than 4 positions would be left.
    """
    longest = max(shape[1:])
    shortest = min(shape[1:])

    stride = 1 if longest <= 64 else 2 if longest <= 128 else 4
    while stride > 1 and shortest // stride < 4:
        stride //= 2

    return stride


def stem_filter(stride: int) -> int:
    """Returns the side of the first filters, wide enough that strides leave no gaps."""
    return {1: 3, 2: 5, 4: 7}[stride]


def after_stride(shape: Shape, stride: int) -> tuple[int, int]:
    """Returns height and width of a picture after filters with this stride: rounded up."""
    return -(-shape[1] // stride), -(-shape[2] // stride)


def downsample_steps(height: int, width: int, smallest: int = 6) -> int:
    """Returns how often a picture can be halved until a side would be less than `smallest`."""
    steps = 0
    while min(height, width) // 2 >= smallest:
        height //= 2
        width //= 2
        steps += 1

    return steps


def rounded(width: float) -> int:
    """Returns the nearest multiple of 8, at least 8: sizes at which processors are fast."""
    return max(8, 8 * round(width / 8))


def heads_for(width: int, per_head: int = 32) -> int:
    """Returns a number of heads that divides the width, with about `per_head` numbers each."""
    wanted = max(1, round(width / per_head))
    return next(count for count in range(wanted, 0, -1) if width % count == 0)


def hidden_patch(shape: Shape) -> int:
    """Returns the side of a patch that is hidden at once, of a picture (C, H, W) or signal (C, L).

    A masked autoencoder's patches have the same side. It is a power of two that leaves about 7 to
    14 patches on the longest side of a picture, or 32 to 64 on a signal, and at least 2 on the
    shortest.
    """
    is_picture = len(shape) == 3
    longest = max(shape[1:])
    shortest = min(shape[1:])

    wanted = longest / (7 if is_picture else 32)
    largest = min(16 if is_picture else 256, power_of_two(shortest // 2))
    size = max(1, min(power_of_two(wanted), largest))

    # Half of it where only that divides all sides, so that patches lie exactly on what is hidden.
    half_fits_better = (
        size > 1
        and any(side % size for side in shape[1:])
        and not any(side % (size // 2) for side in shape[1:])
    )

    return size // 2 if half_fits_better else size


def power_of_two(value: float) -> int:
    """Returns the largest power of two up to the value, at least 1."""
    power: int = 2 ** int(math.log2(max(1, value)))
    return power
