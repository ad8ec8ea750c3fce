"""The marks of an axis: where round values lie, and their text.

The texts of one axis are distinct, say where the marks lie to the digits shown, and have one unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.engine.text import number_text, power_text

Texts = Callable[[Sequence[float], float], list[str]]
"""(values, spacing) -> a text for each. spacing: 0 where they are not evenly spaced."""

UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"))
BYTES = ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"))

MOST_DECIMALS = 3
"""Of a number with a unit; with more it is written out."""

SMALLEST = 1e-6
LARGEST = 1e15
"""From the one to the other a number is written out; else as a power of ten."""

ALL_DIGITS = 12


def round_spacing(rough: float) -> float:
    """Returns the next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(rough, 1e-300)))
    return _next_step((1.0, 2.0, 5.0, 10.0), power, rough)


def round_bytes(rough: float) -> float:
    """Returns the next round number of bytes, KiB, MiB or GiB, or tenths of the next unit."""
    unit = 1024.0 ** math.floor(math.log(max(rough, 1.0), 1024))
    return _next_step((1, 2, 5, 10, 20, 50, 102.4, 204.8, 512, 1024), unit, rough)


def _next_step(steps: Sequence[float], unit: float, rough: float) -> float:
    return next(step * unit for step in steps if step * unit >= rough * (1 - 1e-9))


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Returns log10 of round values between the log10 limits.

    These are decades, and 2 and 5 between them while there is room.
    """
    decades = range(math.floor(low), math.ceil(high) + 1)
    for steps in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,)):
        ticks = [d + math.log10(step) for d in decades for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= count:
            break
    else:
        every = math.ceil(len(inside) / count)
        inside = inside[::every]

    if len(inside) >= 2:
        return inside

    # Less than a decade is in view: round values, unevenly spaced.
    spacing = round_spacing((10**high - 10**low) / count)
    first = math.ceil(10**low / spacing)
    return [
        math.log10(n * spacing) for n in range(first, math.floor(10**high / spacing) + 1) if n > 0
    ]


# --- texts


def number_texts(values: Sequence[float], spacing: float) -> list[str]:
    """Returns numbers: "0, 0.5, 1.0", "0, 0.5 M, 1.0 M", "0.000009", "2·10⁻⁸"."""
    if not spacing:
        return [_in_full(value) for value in values]

    largest = max(map(abs, values), default=0.0)
    if largest and not SMALLEST <= largest < LARGEST:
        power = math.floor(math.log10(largest) + 1e-9)
        return _each(values, 10.0**power, spacing, f"·{power_text(power)}")

    for unit, name in UNITS:
        if largest >= unit and _decimals(spacing / unit) <= MOST_DECIMALS:
            return _each(values, unit, spacing, f" {name}")

    return _each(values, 1.0, spacing, "")


def _in_full(value: float) -> str:
    for unit, name in UNITS:
        if unit <= abs(value) < LARGEST:
            number = number_text(value / unit, ALL_DIGITS)
            if len(number.partition(".")[2]) <= MOST_DECIMALS:
                return f"{number} {name}"

    return number_text(value, ALL_DIGITS)


def percent_texts(shares: Sequence[float], spacing: float) -> list[str]:
    """Returns shares of 1 in percent: "0 %, 50 %", "92.5 %"."""
    decimals = _decimals(100 * spacing)
    return [f"{abs(100 * share):.{decimals}f} %" for share in shares]


def bytes_texts(counts: Sequence[float], spacing: float) -> list[str]:
    """Returns bytes in the unit that the spacing has: "0, 0.5 GiB, 1.0 GiB"."""
    unit, name = next(((u, n) for u, n in BYTES if spacing >= 0.0999 * u), (1.0, "B"))
    decimals = 0 if spacing >= unit else 1
    return ["0" if count == 0 else f"{count / unit:,.{decimals}f} {name}" for count in counts]


def times_texts(factors: Sequence[float], spacing: float) -> list[str]:
    """Returns factors: "1.02 ×"."""
    return [f"{factor:.{max(1, _decimals(spacing))}f} ×" for factor in factors]


def power_texts(exponents: Sequence[float], _spacing: float) -> list[str]:
    """Returns sizes of which log10 is given: -4 is "10⁻⁴", -3.5 is "3·10⁻⁴"."""
    return [power_text(exponent) for exponent in exponents]


def _each(values: Sequence[float], unit: float, spacing: float, after: str) -> list[str]:
    decimals = _decimals(spacing / unit)
    return [
        "0" if abs(value) < spacing * 1e-6 else f"{value / unit:,.{decimals}f}{after}"
        for value in values
    ]


def _decimals(spacing: float) -> int:
    """Returns how many decimals tell neighbours apart that lie so far from each other."""
    return max(0, -math.floor(math.log10(max(spacing, 1e-300)) + 1e-9))


# --- kinds of axes


@dataclass(frozen=True)
class Ticks:
    """What is marked along an axis.

    low, high: nothing beyond has a meaning, so nothing beyond is marked.
    """

    texts: Texts
    round: Callable[[float], float] = round_spacing
    low: float = -math.inf
    high: float = math.inf


NUMBERS = Ticks(number_texts)
SHARES = Ticks(percent_texts, low=0.0, high=1.0)
MEMORY = Ticks(bytes_texts, round_bytes, low=0.0)
FACTORS = Ticks(times_texts)
POWERS = Ticks(power_texts)
