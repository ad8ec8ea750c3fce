"""Brings the values of pictures of any number type to tones from black to white, by one range."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from app.engine.text import number_text

FEW_TONES = 64
"""Values that are all below this are stretched to the full range, because they are nearly black."""

ROWS_AT_ONCE = 512

DEEPEST = 16
"""Bits of the deepest camera; whole numbers beyond have no depth of a file."""


Depth = Literal[8, 16]
"""Bits in which a tone is stored. Fractions, and more than 256 values, are worth 16."""

RangeChoice = Literal["depth", "training", "percentiles"]
"""How a person chose the range: see ValueRange.tones."""

LATER: RangeChoice = "depth"
"""The range of later pictures of more than 8 bits where training knew none: that of the file.

It does not depend on their values, so a picture alone and one among others are read alike.
"""

PERCENTILES = (1, 99)
"""Of the values, from black to white, where a person chose percentiles."""

SAMPLED = 4_000_000
"""So many values of all pictures, evenly spread, decide about percentiles."""

WIDE = 257
"""A tone of 16 bits beside one of 8: 65,535 / 255."""


@dataclass(frozen=True)
class Tones:
    """The values that become black, 0, and white, 255. What lies beyond them is cut off.

    trimmed: whether the training has values beyond them itself, because they are percentiles.
    """

    low: float
    high: float
    trimmed: bool = field(default=False, compare=False)

    @property
    def words(self) -> str:
        """The range for a sentence: "0 to 4,095"."""
        return f"{number_text(self.low)} to {number_text(self.high)}"

    def cut(self, values: np.ndarray) -> int:
        """Returns how many finite values lie beyond the range by more than half a tone.

        Where it is trimmed, by more than the range itself: some of every picture lie beyond it.
        """
        if values.dtype == np.bool_ or not values.size:
            return 0

        width = self.high - self.low
        slack = width if self.trimmed else width / (2 * 255)
        low, high = self.low - slack, self.high + slack
        if values.min() >= low and values.max() <= high:
            return 0  # the quick way out, which a value that is not finite does not take
        if values.dtype.kind != "f":
            return int(((values < low) | (values > high)).sum())

        return int((((values < low) | (values > high)) & np.isfinite(values)).sum())

    def cut_text(self, cut: int, total: int) -> str:
        """Returns a sentence on the values of a picture that are cut off, "" where none are."""
        if not cut:
            return ""

        verb = "lies" if cut == 1 else "lie"
        end = "it is cut off" if cut == 1 else "they are cut off"
        return (
            f"{cut:,} of its {total:,} values {verb} beyond {self.words}, the range of training; "
            f"{end}."
        )

    def to_bytes(self, values: np.ndarray) -> np.ndarray:
        """Returns values of any number type as uint8 of the same shape.

        Values that are not finite become 0.
        """
        if values.dtype == np.uint8 and (self.low, self.high) == (0, 255):
            return values

        return stored_tones(self.scaled(values), 8)

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Returns values of any number type as float32 in 0..255 of the same shape, not rounded.

        Values that are not finite become 0.
        """
        if values.dtype == np.bool_:
            values = values.astype(np.uint8)

        # Enough for bytes, and half the memory; 16 bits are exact in it.
        with np.errstate(over="ignore"):  # a value of 64 bits may become infinite
            scaled = values.astype(np.float32)

        scaled -= np.float32(self.low)
        scaled *= np.float32(255 / (self.high - self.low) if self.high > self.low else 0)
        finite = np.isfinite(scaled)
        if not finite.all():
            scaled[~finite] = 0

        np.maximum(scaled, 0, out=scaled)
        return np.minimum(scaled, 255, out=scaled)  # numpy.clip takes ten times as long for a few


@dataclass(frozen=True)
class ValueRange:
    """The smallest and largest finite value, and whether all values are whole numbers.

    bytes_over_255: whether all are what bytes become where they are divided by 255.
    """

    low: float
    high: float
    whole: bool
    bytes_over_255: bool = False

    @property
    def depth(self) -> Depth:
        """The bits in which no two of the values become one tone, or as nearly as 16 allow."""
        few = self.whole and self.high - self.low <= 255
        return 8 if few or (self.bytes_over_255 and self.low >= 0 and self.high <= 1) else 16

    @classmethod
    def of(cls, values: np.ndarray) -> ValueRange | None:
        """Returns the range of some values, None where none of them is finite."""
        if values.dtype.kind != "f":
            return cls(float(values.min()), float(values.max()), True) if values.size else None

        found = None
        for first in range(0, len(values), ROWS_AT_ONCE):  # not a copy of all of them
            part = values[first : first + ROWS_AT_ONCE]
            finite = part[np.isfinite(part)]
            if finite.size:
                of_part = cls(
                    float(finite.min()),
                    float(finite.max()),
                    bool((finite == np.rint(finite)).all()),
                    _are_bytes_over_255(finite),
                )
                found = found.with_(of_part) if found is not None else of_part

        return found

    def with_(self, other: ValueRange) -> ValueRange:
        """Returns the range of both."""
        return ValueRange(
            min(self.low, other.low),
            max(self.high, other.high),
            self.whole and other.whole,
            self.bytes_over_255 and other.bytes_over_255,
        )

    def tones(self, choice: RangeChoice | None = None, sample: np.ndarray | None = None) -> Tones:
        """Returns the tones for pictures with these values.

        Whole numbers: as deep as they are, from 8 to 16 bits, because cameras of 12 bits store
        them in 16. Fractions: from 0 or -1 to 1 where they lie in it, bytes as they are. Else from
        0, or the smallest value where that is below, to the largest. Few tones are stretched.

        choice: "depth" for all that a file of 8 or 16 bits can hold, "training" from the smallest
        to the largest value, "percentiles" for those of `sample`, some of the values.
        """
        low, high = self.low, self.high
        if choice == "percentiles" and sample is not None and sample.size:
            first, last = (float(value) for value in np.percentile(sample, PERCENTILES))
            if first < last:
                return Tones(first, last, trimmed=True)
        if choice in ("training", "percentiles") and low < high:
            return Tones(low, high)
        if choice == "depth" and self.whole and low >= 0 and high < 1 << DEEPEST:
            return Tones(0, 255 if high <= 255 else (1 << DEEPEST) - 1)

        if low < 0:
            return Tones(-1, 1) if low >= -1 and high <= 1 and not self.whole else Tones(low, high)
        if high <= 1 and not self.whole:
            return Tones(0, 1)
        if 0 < high < FEW_TONES:
            return Tones(0, high)
        if high <= 255:
            return Tones(0, 255)

        bits = int(high).bit_length()
        return Tones(0, (1 << bits) - 1 if self.whole and bits <= DEEPEST else high)

    def later_tones(self) -> Tones:
        """Returns the tones of a later array for a network that was trained on bytes.

        Whole numbers are bytes however dark they are, or as deep as a file can be; shares of 1 are
        brought to them.
        """
        if not self.whole or self.high <= 1:
            return self.tones()

        return Tones(0, 255) if self.high <= 255 else self.tones(LATER)


def _are_bytes_over_255(values: np.ndarray) -> bool:
    """Returns whether all of these fractions are n / 255, as exactly as their type holds it.

    Those of 64 bits have often been fractions of 32 bits before.
    """
    step = max(np.finfo(values.dtype).eps, np.finfo(np.float32).eps)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = values * values.dtype.type(255)
        return bool((np.abs(scaled - np.rint(scaled)) <= 255 * step).all())


def stored_tones(scaled: np.ndarray, depth: Depth) -> np.ndarray:
    """Returns tones in 0..255 with fractions as they are stored: uint8, or uint16 up to 65,535."""
    if depth == 8:
        return np.asarray(np.rint(scaled), np.uint8)

    return np.asarray(np.rint(scaled * np.float32(WIDE)), np.uint16)


def bytes_of_tones(stored: np.ndarray) -> np.ndarray:
    """Returns stored tones as uint8, for the screen."""
    return stored if stored.dtype == np.uint8 else (stored >> 8).astype(np.uint8)


def sample_of(values: np.ndarray, most: int) -> np.ndarray:
    """Returns some finite values, evenly spread, (n,) float32 with n about `most` or less."""
    step = max(1, -(-values.size // max(1, most)))
    with np.errstate(over="ignore"):
        some = values.reshape(-1)[::step].astype(np.float32)

    return some[np.isfinite(some)]
