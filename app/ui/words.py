"""Data and large numbers in a person's words. Bytes, losses, shares and times are in amounts.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.ui.amounts import count_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description


def short(number: float) -> str:
    """A large number with three figures: 11.4 M; below ten thousand it is written out."""
    if abs(number) < 10_000:
        return f"{number:,.0f}"
    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "G")):
        if abs(number) < limit * 0.9995:
            value = number / (limit / 1e3)
            return f"{value:.0f} {unit}" if value >= 99.95 else f"{value:.1f} {unit}"
    return f"{number / 1e12:,.1f} T"


def share_text(share: float) -> str:
    """A share of 1 in whole percent; what is not nothing never reads "0 %"."""
    return "< 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def listed(names: Sequence[str], most: int = 4) -> str:
    """"a, b and c", or "a, b, c and 5 more"."""
    names = list(names)
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def pictures(about: Description) -> str:
    """What a dataset holds, in one line: "1,797 grey pictures of 8 × 8 in 10 classes", width × height."""
    channels, height, width = about.shape
    colour = "grey" if channels == 1 else "colour"
    noun = count_text(about.total, f"{colour} picture")
    return f"{noun} of {width} × {height} in {count_text(len(about.classes), 'class', 'classes')}"
