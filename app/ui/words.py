"""Numbers in a person's words: counts, bytes and shares, written the same on every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.engine.data.dataset import Description


def count(number: int) -> str:
    """A whole number with thousands apart: 60,000."""
    return f"{number:,}"


def short(number: float) -> str:
    """A large number with three figures: 11.4 M; below ten thousand it is written out."""
    if abs(number) < 10_000:
        return f"{number:,.0f}"
    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "G"), (1e15, "T")):
        if abs(number) < limit * 0.9995:
            value = number / (limit / 1e3)
            return f"{_three(value)} {unit}"
    return f"{number / 1e15:,.0f} P"


def size(number: float) -> str:
    """Bytes, in units of a thousand as on a disk: 2.6 MB."""
    if number < 1000:
        return f"{number:,.0f} bytes"
    for limit, unit in ((1e6, "kB"), (1e9, "MB"), (1e12, "GB")):
        if number < limit * 0.9995:
            return f"{_three(number / (limit / 1e3))} {unit}"
    return f"{number / 1e12:,.1f} TB"


def percent(share: float) -> str:
    """A share of 1: 0.314 is "31 %", and what is not nothing never reads "0 %"."""
    if 0 < share < 0.005:
        return "< 1 %"
    return f"{100 * share:.0f} %"


def plural(number: int, one: str, many: str = "") -> str:
    """"1 class", "10 classes": the number and its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """"a, b and c", or "a, b, c and 5 more"."""
    names = list(names)
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def pictures(about: Description) -> str:
    """What a dataset holds, in one line: "1,797 grey pictures of 8 × 8 in 10 classes"."""
    channels, height, width = about.shape
    colour = "grey" if channels == 1 else "colour"
    noun = "picture" if about.total == 1 else "pictures"
    return f"{about.total:,} {colour} {noun} of {height} × {width} in {plural(len(about.classes), 'class', 'classes')}"


def _three(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}"
