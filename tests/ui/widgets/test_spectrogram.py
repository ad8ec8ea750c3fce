"""The spectrogram of a sound: a tone is a line at its frequency."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QSize

from app.ui.style.theme import Theme
from app.ui.widgets.examples.example import Example
from app.ui.widgets.examples.painting import pixmap_of
from app.ui.widgets.examples.spectrogram import WINDOW, spectrogram

RATE = 8000
TIMES = np.arange(RATE) / RATE


@pytest.mark.parametrize("frequency", [250, 1000, 3000])
def test_a_tone_is_loudest_at_its_frequency(frequency: int) -> None:
    levels = spectrogram(np.sin(2 * np.pi * frequency * TIMES), 60)
    assert levels.shape == (WINDOW // 2, 60) and levels.max() == 1
    frequencies = RATE / WINDOW * np.arange(WINDOW // 2, 0, -1)
    assert frequencies[levels.argmax(axis=0)] == pytest.approx(frequency, abs=RATE / WINDOW)


def test_silence_and_gaps_are_painted_too() -> None:
    assert not spectrogram(np.zeros(RATE), 10).any()
    assert np.isfinite(spectrogram(np.full(RATE, np.nan), 10)).all()


@pytest.mark.usefixtures("qapp")
def test_only_what_has_a_rate_gets_a_spectrogram() -> None:
    signal = np.sin(2 * np.pi * 3000 * TIMES)[None].astype(np.float32)
    theme = Theme()
    size = QSize(120, 100)

    def below(rate: float | None) -> set[str]:
        image = pixmap_of(theme, Example("signal", signal=signal, rate=rate), size).toImage()
        return {image.pixelColor(60, y).name() for y in range(50, 95)}

    assert theme.color("training").name() in below(RATE)
    assert len(below(RATE)) > len(below(None))
