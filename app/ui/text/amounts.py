"""Measured figures as a person reads them, with a dash for what is not known: losses, rates,
shares, bytes, times.
"""

from __future__ import annotations

import math

from app.engine.learning.metrics import METRICS

UNKNOWN = "–"
"""For what is not known. Never a zero."""


def bytes_text(count: float | None) -> str:
    """Bytes in units of 1,024, as PyTorch and the drivers count memory: 2573984 is "2.5 MiB"; None
    is a dash.
    """
    if count is None or not math.isfinite(count):
        return UNKNOWN

    amount = abs(count)
    unit = "B"
    if amount < 999.5:
        return f"{count:.0f} {unit}"

    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 999.5:
            break

        amount = amount / 1024
        unit = larger

    return f"{'-' if count < 0 else ''}{amount:,.{1 if amount < 99.95 else 0}f} {unit}"


def times_text(times: float) -> str:
    """How many floats a parameter takes: 4 is "4", 2.031 is "2.03"."""
    return f"{times:.0f}" if abs(times - round(times)) < 1e-9 else f"{times:.2f}"


def number_text(value: float | None, digits: int = 3) -> str:
    """A loss, a rate or a norm with so many digits that count: 0.214, 12.3, 0.00410, 3.2e-07."""
    if value is None or math.isnan(value):
        return UNKNOWN
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"

    power = math.floor(math.log10(abs(value)))
    if power < -5 or power > 6:
        return f"{value:.{max(0, digits - 2)}e}"

    return f"{value:,.{max(0, digits - 1 - power)}f}"


def percent_text(share: float | None, digits: int = 1) -> str:
    """A share of 1 as percent: 0.929 is "92.9 %"."""
    if share is None or not math.isfinite(share):
        return UNKNOWN

    return f"{100 * share:.{digits}f} %"


def time_text(seconds: float | None) -> str:
    """A duration: 8 s, 2:41, 1:02:05."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN

    whole = int(max(0, seconds))
    if whole < 60:
        return f"{whole} s"

    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def count_text(count: int, one: str, many: str = "") -> str:
    """ "1 epoch", "3 epochs", "60,000 pictures"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def figure_text(name: str, value: float, unit: str = "") -> str:
    """A metric (its name in METRICS) for a person: a share as percent, an error in the amounts'
    unit, or the bare number.
    """
    how = METRICS[name].shown
    if how == "percent":
        return percent_text(value)

    return f"{number_text(value)} {unit}".rstrip() if how == "unit" else number_text(value)
