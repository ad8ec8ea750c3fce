"""Numbers as people type them: taken where it is clear what is meant, refused elsewhere.

Qt's own number fields read "0.5" as 5 in German and "0,5" as 5 in English.
"""

from __future__ import annotations

import re

from PySide6.QtCore import QLocale

BLANKS = re.compile(r"(?<=\d)[\s'’_](?=\d{3}(?!\d))")
"""Blanks and apostrophes between groups of three digits: 1 000 000, 1'000."""

SHAPE = re.compile(r"([+-]?)(\d[\d.,]*|[.,]\d+)(?:e([+-]?\d{1,3}))?", re.IGNORECASE)
SEVERAL_GROUPS = re.compile(r"\d{1,3}([.,]\d{3}){2,}")
ONE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


class UnclearNumber(ValueError):
    """It is no number, or could be two; the message says so in one sentence."""


def typed_number(text: str, whole: bool, decimal_point: str) -> float:
    """Returns the number that a person means.

    whole: a fraction is refused, and 1.500 and 1,500 are fifteen hundred. decimal_point: the
    person's own, "." or ","; with it alone 1,500 is clear. Raises UnclearNumber.
    """
    shown = text.strip()
    bare = BLANKS.sub("", shown.replace("−", "-"))
    found = SHAPE.fullmatch(bare)
    if found is None:
        raise UnclearNumber(f"'{shown}' is not a number.")

    sign, digits, power = found.groups()
    number = float(f"{sign}{_plain(digits, shown, whole, decimal_point)}e{power or 0}")
    if whole and not number.is_integer():
        raise UnclearNumber(f"'{shown}' is not a whole number.")

    return number


def own_decimal_point() -> str:
    """Returns what separates decimals where the person lives: "." or ","."""
    return "," if QLocale().decimalPoint() == "," else "."


def _plain(digits: str, shown: str, whole: bool, decimal_point: str) -> str:
    """Returns digits with a decimal point, if they have one, and no other separators."""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        last = max(digits.rfind("."), digits.rfind(","))
        groups, rest = digits[:last], digits[last + 1 :]
        other = "," if digits[last] == "." else "."
        if digits[last] in groups or not re.fullmatch(rf"\d{{1,3}}(\{other}\d{{3}})+", groups):
            raise UnclearNumber(f"'{shown}' is not a number: its points and commas do not fit.")
        return f"{groups.replace(other, '')}.{rest}"

    if points + commas > 1:
        if not SEVERAL_GROUPS.fullmatch(digits):
            raise UnclearNumber(f"'{shown}' is not a number: its points and commas do not fit.")
        return digits.replace(".", "").replace(",", "")

    if ONE_GROUP.fullmatch(digits):
        group = "." if points else ","
        if whole:
            return digits.replace(group, "")
        if group != decimal_point:
            # Where numbers are written with a comma, 1.500 is fifteen hundred to one person and,
            # in a window that shows 0.001, one and a half to another.
            if group == ",":
                return digits.replace(",", "")
            thousands, decimals = digits.split(".")
            raise UnclearNumber(
                f"'{shown}' can be {thousands}{decimals} or {thousands}.{decimals.rstrip('0') or 0}"
                ": type one of these."
            )

    return digits.replace(",", ".")
