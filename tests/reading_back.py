"""Reads the labels of an axis back as numbers."""

from __future__ import annotations

import re

UNITS = {
    "": 1.0,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "%": 0.01,
    "×": 1.0,
    "B": 1.0,
    "KiB": 2.0**10,
    "MiB": 2.0**20,
    "GiB": 2.0**30,
    "TiB": 2.0**40,
}
LOW_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
LABEL = re.compile(r"(-?[\d,]+(?:\.(\d+))?)?(?:(·)?(-?)10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?(?: ?([A-Za-z%×]+))?")


def read_back(label: str) -> tuple[float, float]:
    """Returns the value that a label says, and half of its last digit."""
    found = LABEL.fullmatch(label)
    assert found is not None and label, label
    number, decimals, _, sign, power, unit = found.groups()
    scale = UNITS[unit or ""]
    if power:
        scale *= 10.0 ** int(power.translate(LOW_DIGITS)) * (-1 if sign else 1)

    value = float(number.replace(",", "")) if number else 1.0
    return value * scale, 0.5 * 10.0 ** -len(decimals or "") * abs(scale)


def check_labels(labels: list[str], values: list[float]) -> None:
    """Fails unless the labels are distinct, in one unit, and equal to the values as shown."""
    assert len(set(labels)) == len(labels), labels
    for label, value in zip(labels, values, strict=True):
        said, half = read_back(label)
        assert abs(said - value) <= half * 1.001 + 1e-9 * abs(value), (label, value)
