"""How the templates fit a network to the size of a picture. Plain numbers, no torch."""

from __future__ import annotations

from models.shape import Shape


def stem_stride(shape: Shape) -> int:
    """By how much the first filters stride: 1 up to 64 pixels, 2 up to 128, 4 beyond, so that what follows never
    works on more than about 64 × 64 places; less where a picture is so narrow that fewer than 4 would be left."""
    longest, shortest = max(shape[1:]), min(shape[1:])
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
        height, width, count = height // 2, width // 2, count + 1
    return count


def rounded(width: float) -> int:
    """The nearest multiple of 8, at least 8: sizes that processors like."""
    return max(8, 8 * round(width / 8))
