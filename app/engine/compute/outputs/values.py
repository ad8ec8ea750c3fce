"""What comes out of a block, as values that a window can draw; torch is not needed for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

    from app.engine.data.dataset import Description

PictureKind = Literal["maps", "matrix", "bars", "histogram"]

Subject = Literal["channels", "attention", "norms", "features", "signals", "values"]
"""What the numbers of a picture are.

channels: of a picture, a map each. attention: how much of each token (column) a token (row) takes
over, a map for each head. norms: the length of each token. features: of tokens, which stand side by
side. signals: channels of a signal, a row each. values: the output itself.
"""


@dataclass(frozen=True, eq=False)
class Picture:
    """Numbers to draw as one picture; NaN is where there is no number.

    values: of "maps" (n, h, w) float32; of a "matrix" (h, w) float32; of "bars" (n,) float32; of a
    "histogram" (n,) counts of bins of equal width. low, high: the least and the greatest number
    that is drawn; of a histogram, where the first bin begins and the last one ends. total: how many
    maps there are, of which `values` holds the first ones; of other kinds how many numbers.
    """

    kind: PictureKind
    subject: Subject
    values: np.ndarray
    low: float
    high: float
    total: int


@dataclass(frozen=True, eq=False)
class BlockOutput:
    """What comes out of one block for one example.

    shape: of its output. small: a picture for the drawing of the network; None where the output is
    empty. large: pictures of all of it; () unless the block was asked for.

    mean, deviation, lowest, highest, zeros (the share that is exactly 0): of the numbers that come
    out for this example; NaN where none is a number. not_numbers: how many are NaN or infinite.

    units: channels of pictures and signals, features of tokens, or single values. dead: units that
    are 0 at every position for each of the `examples` of the batch. spread: how often which value
    comes out for this example, a small histogram; None where none is a number.
    """

    shape: tuple[int, ...]
    small: Picture | None
    large: tuple[Picture, ...]
    mean: float
    deviation: float
    lowest: float
    highest: float
    zeros: float
    not_numbers: int
    units: int
    dead: int
    examples: int
    spread: Picture | None = None


@dataclass(frozen=True, eq=False)
class OutputsRequest:
    """An example whose way through a network somebody wants to see.

    arrays: (B, ...) as a Dataset stores them, one or one for each half of pairs: the example first,
    then others, over which dead units are counted. targets: (B, ...) of the same examples.
    description: of the data that they are of. opened: the block of which large pictures are wanted,
    "group/block" within a group; "" for none. number: by which the answer is known.
    """

    arrays: tuple[np.ndarray, ...]
    targets: np.ndarray
    description: Description
    opened: str = ""
    number: int = 0
