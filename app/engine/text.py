"""Figures in a person's words: shares in percent, amounts in their unit, never more digits than
mean something.
"""

from __future__ import annotations

import math


def number(value: float, digits: int = 3) -> str:
    """With so many significant digits, none of a whole number lost: 41.8, 152, 1,234,567, 0.00312."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    if value == 0:
        return "0"

    size = math.floor(math.log10(abs(value)))
    if not -5 < size < 12:
        return f"{value:.{digits}g}"

    text = f"{value:,.{max(0, digits - 1 - size)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: float, unit: str = "", digits: int = 3) -> str:
    """A number with its unit, where it has one: "41.8 cm"."""
    return f"{number(value, digits)} {unit}".rstrip()


def percent(share: float, digits: int = 0) -> str:
    """In a person's words: 0.931 is "93 %", with one digit "93.1 %"."""
    return f"{100 * share:.{digits}f} %"
