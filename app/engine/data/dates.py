"""Reads dates and moments as people and programs write them, as days since 1970.

Not by strptime: it knows the names of months in the language of the system alone, and takes three
times as long.
"""

from __future__ import annotations

import datetime
import functools
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.numbers import NO_NUMBER

if TYPE_CHECKING:
    from collections.abc import Sequence

ORDERS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d. %b %Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%d.%m.%y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d-%m-%y",
    "%d-%b-%y",
)
"""Ways to write a day, in the order in which they are tried; numbers of months with 0 or without.

Slashes with the month first, as most programs that write slashes do; all cells must fit.
"""

TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
"""Ways to write the time of a day behind it."""

DATE_WORDS = {
    "%m/%d/%Y": "month/day/year",
    "%d/%m/%Y": "day/month/year",
    "%m/%d/%y": "month/day/year",
    "%d/%m/%y": "day/month/year",
    "%d.%m.%Y": "day.month.year",
    "%d-%m-%Y": "day-month-year",
    "%m-%d-%Y": "month-day-year",
}
"""Words for those that may be taken for another."""

MONTHS = (
    ("jan", "january", "januar"),
    ("feb", "february", "februar"),
    ("mar", "march", "mär", "märz", "mrz"),
    ("apr", "april"),
    ("may", "mai"),
    ("jun", "june", "juni"),
    ("jul", "july", "juli"),
    ("aug", "august"),
    ("sep", "sept", "september"),
    ("oct", "october", "okt", "oktober"),
    ("nov", "november"),
    ("dec", "december", "dez", "dezember"),
)
"""Names of months in English and German, in small letters, the one that is shown first."""

NUMBER_OF_MONTH = {name: number for number, names in enumerate(MONTHS, 1) for name in names}

PARTS = {
    "%Y": r"(?P<year>\d{4})",
    "%y": r"(?P<short_year>\d{2})",
    "%m": r"(?P<month>\d{1,2})",
    "%d": r"(?P<day>\d{1,2})",
    "%b": r"(?P<name>[^\W\d_]{3,9})\.?",
    "%H": r"(?P<hour>\d{1,2})",
    "%I": r"(?P<hour>\d{1,2})",
    "%M": r"(?P<minute>\d{2})",
    "%S": r"(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?",
    "%p": r"(?P<half>[AaPp])\.?[Mm]\.?",
}

PIVOT = 69
"""Years of two digits from this on are of the last century, as POSIX has it."""

EPOCH = datetime.datetime(1970, 1, 1)

_LIKE_A_DATE = re.compile(r"(?=.*\d)[^\W_]{1,9}\.?[-./ ]\s?[^\W_]{1,9}\.?(?:,? ?|[-./])\d{1,4}\b.*")


def date_format(cells: Sequence[str]) -> str:
    """Returns the format in which all these cells are dates, "" if there is none.

    A format with a time also fits a day alone, which is its midnight: that is how spreadsheets
    write it. Zones are understood in each; moments with one are counted in UTC.
    """
    if not cells or not all(len(cell) < 50 and _LIKE_A_DATE.fullmatch(cell) for cell in cells):
        return ""

    for order in ORDERS:
        if not _begins_so(order).match(cells[0]):
            continue  # the quick way out

        for form in (order, *(f"{order} {time}" for time in TIMES)):
            if not any(math.isnan(day_of(cell, form)) for cell in cells):
                return form

    return ""


def day_of(text: str, form: str) -> float:
    """Returns the days since 1970 of a date in this format, NaN for what is none."""
    match = _pattern(form).match(text)
    if match is None:
        return math.nan

    found = match.groupdict()
    try:
        moment = datetime.datetime(
            _year(found),
            _month(found),
            int(found["day"]),
            _hour(found),
            int(found.get("minute") or 0),
            int(found.get("second") or 0),
        )
    except (KeyError, ValueError):  # no such month or day
        return math.nan

    fraction = float(f"0.{found.get('fraction') or 0}")
    seconds = (moment - EPOCH).total_seconds() + fraction - _offset(found.get("zone"))
    return seconds / 86_400


def to_days(cells: Any, form: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Returns what `to_numbers` does, of dates in this format: days since 1970."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    blank = pc.is_in(pc.utf8_lower(cells), pa.array(sorted(NO_NUMBER), pa.large_string()))
    distinct = pc.dictionary_encode(cells)
    days = np.array(
        [day_of(str(word), form) for word in distinct.dictionary.to_pylist()] or [math.nan]
    )
    values = days[distinct.indices.to_numpy(zero_copy_only=False)] if len(cells) else np.zeros(0)
    non_number = np.isnan(values) & ~blank.to_numpy(zero_copy_only=False)

    return values, non_number, 0


def date_text(days: float, form: str) -> str:
    """Returns days since 1970 as a date in this format, months with their English names."""
    moment = EPOCH + datetime.timedelta(seconds=round(days * 86_400))
    half = "AM" if moment.hour < 12 else "PM"
    form = form.replace("%b", MONTHS[moment.month - 1][0].capitalize()).replace("%p", half)
    return moment.strftime(form)


@functools.lru_cache(maxsize=256)
def _pattern(form: str) -> re.Pattern[str]:
    day, time = _halves(form)
    if not time:
        return re.compile(rf"{day}$")

    zone = r"(?:\s?(?P<zone>Z|UTC|GMT|[+\-−]\d{2}:?\d{2}))?"
    return re.compile(rf"{day}(?:[T ,]\s?{time}{zone})?$")


@functools.lru_cache(maxsize=64)
def _begins_so(order: str) -> re.Pattern[str]:
    """Returns the pattern of a day in this order, whatever the time behind it is."""
    return re.compile(_halves(order)[0] + r"(?:[T ,].*)?$")


def _halves(form: str) -> tuple[str, str]:
    """Returns the regular expressions of the day and of the time, "" where there is none."""
    hour = min((form.find(part) for part in ("%H", "%I") if part in form), default=len(form))
    day = form[:hour].rstrip(" T")
    escaped = re.sub(r"[.]", r"\\.", day)
    strict = r"(?=\d{2}\D[^\W_]+\D\d{2}\b)" if "%y" in day and "%b" not in day else ""
    time = form[hour:].replace(" %p", r"\s?%p")

    for part, expression in PARTS.items():
        escaped = escaped.replace(part, expression)
        time = time.replace(part, expression)

    return strict + escaped, time


def _year(found: dict[str, Any]) -> int:
    if (year := found.get("year")) is not None:
        return int(year)

    short = int(found["short_year"])
    return short + (1900 if short >= PIVOT else 2000)


def _month(found: dict[str, Any]) -> int:
    name = found.get("name")
    return int(found["month"]) if name is None else NUMBER_OF_MONTH[name.lower()]


def _hour(found: dict[str, Any]) -> int:
    """Raises ValueError for an hour that a clock of twelve hours does not have."""
    hour = int(found.get("hour") or 0)
    half = found.get("half")
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)

    return hour % 12 + (12 if half in "pP" else 0)


def _offset(zone: str | None) -> int:
    """Returns the seconds by which a zone is ahead of UTC."""
    if zone is None or zone in ("Z", "UTC", "GMT"):
        return 0

    digits = zone[1:].replace(":", "")
    seconds = 3600 * int(digits[:2]) + 60 * int(digits[2:])
    return seconds if zone[0] == "+" else -seconds
