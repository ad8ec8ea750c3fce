"""How the templates fit a network to the size of an example. Plain numbers, no torch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.shape import Shape


def stem_stride(shape: Shape) -> int:
    """By how much the first filters stride: 1 up to 64 pixels, 2 up to 128, 4 beyond, so that what
    follows never works on more than about 64 × 64 places; less where a picture is so narrow that
    fewer than 4 would be left.
    """
    longest = max(shape[1:])
    shortest = min(shape[1:])

    stride = 1 if longest <= 64 else 2 if longest <= 128 else 4
    while stride > 1 and shortest // stride < 4:
        stride //= 2

    return stride


def stem_filter(stride: int) -> int:
    """Side of the first filters: wide enough that strides leave no gaps."""
    return {1: 3, 2: 5, 4: 7}[stride]


def after_stride(shape: Shape, stride: int) -> tuple[int, int]:
    """Height and width after filters that stride: rounded up."""
    return -(-shape[1] // stride), -(-shape[2] // stride)


def halvings(height: int, width: int, smallest: int = 6) -> int:
    """How often a picture can be halved until its shorter side would be less than `smallest`."""
    count = 0
    while min(height, width) // 2 >= smallest:
        height = height // 2
        width = width // 2
        count = count + 1

    return count


def rounded(width: float) -> int:
    """The nearest multiple of 8, at least 8: sizes that processors like."""
    return max(8, 8 * round(width / 8))


def heads_for(width: int, each: int = 32) -> int:
    """How many heads share a width: about `each` numbers for one, and evenly."""
    wanted = max(1, round(width / each))
    return next(count for count in range(wanted, 0, -1) if width % count == 0)


def hidden_patch(shape: Shape) -> int:
    """Side of what is hidden at once, and of a masked autoencoder's patches, of a picture (C, H, W)
    or signal (C, L).

    A power of two that leaves about 7 to 14 patches on the longest side, and at least 2 on the
    shortest; of a signal about 32 to 64 stretches.
    """
    longest = max(shape[1:])
    shortest = min(shape[1:])
    wanted = longest / (7 if len(shape) == 3 else 32)
    size = 2 ** int(math.log2(max(1, wanted)))
    size = max(
        1, min(size, 16 if len(shape) == 3 else 256, 2 ** int(math.log2(max(1, shortest // 2))))
    )
    # Half of it where only that fits in evenly, so that patches lie exactly on what is hidden.
    halves = (
        size > 1
        and any(side % size for side in shape[1:])
        and not any(side % (size // 2) for side in shape[1:])
    )

    return size // 2 if halves else size
