"""The range of values that became black to white, with a histogram of the values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import SPLITS
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.text import percent_text
from app.ui.pages.data.histogram import Histogram
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.ui.style.theme import Theme

PICTURES = 200
"""So many pictures of each split, evenly spread, are counted."""

VALUES = 200_000
"""So many of their values at most."""


class RangeCard(Card):
    """Shows how the values of pictures of more than 8 bits are spread between black and white."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Range of values", "black to white, the same for all pictures")
        self.setObjectName("data.range")
        self._dataset: Dataset | None = None
        self.histogram = Histogram(theme, "value")
        self.histogram.setAccessibleName("How the values are spread")
        self.words = Label()
        self.words.setWordWrap(True)
        style(self.words, "secondary")
        self.body.addWidget(self.histogram, 1)
        self.body.addWidget(self.words)
        self.hide()

    def refresh(self, dataset: Dataset) -> None:
        """Shows the values of a dataset; hidden where its pictures are bytes."""
        preparation = dataset.description.preparation
        shown = isinstance(preparation, ImagePreparation) and preparation.tones is not None
        self.setVisible(shown)
        if dataset is self._dataset or not shown:
            return

        self._dataset = dataset
        assert isinstance(preparation, ImagePreparation)
        assert preparation.tones is not None
        tones = preparation.tones
        stored = {split: _some_of(dataset, split) for split in SPLITS}
        values = {
            split: tones.low + array / preparation.white * (tones.high - tones.low)
            for split, array in stored.items()
        }
        self.histogram.show_values(values, "value")
        every = np.concatenate(list(stored.values()))
        self.words.setText(
            f"{tones.words}. At or below black: {percent_text(float((every == 0).mean()))}, at or "
            f"above white: {percent_text(float((every == preparation.white).mean()))} of the "
            f"values. Stored in {preparation.depth} bits."
        )


def has_values(dataset: Dataset) -> bool:
    """Returns whether there is something to choose: a range of values, or pages of files."""
    preparation = dataset.description.preparation
    return isinstance(preparation, ImagePreparation) and (
        preparation.tones is not None or preparation.pages is not None
    )


def _some_of(dataset: Dataset, split: str) -> np.ndarray:
    """Returns some stored tones of a split, evenly spread: (n,)."""
    rows = dataset.indices[split]
    if not len(rows):
        return np.zeros(0, dataset.inputs.dtype)

    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, PICTURES).astype(int))]
    pixels: np.ndarray = dataset.inputs[chosen].reshape(-1)
    return pixels[:: max(1, len(pixels) // VALUES)]
