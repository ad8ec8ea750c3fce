"""Where the values of trials lie on parallel axes: between 0 and 1 on each, with texts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class AxisInfo:
    """One axis. title: above it. marks: (place from 0 to 1, text). is_figure: it is the figure."""

    title: str
    marks: tuple[tuple[float, str], ...]
    is_figure: bool = False


def number_axis(
    title: str,
    values: Sequence[float],
    logarithmic: bool,
    words: Callable[[float], str] = number_text,
    is_figure: bool = False,
) -> tuple[AxisInfo, np.ndarray]:
    """Returns an axis of numbers, and where they lie on it, (n,). logarithmic: all are above 0."""
    numbers = np.array(values, dtype=float)
    scaled = np.log10(numbers) if logarithmic else numbers
    low, high = float(scaled.min()), float(scaled.max())
    if high <= low:
        return AxisInfo(title, ((0.5, words(float(numbers[0]))),), is_figure), np.full(
            len(numbers), 0.5
        )

    marks = []
    for share in (0.0, 0.5, 1.0):
        at = low + share * (high - low)
        marks.append((share, words(_short(10.0**at if logarithmic else at))))

    # An end that reads like the middle says nothing.
    texts = [text for _, text in marks]
    if len(set(texts)) < len(texts):
        marks = [marks[0], marks[-1]]

    return AxisInfo(title, tuple(marks), is_figure), (scaled - low) / (high - low)


def choice_axis(title: str, values: Sequence[Any], options: Sequence[tuple[Any, str]]) -> Any:
    """Returns an axis of choices, (AxisInfo, places (n,)). options: all values with their words."""
    count = len(options)
    place = {
        _key(value): (index / (count - 1) if count > 1 else 0.5)
        for index, (value, _) in enumerate(options)
    }
    marks = tuple((place[_key(value)], words) for value, words in options)
    return AxisInfo(title, marks), np.array([place.get(_key(value), 0.5) for value in values])


def _key(value: Any) -> tuple[bool, Any]:
    """Returns a key in which True is not 1."""
    return isinstance(value, bool), value


def _short(value: float) -> float:
    return float(f"{value:.3g}") if math.isfinite(value) else value
