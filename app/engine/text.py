"""Figures as text: one rule for each quantity, for the terminal and the window alike.

A number has three digits that count, a share one decimal of a percent, bytes and durations the unit
that fits; zeros at the end of decimals are dropped. What is not known (None, NaN) is a dash.
"""

from __future__ import annotations

import datetime
import difflib
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from models.spec import Setting

UNKNOWN = "–"
"""What is written for a figure that is not known; never a zero."""

_MINUTE = 60
_HOUR = 3600
_HIGH_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


# --- numbers


def number_text(value: float | None, digits: int = 3) -> str:
    """Returns a number with so many digits that count: 0.5, 41.8, 1,234,567, 0.000009, 3.2·10⁻⁸.

    Digits before the decimal point are never lost. From 0.000001 up to a thousand billions it is
    written out; beyond, as a power of ten.
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"

    power = _power(value)
    if not -6 <= power < 15:
        mantissa = _trimmed(f"{value / 10.0**power:.{max(0, digits - 2)}f}")
        return _times_power(mantissa, power)

    return _trimmed(f"{value:,.{max(0, digits - 1 - power)}f}")


def amount_text(value: float | None, unit: str = "", digits: int = 3) -> str:
    """Returns a number with its unit, where it has one: "41.8 cm"."""
    return f"{number_text(value, digits)} {unit}".rstrip()


def short_text(value: float) -> str:
    """Returns a large number with three digits that count: 11.4 M; below ten thousand in full."""
    if abs(value) < 10_000:
        return f"{value:,.0f}"

    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "G")):
        if abs(value) < limit * 0.9995:
            return f"{number_text(value / (limit / 1e3))} {unit}"

    return f"{number_text(value / 1e12)} T"


def count_text(count: int, singular: str, plural: str = "") -> str:
    """Returns a number with its noun: "1 epoch", "3 epochs", "60,000 pictures"."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def unit_text(number: float, unit: str) -> str:
    """Returns a unit as it stands behind a number: "3 blocks a stage", but "1 block a stage"."""
    if number != 1 or unit.startswith(("of ", "times")):
        return unit

    nouns, *rest = re.split(r"(?= (?:an?|of|without|the) )", f"{unit} ", maxsplit=1)
    return "".join((re.sub(r"(?<=ch)es\b|s\b", "", nouns), *rest)).strip()


def rounded_count(number: int, digits: int = 3) -> int:
    """Returns a number that was estimated, with so many digits."""
    return int(float(f"{number:.{digits}g}"))


def times_text(factor: float) -> str:
    """Returns how many times something is taken, two decimals at most: 4, 2.03, 1,200."""
    if not math.isfinite(factor):
        return number_text(factor)

    return _trimmed(f"{factor:,.{2 if abs(factor) < 9.95 else 0}f}")


def power_text(exponent: float) -> str:
    """Returns a size of which log10 is given: -4 is "10⁻⁴", -3.5 is "3·10⁻⁴"."""
    whole = math.floor(exponent + 1e-9)
    rest = exponent - whole
    return _times_power("1" if rest < 1e-6 else f"{10**rest:.0f}", whole)


# --- shares


def percent_text(share: float | None) -> str:
    """Returns a share of 1 as percent with one decimal: 0.929 is "92.9 %", 0.5 is "50 %".

    What is more than nothing never reads "0 %", and what is less than all never "100 %".
    """
    if share is None or not math.isfinite(share):
        return UNKNOWN
    if 1e-9 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= share < 1 - 1e-9:
        return "> 99.9 %"

    return f"{_one_decimal(100 * share)} %"


def difference_text(share: float | None) -> str:
    """Returns how much more or less as percent with its sign: "+2.5 %", "-1 %", "0 %"."""
    if share is None or not math.isfinite(share):
        return UNKNOWN

    text = _one_decimal(100 * share)
    return f"{text} %" if text == "0" or share < 0 else f"+{text} %"


def percent_cell(share: float) -> str:
    """Returns a share of 1 for a narrow cell that says itself that it is percent: "13", "<1"."""
    return "<1" if 0 < share < 0.005 else f"{100 * share:.0f}"


# --- bytes and durations


def bytes_text(count: float | None) -> str:
    """Returns bytes in units of 1,024, as PyTorch and the drivers count memory: "2.5 MiB", "2 MiB".

    One decimal below a hundred, none above.
    """
    if count is None or not math.isfinite(count):
        return UNKNOWN

    size = abs(count)
    unit = "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 999.5:
            break

        size /= 1024
        unit = larger

    sign = "-" if count < 0 else ""
    decimals = 1 if unit != "B" and size < 99.95 else 0
    return f"{sign}{_trimmed(f'{size:,.{decimals}f}')} {unit}"


def duration_text(seconds: float | None) -> str:
    """Returns a duration: 34 ms, 0.4 s, 8.2 s, 41 s, 2:41, 1:02:05."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN

    seconds = max(0.0, seconds)
    if 0 < seconds < 0.0995:
        milliseconds = f"{1000 * seconds:.0f}"
        return f"{milliseconds} ms" if milliseconds != "0" else "< 1 ms"
    if seconds < 9.95:
        return f"{_one_decimal(seconds)} s"

    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"

    minutes, rest = divmod(whole, _MINUTE)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rough_duration_text(seconds: float) -> str:
    """Returns an estimated duration: "less than a minute", "about 8 minutes", "about 2.5 hours"."""
    if seconds < 45:
        return "less than a minute"

    minutes = max(1, round(seconds / _MINUTE))
    if minutes < 90:
        return f"about {count_text(minutes, 'minute')}"

    return f"about {number_text(round(2 * seconds / _HOUR) / 2)} hours"


def about_text(seconds: float) -> str:
    """Returns a promised duration: "about 4 s", "about 25 s", "about 2 min", "about 1.5 hours"."""
    if seconds < 1:
        return "less than 1 s"
    if seconds < 10:
        return f"about {round(seconds)} s"
    if seconds < _MINUTE - 2.5:
        return f"about {5 * round(seconds / 5)} s"
    if seconds < 90 * _MINUTE:
        minutes = seconds / _MINUTE
        return f"about {number_text(round(2 * minutes) / 2 if minutes < 5 else round(minutes))} min"

    return f"about {number_text(round(2 * seconds / _HOUR) / 2)} hours"


# --- words


def list_text(words: Sequence[str], most: int = 5) -> str:
    """Returns a list in words: "a, b and c", or of more than `most` "a, b, c, d and 5 more"."""
    words = list(words)
    if len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1:,} more"]
    if len(words) < 2:
        return "".join(words)

    return f"{', '.join(words[:-1])} and {words[-1]}"


def names_text(names: Sequence[str], most: int = 6, quote: str = "'") -> str:
    """Returns a list of names in quotes: "'cat' and 'dog'"."""
    shown = [f"{quote}{name}{quote}" for name in names[:most]]
    return list_text([*shown, *names[most:]], most)


def nearest_name(name: str, names: Iterable[str], alike: float = 0.5) -> str:
    """Returns the name that is most like another, whatever its capitals; "" where none is alike.

    alike: the share of their letters that must agree, as difflib counts it.
    """
    small = {each.casefold(): each for each in reversed(list(names))}
    near = difflib.get_close_matches(name.casefold(), small, n=1, cutoff=alike)
    return small[near[0]] if near else ""


# --- settings

FOLLOWS = "follows the data"
"""How a setting reads that nobody chose."""


def moment_text(moment: object) -> str:
    """Returns a date or time as a person writes it in a table; a day alone without its midnight.

    A duration as hours, minutes and seconds: "30:05:00".
    """
    if isinstance(moment, datetime.timedelta):
        return _duration_text(moment)
    if not isinstance(moment, datetime.datetime):
        return str(moment).strip()

    midnight = moment.time() == datetime.time()
    return moment.date().isoformat() if midnight else moment.isoformat(" ", "seconds")


def _duration_text(duration: datetime.timedelta) -> str:
    sign = "-" if duration < datetime.timedelta() else ""
    minutes, seconds = divmod(abs(duration), datetime.timedelta(minutes=1))
    fraction = f".{seconds.microseconds:06}" if seconds.microseconds else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{seconds.seconds:02}{fraction}"


def setting_text(setting: Setting, value: Any, follows: str = FOLLOWS) -> str:
    """Returns the value of a setting without its unit: "on", "Fill and cut off the edges", "1,024".

    follows: for None, where nothing was chosen.
    """
    if value is None:
        return follows

    return setting.choice_text(value) or value_text(value)


def value_text(value: Any) -> str:
    """Returns a plain value, a number with six digits that count, as a person reads it."""
    if value is None:
        return FOLLOWS
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return number_text(value, 6)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {kind}" for name, kind in value.items()) or "nothing"

    return value if isinstance(value, str) else "; ".join(map(str, value))


def _power(value: float) -> int:
    """Returns the power of ten of the first digit, after rounding to three digits that count."""
    return int(f"{value:.2e}".partition("e")[2])


def _times_power(mantissa: str, power: int) -> str:
    """Returns "3.2·10⁻⁸", or "10⁻⁸" where the mantissa is 1."""
    text = "10" + str(power).translate(_HIGH_DIGITS)
    return mantissa.replace("1", text) if mantissa in ("1", "-1") else f"{mantissa}·{text}"


def _one_decimal(value: float) -> str:
    return _trimmed(f"{value:,.1f}")


def _trimmed(text: str) -> str:
    """Returns a decimal number without zeros at its end; "-0" is "0"."""
    if "." in text:
        text = text.rstrip("0").rstrip(".")

    return "0" if text == "-0" else text
