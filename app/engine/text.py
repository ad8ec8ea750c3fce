"""Figures in a person's words: shares in percent, amounts in their unit, never more digits than mean something."""

from __future__ import annotations

import math
from collections.abc import Mapping

from app.engine.data.dataset import Description
from app.engine.learning.metrics import METRICS
from app.engine.learning.scores import percent


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


def shown(name: str, value: float, unit: str = "") -> str:
    """A metric (its name in METRICS) for a person: "93.1 %", "41.8 cm", "0.453". unit: of the amounts."""
    metric = METRICS.get(name)
    if metric is None:
        return number(value)
    if metric.shown == "percent":
        return percent(value, 1)
    return amount(value, unit if metric.shown == "unit" else "")


def unit_of(about: Description) -> str:
    """The unit that all amounts share; "" where there is none."""
    units = {one.unit for one in about.amounts}
    return units.pop() if len(units) == 1 else ""


def figures(values: Mapping[str, float], unit: str = "") -> str:
    """Several metrics in one line: "R² 0.453, mean error (MAE) 41.8"."""
    return ", ".join(
        f"{METRICS[name].label if name in METRICS else name} {shown(name, value, unit)}"
        for name, value in values.items()
    )
