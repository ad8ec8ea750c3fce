"""Reads dates and moments as people and programs write them, as days since 1970; durations too.

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

from app.engine.data.numbers import COLUMN_FITS, NO_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMPACT = "%Y%m%d"
"""A day without signs between its parts: 20240315. With a time behind it, it is a moment."""


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
    COMPACT,
)
"""Ways to write a day, in the order in which they are tried; numbers of months with 0 or without.

Slashes with the month first, as most programs that write slashes do; all cells must fit.
"""

TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
"""Ways to write the time of a day behind it."""

YEAR_FIRST = tuple(
    f"{order}{time}"
    for order in ORDERS
    if order.startswith("%Y")
    for time in ("", *(f" {time}" for time in TIMES))
)
"""Formats that can be taken for no other: they are read wherever a date stands."""

SIGNS = {
    "%Y": "YYYY",
    "%y": "YY",
    "%m": "MM",
    "%d": "DD",
    "%b": "Mon",
    "%H": "hh",
    "%I": "hh",
    "%M": "mm",
    "%S": "ss",
    "%p": "AM",
}
"""How the parts of a format are shown to a person."""

DATE_WORDS = {
    "%m/%d/%Y": "month/day/year",
    "%d/%m/%Y": "day/month/year",
    "%m/%d/%y": "month/day/year",
    "%d/%m/%y": "day/month/year",
    "%d.%m.%Y": "day.month.year",
    "%d-%m-%Y": "day-month-year",
    "%m-%d-%Y": "month-day-year",
    COMPACT: "year, month and day in one number",
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

WEEKDAYS = (
    *("mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun"),
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("mo", "di", "mi", "do", "fr", "sa", "so"),
    *("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
)
"""Days of the week in English and German, in small letters, as they stand before a date."""

ZONES = {"UT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8}
ZONES |= {"PDT": -7, "CET": 1, "CEST": 2}
"""Hours by which zones are ahead of UTC, beside its own names."""

PIVOT = 69
"""Years of two digits from this on are of the last century, as POSIX has it."""

_CLOCK = r"(?P<hours>\d+):(?P<minutes>\d{2})(?::(?P<seconds>\d{2}(?:[.,]\d{1,9})?))?"
DURATIONS = (
    re.compile(rf"(?P<sign>[+-])?{_CLOCK}(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?"),
    re.compile(rf"(?P<minus>-)?(?P<days>\d+) days?,? \+?{_CLOCK}"),
    re.compile(
        r"(?P<sign>[+-])?P(?:(?P<days>\d+(?:[.,]\d+)?)D)?(?:T(?:(?P<hours>\d+(?:[.,]\d+)?)H)?"
        r"(?:(?P<minutes>\d+(?:[.,]\d+)?)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?"
    ),
    re.compile(
        r"(?P<sign>-)?(?:(?P<days>\d+) ?d(?:ays?)?)? ?(?:(?P<hours>\d+) ?h(?:rs?|ours?)?)? ?"
        r"(?:(?P<minutes>\d+) ?m(?:ins?|inutes?)?)? ?(?:(?P<seconds>\d+) ?s(?:ecs?|econds?)?)?"
    ),
)
"""How durations are written: 30:05, 30:05:00; 1 day, 6:05:00; PT30H5M; 30h 5m. The first are also
how a time of day is written."""

SAMPLED = 200
"""Cells that are looked at before all of a column are."""

EPOCH = datetime.datetime(1970, 1, 1)

_LIKE_A_DATE = re.compile(r"(?=.*\d)[^\W_]{1,9}\.?[-./ ]\s?[^\W_]{1,9}\.?(?:,? ?|[-./])\d{1,4}\b.*")


_WEEKDAY = re.compile(rf"(?:{'|'.join(WEEKDAYS)})\b\.?,?\s+", re.IGNORECASE)
_YEAR_LAST = re.compile(
    r"(?P<day>[^\W\d_]{3,9} +\d{1,2}) (?P<time>\d{1,2}:\d{2}:\d{2})"
    r"(?P<zone> [A-Z]{1,4}| [+-]\d{4})? (?P<year>\d{4})"
)
_COMPACT_TIME = re.compile(r"(\d{8})T?(\d{2}):?(\d{2})(?::?(\d{2}(?:[.,]\d{1,9})?))?(\D.*)?")
_COMPACT_DAY = re.compile(r"(?:19|20)\d{6}(?: .*)?")


def date_format(cells: Sequence[str]) -> str:
    """Returns the format in which all these cells are dates, "" if there is none.

    A format with a time also fits a day alone, which is its midnight: that is how spreadsheets
    write it. Zones are understood in each; moments with one are counted in UTC.
    """
    if not cells or not all(len(cell) < 50 for cell in cells):
        return ""

    cells = [_in_order(cell) for cell in cells]
    compact = all(map(_COMPACT_DAY.fullmatch, cells))
    if not compact and not all(map(_LIKE_A_DATE.fullmatch, cells)):
        return ""

    for order in (COMPACT,) if compact else ORDERS:
        if not _begins_so(order).match(cells[0]):
            continue  # the quick way out

        for form in (order, *(f"{order} {time}" for time in TIMES)):
            if not any(math.isnan(day_of(cell, form)) for cell in cells):
                return form

    return ""


def day_of(text: str, form: str) -> float:
    """Returns the days since 1970 of a date in this format, NaN for what is none."""
    match = _pattern(form).match(_in_order(text))
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


def _in_order(text: str) -> str:
    """Returns a date without the day of the week, the parts of a moment in the usual order."""
    if text[:1].isalpha():
        text = _WEEKDAY.sub("", text, count=1)
        match = _YEAR_LAST.fullmatch(text)
        if match is not None:
            day = " ".join(match["day"].split())
            text = f"{day} {match['year']} {match['time']}{match['zone'] or ''}"
    elif len(text) > 8 and text[:8].isdigit():
        match = _COMPACT_TIME.fullmatch(text)
        if match is not None:
            day, hour, minute, second, rest = match.groups(default="")
            text = f"{day} {hour}:{minute}{f':{second}' if second else ''}{rest}"

    return text


def later_day(text: str, form: str) -> float:
    """Returns the days since 1970 of a date where training had this format, NaN for what is none.

    A date whose year stands first is read too: it can be taken for no other.
    """
    days = (day_of(text, each) for each in (form, *YEAR_FIRST))
    return next((day for day in days if not math.isnan(day)), math.nan)


def date_words(form: str) -> str:
    """Returns a format as people write it: "DD.MM.YYYY hh:mm"."""
    for part, sign in SIGNS.items():
        form = form.replace(part, sign)

    return form


def to_days(cells: Any, form: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Returns what `to_numbers` does, of dates in this format: days since 1970."""
    return *_each(cells, lambda word: day_of(word, form)), 0


def to_later_days(cells: Any, form: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Returns what `to_days` does, each cell read by itself as `later_day` does."""
    return *_each(cells, lambda word: later_day(word, form)), 0


def _each(cells: Any, read: Callable[[str], float]) -> tuple[np.ndarray, np.ndarray]:
    """Returns what `read` makes of every distinct cell, and which cells are there but no number."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    blank = pc.is_in(pc.utf8_lower(cells), pa.array(sorted(NO_NUMBER), pa.large_string()))
    distinct = pc.dictionary_encode(cells)
    numbers = np.array([read(str(word)) for word in distinct.dictionary.to_pylist()] or [math.nan])
    places = distinct.indices.to_numpy(zero_copy_only=False)
    values = numbers[places] if len(cells) else np.zeros(0)

    return values, np.isnan(values) & ~blank.to_numpy(zero_copy_only=False)


def seconds_of(text: str) -> float:
    """Returns a duration, or a time of day, in seconds; NaN for what is none."""
    for pattern in DURATIONS:
        match = pattern.fullmatch(text)
        if match is None:
            continue

        found = match.groupdict()
        parts = [found.get(name) for name in ("days", "hours", "minutes", "seconds")]
        if not any(parts):
            return math.nan

        amounts = [float((part or "0").replace(",", ".")) for part in parts]
        half = found.get("half")
        if half and not 1 <= amounts[1] <= 12:
            return math.nan
        if half:
            amounts[1] = amounts[1] % 12 + (12 if half in "pP" else 0)

        sign = -1 if found.get("sign") == "-" else 1
        days = -amounts[0] if found.get("minus") else amounts[0]
        return sign * (86_400 * days + 3600 * amounts[1] + 60 * amounts[2] + amounts[3])

    return math.nan


def to_seconds(cells: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns durations in seconds (N,) float64, and which cells are there but none: (N,) bool.

    None where the first cells are no durations. cells: an Arrow array of trimmed texts.
    """
    few = [text for text in cells[:SAMPLED].to_pylist() if text.lower() not in NO_NUMBER]
    read = sum(not math.isnan(seconds_of(text)) for text in few)
    if not few or read < COLUMN_FITS * len(few):
        return None

    return _each(cells, seconds_of)


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

    names = "|".join(ZONES)
    zone = rf"(?:\s?(?P<zone>Z|UTC|GMT|{names}|[+\-−]\d{{2}}:?\d{{2}})(?: \([A-Z]{{1,5}}\))?)?"
    return re.compile(rf"{day}(?:[T ,]\s?{time}{zone})?$")


@functools.lru_cache(maxsize=64)
def _begins_so(order: str) -> re.Pattern[str]:
    """Returns the pattern of a day in this order, whatever the time behind it is."""
    return re.compile(_halves(order)[0] + r"(?:[T ,].*)?$")


def _halves(form: str) -> tuple[str, str]:
    """Returns the regular expressions of the day and of the time, "" where there is none."""
    hour = min((form.find(part) for part in ("%H", "%I") if part in form), default=len(form))
    day = form[:hour].rstrip(" T")
    if day == COMPACT:
        day = "%Y(?P<month>\\d{2})(?P<day>\\d{2})"
    escaped = re.sub(r"[.]", r"\\.", day)
    # "1.2.10" and "1-2-10" may be numbers of versions, "1/2/10" is a day.
    numbers = "%y" in day and "%b" not in day and "/" not in day
    strict = r"(?=\d{2}\D[^\W_]+\D\d{2}\b)" if numbers else ""
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
    if zone in ZONES:
        return 3600 * ZONES[zone]

    digits = zone[1:].replace(":", "")
    seconds = 3600 * int(digits[:2]) + 60 * int(digits[2:])
    return seconds if zone[0] == "+" else -seconds
