"""Whether pictures are trimmed to what they show is seen on the pictures."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.sources.moving import are_framed


def pictures(form: str, dtype: str = "u1") -> np.ndarray:
    """Returns (40, 3, 20, 24): bright rectangles of different sizes on black, or noise."""
    draw = np.random.default_rng(0)
    white = np.iinfo(dtype).max
    array = np.zeros((40, 3, 20, 24), dtype)
    if form == "photographs":
        return draw.integers(0, white, array.shape).astype(dtype)

    for picture in array:
        width = 2 * int(draw.integers(3, 11))
        left = {"trimmed": (24 - width) // 2, "aside": 0}.get(form, 1)
        top = 4 if form == "with margins" else 0
        picture[:, top : 20 - top, left : left + width] = white

    return array


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize(
    ("form", "framed"),
    [("trimmed", True), ("aside", False), ("with margins", False), ("photographs", False)],
)
def test_only_trimmed_and_centred_pictures_are_framed(form: str, framed: bool, dtype: str) -> None:
    array = pictures(form, dtype)
    assert are_framed(array, np.arange(40)) is framed
    assert are_framed(white_instead_of_black(array), np.arange(40)) is framed


def white_instead_of_black(array: np.ndarray) -> np.ndarray:
    return np.iinfo(array.dtype).max - array


def test_only_the_rows_count() -> None:
    array = np.concatenate([pictures("trimmed"), pictures("photographs")])
    assert are_framed(array, np.arange(40))
    assert not are_framed(array, np.arange(80))
    assert not are_framed(array, np.arange(0))
