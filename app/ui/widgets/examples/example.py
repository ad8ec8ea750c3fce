"""One example of any kind, as a value that can be painted (see painting.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.text import number_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.data.preparation import Preparation

LINE = 80
"""Characters of a row or of a text in one line."""


@dataclass(frozen=True, eq=False)
class Example:
    """An example holds a picture, cells, a text, a signal or two halves; `kind` names it.

    picture: (C, H, W) uint8.
    cells: (column, value as text) of a row.
    text: all of it.
    signal: (C, L) float32.
    rate: its samples a second, None where that is not known, as of what is no sound.
    halves: the two examples of a pair.
    name: where it came from, "" where that is not known.
    """

    kind: str
    name: str = ""
    picture: np.ndarray | None = None
    cells: tuple[tuple[str, str], ...] = ()
    text: str = ""
    signal: np.ndarray | None = None
    rate: float | None = None
    halves: tuple[Example, ...] = ()

    @property
    def line(self) -> str:
        """Returns the example in one line, for tables, tooltips and screen readers."""
        if self.halves:
            return " · ".join(half.line for half in self.halves)
        if self.cells:
            return shortened(", ".join(f"{name} {value}" for name, value in self.cells))
        if self.text:
            return shortened(" ".join(self.text.split()))

        return self.name


def example_of(dataset: Dataset, row: int) -> Example:
    """Returns the example in a row of the data set.

    It is cheap: a memory-mapped set is read only in that row.
    """
    name = dataset.names[row] if row < len(dataset.names) else ""
    preparation = dataset.description.preparation
    halves = [np.asarray(array[row]) for array in dataset.arrays]

    return example_from(preparation, halves[0] if len(halves) == 1 else tuple(halves), name)


def example_from(preparation: Preparation, arrays: Any, name: str = "") -> Example:
    """Returns an example from what a Dataset keeps: an array, or for a pair one for each half."""
    inputs = preparation.inputs
    if len(inputs) > 1:
        halves = getattr(preparation, "halves", ())
        return Example(
            "pair",
            name,
            halves=tuple(
                example_from(half, array) for half, array in zip(halves, arrays, strict=True)
            ),
        )

    kind = preparation.kind
    shown = preparation.to_display(arrays)
    if isinstance(shown, str):
        return Example(kind, name, text=shown)
    if isinstance(shown, tuple):
        cells = tuple((str(column), _word(value)) for column, value in shown)
        return Example(kind, name, cells=cells)

    values = np.asarray(shown)
    if values.ndim == 3 and values.dtype == np.uint8:
        return Example(kind, name, picture=values)

    rate = getattr(preparation, "rate", None)
    return Example(kind, name, signal=np.atleast_2d(values.astype(np.float32)), rate=rate)


def _word(value: Any) -> str:
    return number_text(float(value), 4) if isinstance(value, float | np.floating) else str(value)


def shortened(text: str, most: int = LINE) -> str:
    """Returns the beginning of a text, with an ellipsis where something is left out."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
