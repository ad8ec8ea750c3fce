"""Numbers with what people write around them: a unit, a currency, brackets for negative ones."""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.numbers import COLUMN_FITS, NO_NUMBER, SPACES, NumberStyle, to_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

CURRENCIES: dict[str, tuple[str, ...]] = {
    "$": ("$", "US$", "USD"),
    "€": ("€", "EUR", "Euro", "euro"),
    "£": ("£", "GBP"),
    "¥": ("¥", "JPY", "CNY"),
    "₹": ("₹", "INR", "Rs.", "Rs"),
    "CHF": ("CHF", "Fr.", "SFr."),
    "C$": ("C$", "CA$", "CAD"),
    "A$": ("A$", "AU$", "AUD"),
    "R$": ("R$", "BRL"),
    "kr": ("kr", "kr.", "SEK", "NOK", "DKK"),
    "zł": ("zł", "PLN"),
    "Kč": ("Kč", "CZK"),
    "₽": ("₽", "RUB"),
    "₩": ("₩", "KRW"),
    "₺": ("₺", "TRY"),
}
"""How currencies are written, before a number or behind it; the first spelling is the one kept."""

_UNITS = """
% ‰ ppm ppb ° °C °F K nm µm μm um mm cm dm m km in ft yd mi inch inches miles mile
mg µg μg ug g kg t lb lbs oz st ml mL cl dl l L hl gal
ns µs μs us ms s sec secs min mins h hr hrs d day days week weeks month months year years yr yrs
Hz kHz MHz GHz rpm bpm V mV kV A mA W mW kW MW kWh MWh Wh J kJ cal kcal N kN Nm
Pa hPa kPa MPa bar mbar psi mmHg dB dBA Ω kΩ ohm lx lm cd mol mmol
B kB KB MB GB TB KiB MiB GiB bit bits px
km/h mph kph m/s kn mpg l/100km L/100km g/cm3 g/cm³ kg/m3 kg/m³ g/l mg/l mg/L mg/dl mg/dL
mmol/l mmol/L µg/m³ µg/m3 g/km kg/ha t/ha W/m² W/m2 m/s² m/s2
cm2 cm² cm^2 m2 m² m^2 km2 km² ha ac acres sqft sqm mm2 mm² cm3 cm³ m3 m³ m^3 mm3 mm³ cc
pcs pc Stk Stück PS hp mAh Ah Mbit/s Mbps GB/s MB/s fps
"""
UNITS = frozenset(_UNITS.split()) | {"sq ft", "fl oz", "sq m"}
"""Units that are taken for one wherever they stand behind a number."""

SCALES: dict[str, float] = {
    **dict.fromkeys(("k", "K", "tsd", "Tsd", "thousand"), 1e3),
    **dict.fromkeys(("M", "mn", "mln", "mio", "Mio", "million", "millions"), 1e6),
    **dict.fromkeys(("bn", "bln", "mrd", "Mrd", "billion", "billions"), 1e9),
    **dict.fromkeys(("tn", "trillion", "trillions"), 1e12),
}
"""Words behind a number that stand for a factor. Not "m", "b" and "t", which are units as well."""

PERCENT: tuple[str, ...] = ("%", "percent", "pct", "Prozent")

LONGEST_UNIT = 16
"""Characters: what is longer behind a number is a text."""

LONGEST_AMOUNT = 60
"""Characters: a longer cell is no number with a word behind it."""

FEW_NUMBERS = 10
"""With at most so many distinct whole numbers, a word behind them that is no known unit is part of
a name: "2 doors" and "4 doors"."""

SAMPLE = 200
"""So many cells of a column, evenly spread, are looked at."""

HALF = 0.5
"""At least this share of the cells has the unit, else it is a slip among plain numbers."""

_SIGN = r"[+\-−]"
_BY_SPELLING = {
    word: currency for currency, spellings in CURRENCIES.items() for word in spellings
} | dict.fromkeys(PERCENT, "%")
_CURRENCY = "|".join(
    re.escape(word) for word in sorted(_BY_SPELLING, key=len, reverse=True) if word not in PERCENT
)
_CELL = re.compile(
    rf"(?P<open>\(\s*)?(?P<sign>{_SIGN})?\s*(?P<before>{_CURRENCY})?\s*(?P<inner>{_SIGN})?"
    rf"(?P<number>[.,]?\d(?:[\d.,'’{SPACES}]*\d)?[.,]?(?:[eE][+\-]?\d+)?)\s*"
    rf"(?P<after>[^\d\s.,;:()'\"+\-−/][^,;:()'\"\d]{{0,{LONGEST_UNIT - 1}}}?(?:\^?[23]|/100km)?)?"
    r"\s*(?P<behind>[-−])?(?(open)\s*\))"
)

_SCALE = "|".join(sorted(SCALES, key=len, reverse=True))
_SCALED = re.compile(
    rf"(?P<head>[^A-Za-z]*(?:{_CURRENCY})?[^A-Za-z]*\d[.,]?)\s?(?P<scale>{_SCALE})\.?"
    rf"(?P<tail>\s*(?:{_CURRENCY})?\s*[-−]?\)?)"
)

_IN_NAME = re.compile(
    r".*?[^\s(\[](?P<blank>[\s_]*)(?:\((?P<round>[^()]+)\)|\[(?P<square>[^\[\]]+)\])"
)
_NEW_UNIT = re.compile(
    rf"(?!.*\d\d)(?:[^\d]|(?<=[^\W\d])\d|(?<=[^\W\d]-)\d|(?<=\^)\d|(?<=\^-)\d){{1,{LONGEST_UNIT}}}"
)
"""A unit that is not known, which has no digit but as a power."""

_NO_UNITS = frozenset(
    (
        "x",
        "y",
        "z",
        "mean",
        "avg",
        "average",
        "median",
        "min",
        "max",
        "std",
        "log",
        "ln",
        "raw",
        "total",
        "sum",
    )
)
"""What else stands in brackets behind a name, in small letters."""


def split_unit(cell: str) -> tuple[str, str] | None:
    """Returns the unit of a trimmed cell, "" for none, and its number without it; else None.

    Brackets around it, and a minus behind it, make the number negative.
    """
    match = _CELL.fullmatch(cell)
    if match is None:
        return None

    before, after = match["before"], match["after"]
    signs = sum(match[name] is not None for name in ("sign", "inner", "behind", "open"))
    if signs > 1 or (before and after):
        return None

    sign = match["sign"] or match["inner"] or ("-" if signs else "")
    unit = (before or after or "").strip()
    return _BY_SPELLING.get(unit, unit), sign + match["number"]


def split_scale(cell: str) -> tuple[str, float]:
    """Returns a cell without a word such as "k" or "Mio." behind its number, and its factor.

    "3.5M" is 3.5 and 1,000,000; any other cell is itself and 1.
    """
    match = _SCALED.fullmatch(cell) if len(cell) <= LONGEST_AMOUNT else None
    return (cell, 1.0) if match is None else (match["head"] + match["tail"], SCALES[match["scale"]])


def is_currency(unit: str) -> bool:
    """Returns whether a unit is a currency, in the spelling that is kept."""
    return unit in CURRENCIES


def is_unit(word: str) -> bool:
    """Returns whether a word is a known unit or currency."""
    return word in UNITS or word in _BY_SPELLING


def unit_in(name: str) -> str:
    """Returns the unit in a column's name, "" for none: "height (cm)" and "height [cm]" have "cm".

    A number there counts something, such as the places of a list: "box[0]". Right behind the name
    only a known unit is one: "size(kg)", but not "x[i]".
    """
    match = _IN_NAME.fullmatch(name.strip())
    if match is None:
        return ""

    word = (match["round"] or match["square"]).strip().removeprefix("in ")
    if is_unit(word):
        return word

    new = _NEW_UNIT.fullmatch(word) and word.lower() not in _NO_UNITS
    return word if match["blank"] and new else ""


def find_unit(cells: Sequence[str], known: str = "") -> str | None:
    """Returns the unit in which nearly all of these cells are numbers, None where they are none.

    "" where none has a unit. known: a unit that is expected, which is recognised however few the
    cells are.
    """
    filled = [cell for cell in cells if cell.lower() not in NO_NUMBER]
    found = [split for split in map(split_unit, filled) if split is not None]
    if not filled or len(found) < COLUMN_FITS * len(filled):
        return None

    counts = Counter(unit for unit, _ in found if unit)
    if not counts:
        return ""

    unit = _with_plural(counts)
    fitting = [(own, number) for own, number in found if own in ("", unit, unit.removesuffix("s"))]
    having = sum(own != "" for own, _ in fitting)
    if len(fitting) < COLUMN_FITS * len(filled) or having < HALF * len(filled):
        return None
    if unit == known or is_unit(unit) or unit in CURRENCIES:
        return unit

    numbers = {number for _, number in fitting}
    whole = all(number.lstrip("+-−").isdigit() for number in numbers)
    spaced = any(cell.endswith((f" {unit}", f" {unit.removesuffix('s')}")) for cell in filled)
    return unit if spaced and (len(numbers) > FEW_NUMBERS or not whole) else None


def _with_plural(counts: Counter[str]) -> str:
    """Returns the most frequent unit, "years" for "year" where both stand there."""
    unit = counts.most_common(1)[0][0]
    return f"{unit}s" if f"{unit}s" in counts else unit


def to_amounts(
    cells: Any, style: NumberStyle, known: str = "", certain: bool = False
) -> tuple[np.ndarray, np.ndarray, int, str]:
    """Returns what `to_numbers` does of cells that may have a unit, and the unit, "" without.

    cells: an Arrow array of trimmed texts. known: the unit that is expected, which is read however
    few cells have it. certain: whether it is known that these are amounts.
    """
    values, non_number, infinite = to_numbers(cells, style)
    if not non_number.any():
        return values, non_number, infinite, ""

    places = np.flatnonzero(non_number)
    filled = int(np.isfinite(values).sum()) + len(places)
    sample = places[np.linspace(0, len(places) - 1, min(SAMPLE, len(places))).astype(int)]
    sampled = cells.take(sample).to_pylist()
    if known not in SCALES and _are_scaled(sampled, certain):
        return _scaled_amounts(cells, places, style, known)

    unit = find_unit(sampled, known)
    if unit is None and known:
        unit = known
    if unit is None or (unit and unit != known and len(places) < HALF * filled):
        return values, non_number, infinite, ""

    others, unread, more = to_numbers(_bare(cells.take(places), unit), style)
    if unread.all():
        return values, non_number, infinite, ""

    values[places] = others
    non_number[places] = unread
    return values, non_number, infinite + more, unit


def _are_scaled(cells: Sequence[str], certain: bool) -> bool:
    """Returns whether nearly all of these are numbers, some with a word such as "k" or "M".

    "300 K" alone is a temperature, and few whole numbers are part of names: "2M" and "3M".
    """
    filled = [cell for cell in cells if cell.lower() not in NO_NUMBER]
    read = [(split_unit(bare), factor) for bare, factor in map(split_scale, filled)]
    splits = [split for split, factor in read if split is not None and factor != 1]
    if certain or not splits:
        return bool(splits)

    fitting = [split for split, _ in read if split is not None]
    fitting = [split for split in fitting if not split[0] or is_currency(split[0])]
    if len(fitting) < COLUMN_FITS * len(filled) or _are_kelvins(filled):
        return False

    numbers = {number for _, number in splits}
    whole = all(number.lstrip("+-−").isdigit() for number in numbers)
    money = any(is_currency(unit) for unit, _ in splits)
    return money or not whole or len(numbers) > FEW_NUMBERS


def _are_kelvins(cells: Sequence[str]) -> bool:
    """Returns whether "K" stands behind all of these numbers, with a blank or behind large ones."""
    if not all(cell.endswith("K") for cell in cells):
        return False

    return all(cell.endswith(" K") or re.match(r"\d{3}", cell) for cell in cells)


def _scaled_amounts(
    cells: Any, places: np.ndarray, style: NumberStyle, known: str
) -> tuple[np.ndarray, np.ndarray, int, str]:
    """Returns what `to_amounts` does of cells of which some have a word such as "k" or "M".

    places: of the cells that are no numbers by themselves.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    factors = np.ones(len(cells))
    bare = cells.to_pylist()
    for place in places.tolist():
        bare[place], factors[place] = split_scale(bare[place])

    amounts = to_amounts(pa.array(bare, pa.large_string()), style, known)
    return amounts[0] * factors, *amounts[1:]


def parse_amount(text: str, style: NumberStyle, unit: str = "") -> float | None:
    """Returns the number in a text that may have this unit, None for any other text."""
    number = style.parse(text)
    if number is not None:
        return number

    bare, factor = split_scale(text)
    if factor != 1 and unit not in SCALES:
        amount = parse_amount(bare, style, unit)
        return None if amount is None else amount * factor

    split = split_unit(text)
    if split is None or split[0] not in ("", unit, unit.removesuffix("s")):
        return None

    return style.parse(split[1])


def _bare(cells: Any, unit: str) -> Any:
    """Returns an Arrow array of cells without this unit and without brackets around numbers."""
    import pyarrow.compute as pc  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    def replaced(pattern: str, replacement: str) -> Any:
        return pc.replace_substring_regex(cells, pattern, replacement)

    cells = replaced(r"^\(\s*([^()]*\d[^()]*?)\s*\)$", r"-\1")
    if unit:
        spelled = spellings(unit)
        before = rf"^([+\-−]?)\s*(?:{spelled})\s*([+\-−]?[.,]?\d)"
        cells = replaced(before, r"\1\2")
        cells = replaced(rf"(\d[.,]?)\s*(?:{spelled})$", r"\1")

    return replaced(r"^([.,]?\d.*?)\s*[\-−]$", r"-\1")


@functools.lru_cache(maxsize=256)
def spellings(unit: str) -> str:
    """Returns the regular expression of all spellings of a unit."""
    words = PERCENT if unit == "%" else CURRENCIES.get(unit, (unit, unit.removesuffix("s")))
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)
