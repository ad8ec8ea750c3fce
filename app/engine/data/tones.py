"""Brings the values of pictures of any number type to the tones 0 to 255, by one range for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.engine.text import number_text

FEW_TONES = 64
"""Values that are all below this are stretched to the full range, because they are nearly black."""

ROWS_AT_ONCE = 512

DEEPEST = 16
"""Bits of the deepest camera; whole numbers beyond have no depth of a file."""


@dataclass(frozen=True)
class Tones:
    """The values that become black, 0, and white, 255. What lies beyond them is cut off."""

    low: float
    high: float

    @property
    def words(self) -> str:
        """The range for a sentence: "0 to 4,095"."""
        return f"{number_text(self.low)} to {number_text(self.high)}"

    def to_bytes(self, values: np.ndarray) -> np.ndarray:
        """Returns values of any number type as uint8 of the same shape.

        Values that are not finite become 0.
        """
        if values.dtype == np.bool_:
            values = values.astype(np.uint8)
        if values.dtype == np.uint8 and (self.low, self.high) == (0, 255):
            return values

        # Enough for bytes, and half the memory; 16 bits are exact in it.
        with np.errstate(over="ignore"):  # a value of 64 bits may become infinite
            scaled = values.astype(np.float32)

        scaled -= np.float32(self.low)
        scaled *= np.float32(255 / (self.high - self.low) if self.high > self.low else 0)
        np.nan_to_num(scaled, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)


@dataclass(frozen=True)
class ValueRange:
    """The smallest and largest finite value, and whether all values are whole numbers."""

    low: float
    high: float
    whole: bool

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
                whole = bool((finite == np.rint(finite)).all())
                of_part = cls(float(finite.min()), float(finite.max()), whole)
                found = found.with_(of_part) if found is not None else of_part

        return found

    def with_(self, other: ValueRange) -> ValueRange:
        """Returns the range of both."""
        return ValueRange(
            min(self.low, other.low), max(self.high, other.high), self.whole and other.whole
        )

    def tones(self) -> Tones:
        """Returns the tones for pictures with these values.

        Whole numbers: as deep as they are, from 8 to 16 bits, because cameras of 12 bits store
        them in 16. Fractions: from 0 or -1 to 1 where they lie in it, bytes as they are. Else from
        0, or the smallest value where that is below, to the largest. Few tones are stretched.
        """
        low, high = self.low, self.high
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
