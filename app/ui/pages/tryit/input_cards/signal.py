"""Giving a signal: a file of sound, pasted numbers, or one of the test set."""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np

from app.engine.data.sounds import SUFFIXES
from app.ui.pages.tryit.input_cards.generic import GenericInputCard
from app.ui.pages.tryit.prediction import TryItInput

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


class SignalInputCard(GenericInputCard):
    """Takes any signal: the network's preparation brings it to length and rate of the training."""

    kind: ClassVar[str] = "signal"
    heading: ClassVar[str] = "Your signal"
    subheading: ClassVar[str] = "opened or pasted"
    nothing_to_paste: ClassVar[str] = "There are no numbers in the clipboard."
    drop_hint: ClassVar[str] = "Drop a sound here, open one, or paste numbers."
    open_tip: ClassVar[str] = "Opens a file of sound."
    paste_tip: ClassVar[str] = "Takes numbers from the clipboard."
    random_text: ClassVar[str] = "Random test signal"
    dialog_title: ClassVar[str] = "Open a signal"
    file_filter: ClassVar[str] = (
        f"Sounds ({' '.join(f'*{suffix}' for suffix in SUFFIXES)});;All files (*)"
    )

    def take_text(self, text: str) -> bool:
        """Gives the numbers in a text; returns False where there are fewer than two."""
        numbers = NUMBER.findall(text)
        if len(numbers) < 2:
            return False

        values = np.array([float(number) for number in numbers], np.float32)
        self.take(TryItInput(f"{len(numbers):,} numbers", values))
        return True


INPUT_CARD = SignalInputCard
